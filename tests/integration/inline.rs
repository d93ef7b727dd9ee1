//! Inline mode: receivers run before the delivery is answered, next to the workers of the same
//! process; effects and retries follow by themselves. On both backends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use djstripe_core::receiver::OutboxError;
use djstripe_core::store::EventState;
use djstripe_core::{Builder, Db, Djstripe, Event, ProcessingMode, State, stripe_receiver};
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::{on_both_backends, registry, wait};
use futures_util::future::join_all;
use tokio::sync::watch;

const SECRET: &str = "whsec_inline";

#[derive(Default)]
struct Counts {
    runs: AtomicUsize,
    failures: AtomicUsize,
}

#[stripe_receiver("coupon.created", id = "inline::asks")]
async fn asks(mut db: Db<'_>, event: Event, counts: State<Counts>) -> Result<(), OutboxError> {
    counts.runs.fetch_add(1, Ordering::SeqCst);
    db.after_commit("inline mail", &event.id()).await
}

#[stripe_receiver("coupon.updated", id = "inline::flaky")]
fn flaky(counts: State<Counts>) -> Result<(), std::io::Error> {
    match counts.failures.fetch_add(1, Ordering::SeqCst) {
        0 => Err(std::io::Error::other("not yet")),
        _ => Ok(()),
    }
}

fn builder(url: &str) -> Builder {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(url)
        .mode(ProcessingMode::Inline)
        .state(Counts::default())
        .receivers(registry::receivers(|id| id.starts_with("inline::")))
        .retry_schedule([Duration::from_millis(20)])
        .effect("inline mail", async |_| Ok::<(), OutboxError>(()))
}

async fn status(app: &Djstripe, id: &str, name: &str, object: &str) -> u16 {
    let delivery = signed(event_json(id, name, object), SECRET);
    match app.receive(delivery).await {
        Ok(_) => 200,
        Err(error) => error.status().as_u16(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_different_objects_are_all_answered_with_200() {
    on_both_backends(async |database| {
        let app = builder(database.url()).build().await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let workers = tokio::spawn({
            let app = app.clone();
            async move { app.work(stopped).await }
        });

        for round in 0..3 {
            let ids: Vec<String> = (0..30).map(|number| format!("{round}_{number}")).collect();
            let statuses = join_all(ids.iter().map(async |id| {
                let event = format!("evt_{id}");
                status(&app, &event, "coupon.created", &format!("coupon_{id}")).await
            }))
            .await;
            assert_eq!(statuses, [200; 30]);
        }

        let runs = &app.state::<Counts>().unwrap().runs;
        assert_eq!(runs.load(Ordering::SeqCst), 90, "each receiver ran once");
        stop.send_replace(true);
        workers.await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn effects_and_retries_follow_without_a_worker_of_the_application() {
    on_both_backends(async |database| {
        let app = builder(database.url()).build().await.unwrap();
        assert_eq!(
            status(&app, "evt_1", "coupon.created", "coupon_1").await,
            200
        );
        wait::until(async || {
            let effects = app.store().effects("evt_1").await.unwrap();
            effects.iter().any(|effect| effect.done_at.is_some())
        })
        .await;

        assert_eq!(
            status(&app, "evt_2", "coupon.updated", "coupon_1").await,
            500
        );
        wait::until(async || {
            let (event, _) = app.store().event("evt_2").await.unwrap().unwrap();
            event.state == EventState::Processed
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_object_at_most_one_event_runs_at_a_time_and_none_is_lost() {
    on_both_backends(async |database| {
        let app = builder(database.url()).build().await.unwrap();
        let ids: Vec<String> = (0..10).map(|number| format!("evt_{number}")).collect();
        let deliver = async |id: &String| status(&app, id, "coupon.created", "coupon_1").await;
        let statuses = join_all(ids.iter().map(deliver)).await;
        assert!(statuses.contains(&200), "{statuses:?}");
        let is_answer = |status: &u16| [200, 503].contains(status);
        assert!(statuses.iter().all(is_answer), "{statuses:?}");

        wait::until_processed(&app, Duration::from_secs(30))
            .await
            .unwrap();
        let again = join_all(ids.iter().map(deliver)).await;
        assert_eq!(again, [200; 10]);

        let runs = &app.state::<Counts>().unwrap().runs;
        assert_eq!(runs.load(Ordering::SeqCst), 10, "each receiver ran once");
    })
    .await;
}
