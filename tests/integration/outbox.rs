//! The outbox: effects outside the database are recorded in the transaction and run after its
//! commit. On both backends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use djstripe_core::BoxError;
use djstripe_core::receiver::{Effect, OutboxError};
use djstripe_core::store::{EffectState, EventState, Rerun, RunOutcome, Timestamp};
use djstripe_core::{Builder, Db, Djstripe, Event, Permanent, stripe_receiver};
use djstripe_tests::delivery::signed;
use djstripe_tests::{on_both_backends, registry};

const SECRET: &str = "whsec_outbox";

#[stripe_receiver("topup.created", id = "outbox::sends")]
async fn sends(mut db: Db<'_>, event: Event) -> Result<(), BoxError> {
    db.after_commit("mail", &event.id()).await?;
    db.after_commit("mail", &"second").await?;
    match event.id() {
        "evt_fails" => Err("not yet".into()),
        _ => Ok(()),
    }
}

#[stripe_receiver("topup.reversed", id = "outbox::unknown")]
async fn unknown(mut db: Db<'_>) -> Result<(), OutboxError> {
    db.after_commit("pigeon", &()).await
}

#[stripe_receiver("topup.succeeded", id = "outbox::hopeless")]
fn hopeless() -> Result<(), Permanent> {
    Err(Permanent::new("no such order"))
}

/// The key and the payload of each mail, in order.
type Journal = Arc<Mutex<Vec<(String, String)>>>;

/// An application. The first `failures` mails that it sends fail.
fn builder(url: &str, journal: &Journal, failures: usize) -> Builder {
    let journal = Arc::clone(journal);
    let send = move |effect: Effect| {
        let mut journal = journal.lock().unwrap();
        journal.push((effect.key().to_owned(), effect.payload::<String>().unwrap()));
        let fails = journal.len() <= failures;
        async move {
            if fails {
                Err("the server is down")
            } else {
                Ok(())
            }
        }
    };

    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(url)
        .receivers(registry::receivers(|id| id.starts_with("outbox::")))
        .retry_schedule([Duration::ZERO, Duration::ZERO])
        .effect("mail", send)
}

/// Delivers an event, processes it, and returns its state.
async fn deliver(app: &Djstripe, id: &str, name: &str) -> EventState {
    let body = format!(r#"{{"id":"{id}","type":"{name}"}}"#);
    app.receive(signed(body, SECRET)).await.unwrap();
    app.work_until_idle().await.unwrap();
    app.store().event(id).await.unwrap().unwrap().0.state
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_is_carried_out_once_its_transaction_has_committed() {
    on_both_backends(async |database| {
        let journal = Journal::default();
        let app = builder(database.url(), &journal, 0).build().await.unwrap();
        assert_eq!(
            deliver(&app, "evt_1", "topup.created").await,
            EventState::Processed
        );

        let mut sent = std::mem::take(&mut *journal.lock().unwrap());
        sent.sort_by(|left, right| left.1.cmp(&right.1));
        assert_eq!((&*sent[0].1, &*sent[1].1), ("evt_1", "second"));
        assert_ne!(sent[0].0, sent[1].0, "each effect has a key of its own");

        let effects = app.store().effects("evt_1").await.unwrap();
        assert!(effects.iter().all(|effect| effect.done_at.is_some()));

        assert_eq!(
            deliver(&app, "evt_fails", "topup.created").await,
            EventState::Dead
        );
        assert!(
            journal.lock().unwrap().is_empty(),
            "the transaction was rolled back"
        );
        assert!(app.store().effects("evt_fails").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_effect_is_tried_again_with_the_same_key() {
    on_both_backends(async |database| {
        let journal = Journal::default();
        let app = builder(database.url(), &journal, 3).build().await.unwrap();
        assert_eq!(
            deliver(&app, "evt_1", "topup.created").await,
            EventState::Processed
        );

        let attempts = journal.lock().unwrap().clone();
        let mut keys: Vec<&str> = attempts.iter().map(|(key, _)| &**key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!((attempts.len(), keys.len()), (5, 2));

        let effects = app.store().effects("evt_1").await.unwrap();
        assert!(effects.iter().all(|effect| effect.done_at.is_some()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_requests_an_unknown_effect_fails_and_says_what_to_add() {
    on_both_backends(async |database| {
        let app = builder(database.url(), &Journal::default(), 0)
            .build()
            .await
            .unwrap();
        let state = deliver(&app, "evt_1", "topup.reversed").await;
        assert_eq!(state, EventState::Dead, "it has not succeeded");
        assert_eq!(app.store().effects("evt_1").await.unwrap(), []);

        let (event, _) = app.store().event("evt_1").await.unwrap().unwrap();
        let error = event.last_error.unwrap();
        assert!(error.contains(r#"add `.effect("pigeon", ..)`"#), "{error}");

        // A release that has it runs it.
        let app = builder(database.url(), &Journal::default(), 0)
            .effect("pigeon", async |_| Ok::<(), BoxError>(()))
            .build()
            .await
            .unwrap();
        let rerun = app
            .store()
            .rerun(&["evt_1"], Rerun::Unfinished, Timestamp::now());
        assert_eq!(rerun.await.unwrap(), ["evt_1"]);
        app.work_until_idle().await.unwrap();
        let effects = app.store().effects("evt_1").await.unwrap();
        assert_eq!(effects[0].state, EffectState::Done);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permanent_error_is_not_tried_again() {
    on_both_backends(async |database| {
        let app = builder(database.url(), &Journal::default(), 0)
            .build()
            .await
            .unwrap();
        assert_eq!(
            deliver(&app, "evt_1", "topup.succeeded").await,
            EventState::Dead
        );

        let runs = app.store().receiver_runs("evt_1").await.unwrap();
        assert_eq!(
            (runs[0].attempts, &runs[0].outcome),
            (
                1,
                &RunOutcome::Failed {
                    error: "receiver failed: no such order".to_owned(),
                    permanent: true
                }
            )
        );
    })
    .await;
}
