//! A second delivery, as by "Resend" in Stripe's dashboard: what it does depends on where the event
//! stands. On both backends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use djstripe_core::__internals::{NewEvent, queue};
use djstripe_core::store::{EventState, Timestamp};
use djstripe_core::{Builder, Djstripe, Event, ProcessingMode, State, stripe_receiver};
use djstripe_tests::delivery::signed;
use djstripe_tests::{TestDatabase, on_both_backends, registry};

const SECRET: &str = "whsec_redelivery";

/// The runs that are left to fail, and the runs so far.
#[derive(Default)]
struct Runs {
    failures: AtomicUsize,
    all: AtomicUsize,
}

#[stripe_receiver("payout.created", id = "redelivery::flaky")]
fn flaky(runs: State<Runs>) -> Result<(), &'static str> {
    runs.all.fetch_add(1, Ordering::SeqCst);
    let left = runs.failures.load(Ordering::SeqCst);
    if left == 0 {
        return Ok(());
    }
    runs.failures.store(left - 1, Ordering::SeqCst);
    Err("not yet")
}

fn builder(database: &TestDatabase, failures: usize, retries: &[Duration]) -> Builder {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database.url())
        .state(Runs {
            failures: failures.into(),
            all: 0.into(),
        })
        .receivers(registry::receivers(|id| id == "redelivery::flaky"))
        .retry_schedule(retries.iter().copied())
}

const HOUR: Duration = Duration::from_secs(3_600);

fn body(version: &str) -> String {
    format!(
        r#"{{"id":"evt_1","type":"payout.created","api_version":{version},
            "data":{{"object":{{"id":"po_1","object":"payout"}}}}}}"#
    )
}

/// Delivers the event once more, and processes what is due.
async fn deliver(app: &Djstripe, version: &str) -> u16 {
    let received = app.receive(signed(body(version), SECRET)).await;
    app.work_until_idle().await.unwrap();
    received.map_or_else(|error| error.status().as_u16(), |_| 200)
}

async fn state(app: &Djstripe) -> EventState {
    app.store().event("evt_1").await.unwrap().unwrap().0.state
}

fn runs(app: &Djstripe) -> usize {
    app.state::<Runs>().unwrap().all.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_delivery_ends_the_waiting_of_an_unfinished_event() {
    on_both_backends(async |database| {
        let app = builder(&database, 1, &[HOUR]).build().await.unwrap();
        deliver(&app, "null").await;
        assert_eq!((state(&app).await, runs(&app)), (EventState::Retrying, 1));

        deliver(&app, "null").await;
        assert_eq!((state(&app).await, runs(&app)), (EventState::Processed, 2));
        deliver(&app, "null").await;
        assert_eq!((state(&app).await, runs(&app)), (EventState::Processed, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_delivery_revives_a_dead_event() {
    on_both_backends(async |database| {
        let app = builder(&database, 2, &[]).build().await.unwrap();
        for expected in [EventState::Dead, EventState::Dead, EventState::Processed] {
            deliver(&app, "null").await;
            assert_eq!(state(&app).await, expected);
        }
        deliver(&app, "null").await;
        assert_eq!(runs(&app), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_delivery_of_another_version_is_no_second_one() {
    on_both_backends(async |database| {
        let app = builder(&database, 9, &[]).build().await.unwrap();
        let (old, older) = (r#""2024-06-20""#, r#""2020-08-27""#);
        for (version, expected) in [(old, 1), (older, 1), (old, 2), (older, 3)] {
            deliver(&app, version).await;
            assert_eq!(
                (state(&app).await, runs(&app)),
                (EventState::Dead, expected)
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_delivery_does_not_disturb_a_worker() {
    on_both_backends(async |database| {
        let app = builder(&database, 0, &[]).build().await.unwrap();
        let new = NewEvent {
            event: Event::from_json(&body("null")).unwrap(),
            received_at: Timestamp::now(),
            remote_address: None,
            endpoint: None,
        };
        let queue = queue(app.store());
        queue.insert_events(&[new]).await.unwrap();
        let claim = queue
            .claim_event("evt_1", "worker", Timestamp::now(), HOUR)
            .await;
        assert!(claim.unwrap().is_some());

        deliver(&app, "null").await;
        assert_eq!((state(&app).await, runs(&app)), (EventState::Processing, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inline_delivery_of_a_dead_event_is_answered_by_what_becomes_of_it() {
    on_both_backends(async |database| {
        let builder = builder(&database, 2, &[]).mode(ProcessingMode::Inline);
        let app = builder.build().await.unwrap();
        for expected in [500, 500, 200, 200] {
            assert_eq!(deliver(&app, "null").await, expected);
        }
        assert_eq!(runs(&app), 3);
    })
    .await;
}
