//! Effects as the application declares them, and what becomes of those that failed for the last
//! time. On both backends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use djstripe_core::client::{Client, Method, Request};
use djstripe_core::receiver::{Effect, EffectOptions, OutboxError, StripeEffect};
use djstripe_core::store::{EffectState, EventState, Rerun, StoredEffect, Timestamp};
use djstripe_core::testing::FakeStripe;
use djstripe_core::{BoxError, BuildError, Builder, Db, Djstripe, Event, State};
use djstripe_core::{stripe_effect, stripe_receiver};
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::{TestDatabase, on_both_backends, registry};
use tracing::Level;

use super::log::Log;

const SECRET: &str = "whsec_effects";

/// What the effects of a test did, and how often they are to fail.
#[derive(Default)]
struct Desk {
    letters: Mutex<Vec<String>>,
    failures: AtomicUsize,
}

impl Desk {
    fn write(&self, letter: impl Into<String>) -> Result<(), BoxError> {
        self.letters.lock().unwrap().push(letter.into());
        let left = self.failures.load(Ordering::SeqCst);
        if left == 0 {
            return Ok(());
        }
        self.failures.store(left - 1, Ordering::SeqCst);
        Err("the post office is closed".into())
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.letters.lock().unwrap())
    }
}

/// The address, and the number of pages.
type Letter = (String, u32);

#[stripe_effect(schedule = ["1h"])]
async fn post((to, pages): Letter, effect: Effect, desk: State<Desk>) -> Result<(), BoxError> {
    desk.write(format!(
        "{} pages to {}, attempt {}, for {}",
        pages,
        to,
        effect.attempts(),
        effect.event_id()
    ))
}

#[stripe_effect(name = "effects::ask")]
async fn ask((): (), client: Client, effect: Effect) -> Result<(), BoxError> {
    let request = Request::new(Method::Post, "/v1/customers").idempotency_key(effect.key());
    client.send(&request).await?;
    Ok(())
}

#[stripe_receiver("plan.created", id = "effects::posts")]
async fn posts(event: Event, mut db: Db<'_>) -> Result<(), OutboxError> {
    let to = event.object_head().id.unwrap_or_default();
    db.request_effect::<post>((to, 2_u32)).await
}

#[stripe_receiver("plan.updated", id = "effects::asks")]
async fn asks(mut db: Db<'_>) -> Result<(), OutboxError> {
    db.request_effect::<ask>(()).await
}

#[stripe_receiver("plan.deleted", id = "effects::reminds")]
async fn reminds(mut db: Db<'_>) -> Result<(), OutboxError> {
    let three_days = Duration::from_secs(3 * 24 * 60 * 60);
    db.after_commit_in(three_days, "reminder", &()).await
}

#[stripe_receiver("price.created", id = "effects::mails")]
async fn mails(event: Event, mut db: Db<'_>) -> Result<(), OutboxError> {
    db.after_commit("mail", &event.id()).await
}

fn builder(database: &TestDatabase) -> Builder {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database.url())
        .state(Desk::default())
        .receivers(registry::receivers(|id| id.starts_with("effects::")))
        .retry_schedule([])
}

/// As `builder`, with effects that are given to it: a mail fails as often as the desk says.
async fn mailing(database: &TestDatabase) -> Djstripe {
    let mail = async |effect: Effect| {
        let desk: State<Desk> = effect.state()?;
        desk.write(effect.payload::<String>()?)
    };
    let builder = builder(database).effect("mail", mail);
    let reminder = async |_| Ok::<(), BoxError>(());
    builder.effect("reminder", reminder).build().await.unwrap()
}

async fn deliver(app: &Djstripe, id: &str, name: &str) {
    let body = event_json(id, name, "plan_1");
    app.receive(signed(body, SECRET)).await.unwrap();
    app.work_until_idle().await.unwrap();
}

async fn effect_of(app: &Djstripe, event: &str) -> StoredEffect {
    let effects = app.store().effects(event).await.unwrap();
    assert_eq!(effects.len(), 1, "{event}");
    effects.into_iter().next().unwrap()
}

async fn state_of(app: &Djstripe, event: &str) -> EventState {
    app.store().event(event).await.unwrap().unwrap().0.state
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_effect_gets_its_input_and_what_the_application_shares() {
    on_both_backends(async |database| {
        let app = builder(&database).effects([post::info()]).build();
        let app = app.await.unwrap();
        deliver(&app, "evt_1", "plan.created").await;

        let desk = app.state::<Desk>().unwrap();
        assert_eq!(desk.taken(), ["2 pages to plan_1, attempt 1, for evt_1"]);
        let effect = effect_of(&app, "evt_1").await;
        assert_eq!(effect.state, EffectState::Done);
        assert!(effect.effect.ends_with("effects::post"), "{effect:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_shares_the_client_of_the_application_and_acts_for_the_account_of_its_event() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let _connected = stripe.on("acct_7");
        let app = builder(&database)
            .effects([ask::info()])
            .secret_key(stripe.api_key())
            .api_base(stripe.base_url())
            .client_options(djstripe_tests::client::fast)
            .build()
            .await
            .unwrap();
        let body = r#"{"id":"evt_1","type":"plan.updated","account":"acct_7","livemode":false,
            "data":{"object":{"id":"plan_1"}}}"#;
        app.receive(signed(body, SECRET)).await.unwrap();
        stripe.clear_requests();
        app.work_until_idle().await.unwrap();

        let effect = effect_of(&app, "evt_1").await;
        assert_eq!(effect.state, EffectState::Done, "{effect:?}");
        let requests = stripe.requests();
        let sent: Vec<_> = requests
            .iter()
            .filter(|request| request.path == "/v1/customers")
            .collect();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].account.as_deref(), Some("acct_7"));
        assert_eq!(sent[0].idempotency_key.as_deref(), Some(&*effect.key));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_that_lacks_what_it_takes_does_not_start() {
    on_both_backends(async |database| {
        let without_key = builder(&database).effects([ask::info()]).build().await;
        let error = without_key.unwrap_err();
        assert!(
            matches!(
                error,
                BuildError::Effect {
                    effect: "effects::ask",
                    ..
                }
            ),
            "{error:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_and_a_delay_are_the_effects_own() {
    on_both_backends(async |database| {
        let app = builder(&database)
            .effects([post::info()])
            .effect("reminder", async |_| Ok::<(), BoxError>(()))
            .build()
            .await
            .unwrap();
        app.state::<Desk>()
            .unwrap()
            .failures
            .store(1, Ordering::SeqCst);
        let before = Timestamp::now();
        deliver(&app, "evt_1", "plan.created").await;
        let effect = effect_of(&app, "evt_1").await;
        assert_eq!((effect.state, effect.attempts), (EffectState::Retrying, 1));
        let hour = Duration::from_secs(3_600);
        let due = effect.next_attempt_at.unwrap();
        assert!(due >= before + hour && due <= Timestamp::now() + hour);
        assert_eq!(
            effect.last_error.as_deref(),
            Some("the post office is closed")
        );

        deliver(&app, "evt_2", "plan.deleted").await;
        let effect = effect_of(&app, "evt_2").await;
        assert_eq!((effect.state, effect.attempts), (EffectState::Pending, 0));
        let due = effect.next_attempt_at.unwrap();
        assert!(due >= before + hour * 72 && due <= Timestamp::now() + hour * 72);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_given_to_the_builder_has_options_too() {
    on_both_backends(async |database| {
        let options = EffectOptions::DEFAULT
            .schedule([Duration::ZERO, Duration::ZERO])
            .timeout(Duration::from_millis(30));
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let slow = move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            std::future::pending::<Result<(), BoxError>>()
        };
        let app = builder(&database).effect_with("mail", options, slow);
        let app = app.build().await.unwrap();
        deliver(&app, "evt_1", "price.created").await;

        assert_eq!(runs.load(Ordering::SeqCst), 3);
        let effect = effect_of(&app, "evt_1").await;
        assert_eq!(effect.state, EffectState::Dead);
        assert_eq!(effect.last_error.as_deref(), Some("took longer than 30ms"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn effects_of_another_release_wait_for_it() {
    on_both_backends(async |database| {
        let old = mailing(&database).await;
        let body = event_json("evt_1", "price.created", "plan_1");
        old.receive(signed(body, SECRET)).await.unwrap();
        old.state::<Desk>()
            .unwrap()
            .failures
            .store(1, Ordering::SeqCst);
        old.work_until_idle().await.unwrap();
        let key = effect_of(&old, "evt_1").await.key;
        let retried = old.store().retry_effects(&[&key], Timestamp::now()).await;
        assert_eq!(retried.unwrap(), [key]);

        // The next release has renamed it.
        let new = builder(&database).build().await.unwrap();
        new.work_until_idle().await.unwrap();
        let effect = effect_of(&new, "evt_1").await;
        assert_eq!((effect.state, effect.attempts), (EffectState::Pending, 0));

        old.work_until_idle().await.unwrap();
        assert_eq!(effect_of(&old, "evt_1").await.state, EffectState::Done);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn running_an_event_again_revives_its_dead_effects_and_no_others() {
    for rerun in [
        Rerun::Unfinished,
        Rerun::All,
        Rerun::Receiver("effects::mails".to_owned()),
    ] {
        on_both_backends(async |database| {
            let app = mailing(&database).await;
            let desk = app.state::<Desk>().unwrap();
            deliver(&app, "evt_done", "price.created").await;
            desk.failures.store(1, Ordering::SeqCst);
            deliver(&app, "evt_dead", "price.created").await;
            assert_eq!(desk.taken(), ["evt_done", "evt_dead"]);
            let effect = effect_of(&app, "evt_dead").await;
            assert_eq!(effect.state, EffectState::Dead);
            assert_eq!(state_of(&app, "evt_dead").await, EventState::Processed);

            let ids = ["evt_dead", "evt_done"];
            let due = app.store().rerun(&ids, rerun.clone(), Timestamp::now());
            assert_eq!(due.await.unwrap().len(), 2);
            app.work_until_idle().await.unwrap();
            assert_eq!(desk.taken(), ["evt_dead"], "{rerun:?}");
            let revived = effect_of(&app, "evt_dead").await;
            assert_eq!(
                (revived.state, &revived.key),
                (EffectState::Done, &effect.key)
            );
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rerun_of_one_receiver_revives_the_effects_of_that_receiver() {
    on_both_backends(async |database| {
        let app = mailing(&database).await;
        app.state::<Desk>()
            .unwrap()
            .failures
            .store(1, Ordering::SeqCst);
        deliver(&app, "evt_1", "price.created").await;
        assert_eq!(effect_of(&app, "evt_1").await.state, EffectState::Dead);

        let other = Rerun::Receiver("effects::posts".to_owned());
        app.store()
            .rerun(&["evt_1"], other, Timestamp::now())
            .await
            .unwrap();
        app.work_until_idle().await.unwrap();
        assert_eq!(effect_of(&app, "evt_1").await.state, EffectState::Dead);
    })
    .await;
}

#[tokio::test]
async fn log_lines_of_an_effect_tell_its_event_and_name() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("effects.db").display());
    let app = Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(url)
        .receivers(registry::receivers(|id| id == "effects::mails"))
        .retry_schedule([])
        .effect("mail", async |_| {
            tracing::info!("from within the effect");
            Err::<(), _>("the server is down")
        });
    let app = app.build().await.unwrap();
    // A span that another test's thread registers meanwhile could be missing from this log.
    deliver(&app, "evt_before", "price.created").await;

    let log = Log::default();
    let _guard = log.start(Level::INFO);
    deliver(&app, "evt_logged", "price.created").await;

    let text = log.text();
    for line in ["from within the effect", "effect failed"] {
        let line = text.lines().find(|it| it.contains(line)).unwrap();
        assert!(
            line.contains("evt_logged") && line.contains("mail"),
            "{line}"
        );
    }
}

/// How many effects each event has in each state.
async fn states(app: &Djstripe) -> BTreeMap<&'static str, i64> {
    let counts = app.store().effect_counts().await.unwrap();
    let states = EffectState::ALL.into_iter();
    let counted = states.map(|state| (state.as_str(), counts.get(state)));
    counted.filter(|(_, count)| *count > 0).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_effect_never_runs_unless_it_is_retried() {
    on_both_backends(async |database| {
        let app = mailing(&database).await;
        let desk = app.state::<Desk>().unwrap();
        desk.failures.store(1, Ordering::SeqCst);
        deliver(&app, "evt_1", "price.created").await;
        deliver(&app, "evt_2", "price.created").await;
        assert_eq!(
            states(&app).await,
            BTreeMap::from([("dead", 1), ("done", 1)])
        );

        let (dead, done) = (
            effect_of(&app, "evt_1").await.key,
            effect_of(&app, "evt_2").await.key,
        );
        let keys = [&*dead, &*done, "other"];
        let discarded = app.store().discard_effects(&keys, Timestamp::now());
        assert_eq!(
            discarded.await.unwrap(),
            [&*dead],
            "one that is done stays done"
        );
        desk.taken();
        app.store()
            .rerun(&["evt_1"], Rerun::All, Timestamp::now())
            .await
            .unwrap();
        app.work_until_idle().await.unwrap();
        assert_eq!(
            states(&app).await,
            BTreeMap::from([("discarded", 1), ("done", 1)])
        );
        assert!(desk.taken().is_empty(), "nobody asked for it");

        let retried = app
            .store()
            .retry_effects(&[&dead, &done], Timestamp::now())
            .await;
        assert_eq!(retried.unwrap(), [&*dead]);
        app.work_until_idle().await.unwrap();
        assert_eq!(desk.taken(), ["evt_1"]);
        assert_eq!(states(&app).await, BTreeMap::from([("done", 2)]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_does_not_touch_an_effect_that_a_worker_runs() {
    on_both_backends(async |database| {
        let (started, is_started) = tokio::sync::oneshot::channel();
        let (finish, finished) = tokio::sync::oneshot::channel::<()>();
        let once = Arc::new(Mutex::new(Some((started, finished))));
        let slow = move |_| {
            let (started, finished) = once.lock().unwrap().take().unwrap();
            async move {
                started.send(()).unwrap();
                finished.await
            }
        };
        let app = builder(&database)
            .effect("mail", slow)
            .build()
            .await
            .unwrap();
        let body = event_json("evt_1", "price.created", "plan_1");
        app.receive(signed(body, SECRET)).await.unwrap();
        let working = tokio::spawn({
            let app = app.clone();
            async move { app.work_until_idle().await }
        });
        is_started.await.unwrap();

        let effect = effect_of(&app, "evt_1").await;
        assert_eq!(effect.state, EffectState::Running);
        let (keys, now) = ([&*effect.key], Timestamp::now());
        assert!(
            app.store()
                .retry_effects(&keys, now)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            app.store()
                .discard_effects(&keys, now)
                .await
                .unwrap()
                .is_empty()
        );

        finish.send(()).unwrap();
        working.await.unwrap().unwrap();
        assert_eq!(effect_of(&app, "evt_1").await.state, EffectState::Done);
    })
    .await;
}
