//! Handover of new events: a process that both receives and works leases an event to itself while
//! it stores the event. Events of one object run in order, those of different objects concurrently,
//! and events that have not started are released when the process stops. On both backends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use djstripe_core::__internals::{EventOutcome, Settlement, queue};
use djstripe_core::store::{EventState, Timestamp};
use djstripe_core::{Builder, Djstripe, Event, Receipt, State, stripe_receiver};
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::{on_both_backends, registry, wait};
use tokio::sync::{Semaphore, watch};

const SECRET: &str = "whsec_handover";

/// Blocks the receiver until the test adds permits, and records the events that have started.
struct Gate {
    permits: Semaphore,
    started: Mutex<Vec<String>>,
    running: AtomicUsize,
    max_running: AtomicUsize,
}

impl Gate {
    fn new(permits: usize) -> Self {
        Self {
            permits: Semaphore::new(permits),
            started: Mutex::default(),
            running: AtomicUsize::new(0),
            max_running: AtomicUsize::new(0),
        }
    }

    fn started(&self) -> Vec<String> {
        self.started.lock().unwrap().clone()
    }
}

#[stripe_receiver("coupon.updated", id = "handover::gated")]
async fn gated(gate: State<Gate>, event: &Event) {
    gate.started.lock().unwrap().push(event.id().to_owned());
    let now = gate.running.fetch_add(1, Ordering::SeqCst) + 1;
    gate.max_running.fetch_max(now, Ordering::SeqCst);
    gate.permits.acquire().await.unwrap().forget();
    gate.running.fetch_sub(1, Ordering::SeqCst);
}

/// Counts the receivers that run for each object, in all applications that share it.
#[derive(Default)]
struct Concurrency {
    running: Mutex<HashMap<String, usize>>,
    max: AtomicUsize,
    runs: AtomicUsize,
}

#[stripe_receiver("coupon.deleted", id = "handover::alone")]
async fn alone(concurrency: State<Arc<Concurrency>>, event: &Event) {
    let object = event.object_json().unwrap_or_default().to_owned();
    let change = |by: fn(usize) -> usize| {
        let mut running = concurrency.running.lock().unwrap();
        let count = running.entry(object.clone()).or_default();
        *count = by(*count);
        *count
    };

    concurrency
        .max
        .fetch_max(change(|count| count + 1), Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(3)).await;
    change(|count| count - 1);
    concurrency.runs.fetch_add(1, Ordering::SeqCst);
}

fn with_receiver(url: &str, id: &str) -> Builder {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(url)
        .receivers(registry::receivers(|other| other == id))
}

fn builder(url: &str, permits: usize) -> Builder {
    with_receiver(url, "handover::gated").state(Gate::new(permits))
}

async fn deliver(app: &Djstripe, id: &str, object: &str) {
    deliver_named(app, "coupon.updated", id, object).await;
}

async fn deliver_named(app: &Djstripe, name: &str, id: &str, object: &str) {
    let delivery = signed(event_json(id, name, object), SECRET);
    assert_eq!(app.receive(delivery).await.unwrap(), Receipt::Stored);
}

struct RunningApp {
    app: Djstripe,
    gate: Arc<Gate>,
    stop: watch::Sender<bool>,
    work: tokio::task::JoinHandle<()>,
}

impl RunningApp {
    /// An application whose worker runs and is idle.
    async fn start(builder: Builder) -> Self {
        let app = builder.build().await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let work = tokio::spawn({
            let app = app.clone();
            async move { app.work(stopped).await }
        });
        let gate = app.state::<Gate>().unwrap();

        // The worker takes new events only after its first query for stored ones.
        tokio::time::sleep(Duration::from_millis(100)).await;
        Self {
            app,
            gate,
            stop,
            work,
        }
    }

    async fn state(&self, id: &str) -> EventState {
        self.app.store().event(id).await.unwrap().unwrap().0.state
    }

    async fn stop(self) -> Djstripe {
        self.stop.send_replace(true);
        self.work.await.unwrap();
        self.app
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_one_object_run_one_after_another_in_the_order_of_their_arrival() {
    on_both_backends(async |database| {
        let running = RunningApp::start(builder(database.url(), 1_000)).await;
        let ids: Vec<String> = (0..30).map(|index| format!("evt_{index:02}")).collect();
        for id in &ids {
            deliver(&running.app, id, "SALE").await;
        }
        wait::until(async || running.state("evt_29").await == EventState::Processed).await;

        assert_eq!(running.gate.started(), ids);
        assert_eq!(running.gate.max_running.load(Ordering::SeqCst), 1);

        running.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_different_objects_run_side_by_side() {
    on_both_backends(async |database| {
        let running = RunningApp::start(builder(database.url(), 0)).await;
        for index in 0..10 {
            deliver(
                &running.app,
                &format!("evt_{index}"),
                &format!("SALE_{index}"),
            )
            .await;
        }

        wait::until(async || running.gate.started().len() == 10).await;
        assert_eq!(running.gate.max_running.load(Ordering::SeqCst), 10);

        running.gate.permits.add_permits(10);
        wait::until(async || running.state("evt_9").await == EventState::Processed).await;
        running.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_begun_is_handed_back_when_the_worker_stops() {
    on_both_backends(async |database| {
        let running = RunningApp::start(builder(database.url(), 0)).await;
        for id in ["evt_1", "evt_2", "evt_3"] {
            deliver(&running.app, id, "SALE").await;
        }
        wait::until(async || running.gate.started().len() == 1).await;
        running.gate.permits.add_permits(1);
        let app = running.stop().await;
        let store = app.store();

        let states = async |id: &str| {
            let (event, _) = store.event(id).await.unwrap().unwrap();
            (event.state, event.attempts)
        };

        assert_eq!(states("evt_1").await, (EventState::Processed, 1));

        for id in ["evt_2", "evt_3"] {
            assert_eq!(states(id).await, (EventState::Pending, 0), "{id}");
        }
        assert_eq!(
            queue(store)
                .claim("another", 10, Timestamp::now(), Duration::from_secs(60))
                .await
                .unwrap()
                .len(),
            2
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_while_the_workers_are_paused() {
    on_both_backends(async |database| {
        let running = RunningApp::start(builder(database.url(), 1_000)).await;
        running.app.store().pause(Timestamp::now()).await.unwrap();
        deliver(&running.app, "evt_1", "SALE").await;
        // This is longer than the poll interval: the event stays pending because of the pause.
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(running.state("evt_1").await, EventState::Pending);
        running.app.store().resume().await.unwrap();
        wait::until(async || running.state("evt_1").await == EventState::Processed).await;
        running.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_store_and_work_at_once_are_never_at_work_on_one_object() {
    const EVENTS: usize = 300;

    on_both_backends(async |database| {
        let concurrency = Arc::new(Concurrency::default());
        let (stop, stopped) = watch::channel(false);
        let mut apps = Vec::new();
        let mut work = tokio::task::JoinSet::new();

        for _ in 0..2 {
            let builder =
                with_receiver(database.url(), "handover::alone").state(Arc::clone(&concurrency));
            let app = builder.build().await.unwrap();
            work.spawn({
                let (app, stopped) = (app.clone(), stopped.clone());
                async move { app.work(stopped).await }
            });
            apps.push(app);
        }

        let deliveries = (0..EVENTS).map(|index| {
            let app = apps[index % 2].clone();
            tokio::spawn(async move {
                deliver_named(
                    &app,
                    "coupon.deleted",
                    &format!("evt_{index}"),
                    &format!("SALE_{}", index % 7),
                )
                .await;
            })
        });

        for delivery in deliveries.collect::<Vec<_>>() {
            delivery.await.unwrap();
        }
        wait::until(async || concurrency.runs.load(Ordering::SeqCst) == EVENTS).await;
        assert_eq!(concurrency.max.load(Ordering::SeqCst), 1);

        stop.send_replace(true);
        work.join_all().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_takes_longer_than_a_lease_keeps_its_event() {
    on_both_backends(async |database| {
        let lease = Duration::from_secs(8);
        let running = RunningApp::start(builder(database.url(), 0).lease(lease)).await;

        // The first event runs, and the second waits behind it in the same lane.
        deliver(&running.app, "evt_1", "SALE").await;
        deliver(&running.app, "evt_2", "SALE").await;
        wait::until(async || running.gate.started().len() == 1).await;
        wait::until(async || running.state("evt_2").await == EventState::Processing).await;
        // Begun earlier, it might claim an event that is stored while the first one polls. Without a
        // second renewal it would take both over.
        let other = RunningApp::start(builder(database.url(), 0).lease(lease)).await;
        tokio::time::sleep(lease * 3 / 2).await;

        assert_eq!(
            (running.gate.started().len(), other.gate.started().len()),
            (1, 0)
        );

        running.gate.permits.add_permits(2);
        wait::until(async || running.state("evt_2").await == EventState::Processed).await;
        assert_eq!(
            (running.gate.started().len(), other.gate.started().len()),
            (2, 0)
        );

        for id in ["evt_1", "evt_2"] {
            let (event, _) = running.app.store().event(id).await.unwrap().unwrap();
            assert_eq!(event.attempts, 1, "{id}");
        }

        other.stop().await;
        running.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_whose_object_another_worker_has_waits_for_it() {
    on_both_backends(async |database| {
        let idle = builder(database.url(), 1_000).build().await.unwrap();
        deliver(&idle, "evt_1", "SALE").await;
        let lease = Duration::from_secs(60);
        let taken = queue(idle.store())
            .claim("another", 1, Timestamp::now(), lease)
            .await
            .unwrap()
            .remove(0);
        let running = RunningApp::start(builder(database.url(), 1_000)).await;
        deliver(&running.app, "evt_2", "SALE").await;
        deliver(&running.app, "evt_3", "SALE_2").await;
        wait::until(async || running.state("evt_3").await == EventState::Processed).await;
        assert_eq!(running.state("evt_2").await, EventState::Pending);

        let (event_id, fence) = (taken.event_id, taken.fence);
        let settlement = Settlement {
            event_id,
            fence,
            outcome: EventOutcome::Processed,
            error: None,
            at: Timestamp::now(),
        };

        assert!(
            queue(idle.store())
                .settle(&[settlement])
                .await
                .unwrap()
                .is_empty()
        );

        wait::until(async || running.state("evt_2").await == EventState::Processed).await;
        running.stop().await;
    })
    .await;
}
