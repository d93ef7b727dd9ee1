//! A working process takes events while it stores them: in order for each object, side by side for different ones, and
//! handed back when it stops. On both backends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use axum::http::HeaderMap;
use djstripe_core::receiver::ReceiverInfo;
use djstripe_core::signature::sign;
use djstripe_core::store::{EventState, Outcome, Settlement, Timestamp};
use djstripe_core::{
    Builder, Delivery, Djstripe, Event, Receipt, Registry, State, stripe_receiver,
};
use djstripe_tests::on_both_backends;
use tokio::sync::{Semaphore, watch};

const SECRET: &str = "whsec_handover";

/// Events begin when the gate lets them; what they do is noted.
struct Gate {
    open: Semaphore,
    begun: Mutex<Vec<String>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Gate {
    fn new(open: usize) -> Self {
        let (begun, at_once, most_at_once) = Default::default();
        Self {
            open: Semaphore::new(open),
            begun,
            at_once,
            most_at_once,
        }
    }

    fn begun(&self) -> Vec<String> {
        self.begun.lock().unwrap().clone()
    }
}

#[stripe_receiver("coupon.updated", id = "handover::gated")]
async fn gated(gate: State<Gate>, event: &Event) {
    gate.begun.lock().unwrap().push(event.id().to_owned());
    let now = gate.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    gate.most_at_once.fetch_max(now, Ordering::SeqCst);
    gate.open.acquire().await.unwrap().forget();
    gate.at_once.fetch_sub(1, Ordering::SeqCst);
}

/// How many are at work on each object, over all applications that share this.
#[derive(Default)]
struct AtWork {
    now: Mutex<HashMap<String, usize>>,
    most: AtomicUsize,
    runs: AtomicUsize,
}

#[stripe_receiver("coupon.deleted", id = "handover::alone")]
async fn alone(at_work: State<Arc<AtWork>>, event: &Event) {
    let object = event.object_json().unwrap_or_default().to_owned();
    let change = |by: fn(usize) -> usize| {
        let mut now = at_work.now.lock().unwrap();
        let count = now.entry(object.clone()).or_default();
        *count = by(*count);
        *count
    };
    at_work
        .most
        .fetch_max(change(|count| count + 1), Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(3)).await;
    change(|count| count - 1);
    at_work.runs.fetch_add(1, Ordering::SeqCst);
}

fn with_receiver(url: &str, id: &str) -> Builder {
    let all = Registry::collect().unwrap();
    let receivers: Vec<&'static ReceiverInfo> = all
        .receivers()
        .iter()
        .copied()
        .filter(|receiver| receiver.id == id)
        .collect();
    Djstripe::builder()
        .secret(SECRET)
        .database_url(url)
        .receivers(receivers)
}

fn builder(url: &str, open: usize) -> Builder {
    with_receiver(url, "handover::gated").state(Gate::new(open))
}

async fn deliver(app: &Djstripe, id: &str, object: &str) {
    deliver_named(app, "coupon.updated", id, object).await;
}

async fn deliver_named(app: &Djstripe, name: &str, id: &str, object: &str) {
    let body =
        format!(r#"{{"id":"{id}","type":"{name}","data":{{"object":{{"id":"{object}"}}}}}}"#);
    let mut headers = HeaderMap::new();
    headers.insert(
        "stripe-signature",
        sign(body.as_bytes(), SECRET, SystemTime::now())
            .parse()
            .unwrap(),
    );
    assert_eq!(
        app.receive(Delivery::new(headers, body)).await.unwrap(),
        Receipt::Stored
    );
}

async fn wait_until(condition: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it did not happen within 20 s"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

struct Working {
    app: Djstripe,
    gate: Arc<Gate>,
    stop: watch::Sender<bool>,
    work: tokio::task::JoinHandle<()>,
}

impl Working {
    /// A process that works and has nothing to do.
    async fn start(builder: Builder) -> Self {
        let app = builder.build().await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let work = tokio::spawn({
            let app = app.clone();
            async move { app.work(stopped).await }
        });
        let gate = app.state::<Gate>().unwrap();
        // It takes events once it has looked for older ones.
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
        let working = Working::start(builder(database.url(), 1_000)).await;
        let ids: Vec<String> = (0..30).map(|index| format!("evt_{index:02}")).collect();
        for id in &ids {
            deliver(&working.app, id, "SALE").await;
        }
        wait_until(async || working.state("evt_29").await == EventState::Processed).await;
        assert_eq!(working.gate.begun(), ids);
        assert_eq!(working.gate.most_at_once.load(Ordering::SeqCst), 1);
        working.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_different_objects_run_side_by_side() {
    on_both_backends(async |database| {
        let working = Working::start(builder(database.url(), 0)).await;
        for index in 0..10 {
            deliver(
                &working.app,
                &format!("evt_{index}"),
                &format!("SALE_{index}"),
            )
            .await;
        }
        wait_until(async || working.gate.begun().len() == 10).await;
        assert_eq!(working.gate.most_at_once.load(Ordering::SeqCst), 10);
        working.gate.open.add_permits(10);
        wait_until(async || working.state("evt_9").await == EventState::Processed).await;
        working.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_begun_is_handed_back_when_the_worker_stops() {
    on_both_backends(async |database| {
        let working = Working::start(builder(database.url(), 0)).await;
        for id in ["evt_1", "evt_2", "evt_3"] {
            deliver(&working.app, id, "SALE").await;
        }
        wait_until(async || working.gate.begun().len() == 1).await;
        working.gate.open.add_permits(1);
        let app = working.stop().await;
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
            store
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
        let working = Working::start(builder(database.url(), 1_000)).await;
        working.app.store().pause(Timestamp::now()).await.unwrap();
        deliver(&working.app, "evt_1", "SALE").await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(working.state("evt_1").await, EventState::Pending);
        working.app.store().resume().await.unwrap();
        wait_until(async || working.state("evt_1").await == EventState::Processed).await;
        working.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_store_and_work_at_once_are_never_at_work_on_one_object() {
    const EVENTS: usize = 300;
    on_both_backends(async |database| {
        let at_work = Arc::new(AtWork::default());
        let (stop, stopped) = watch::channel(false);
        let mut apps = Vec::new();
        let mut work = tokio::task::JoinSet::new();
        for _ in 0..2 {
            let builder =
                with_receiver(database.url(), "handover::alone").state(Arc::clone(&at_work));
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
        wait_until(async || at_work.runs.load(Ordering::SeqCst) == EVENTS).await;
        assert_eq!(at_work.most.load(Ordering::SeqCst), 1);
        stop.send_replace(true);
        work.join_all().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_takes_longer_than_a_lease_keeps_its_event() {
    on_both_backends(async |database| {
        let lease = Duration::from_millis(600);
        let working = Working::start(builder(database.url(), 0).lease(lease)).await;
        let other = Working::start(builder(database.url(), 0).lease(lease)).await;
        // The first runs, the second waits for it in the same lane.
        deliver(&working.app, "evt_1", "SALE").await;
        deliver(&working.app, "evt_2", "SALE").await;
        wait_until(async || working.gate.begun().len() == 1).await;
        tokio::time::sleep(lease * 4).await;
        assert_eq!(
            (working.gate.begun().len(), other.gate.begun().len()),
            (1, 0)
        );
        working.gate.open.add_permits(2);
        wait_until(async || working.state("evt_2").await == EventState::Processed).await;
        assert_eq!(
            (working.gate.begun().len(), other.gate.begun().len()),
            (2, 0)
        );
        for id in ["evt_1", "evt_2"] {
            assert_eq!(
                working
                    .app
                    .store()
                    .event(id)
                    .await
                    .unwrap()
                    .unwrap()
                    .0
                    .attempts,
                1
            );
        }
        other.stop().await;
        working.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_whose_object_another_worker_has_waits_for_it() {
    on_both_backends(async |database| {
        let idle = builder(database.url(), 1_000).build().await.unwrap();
        deliver(&idle, "evt_1", "SALE").await;
        let lease = Duration::from_secs(60);
        let taken = idle
            .store()
            .claim("another", 1, Timestamp::now(), lease)
            .await
            .unwrap()
            .remove(0);
        let working = Working::start(builder(database.url(), 1_000)).await;
        deliver(&working.app, "evt_2", "SALE").await;
        deliver(&working.app, "evt_3", "SALE_2").await;
        wait_until(async || working.state("evt_3").await == EventState::Processed).await;
        assert_eq!(working.state("evt_2").await, EventState::Pending);
        let (event_id, fence) = (taken.event_id, taken.fence);
        let settlement = Settlement {
            event_id,
            fence,
            outcome: Outcome::Processed,
            error: None,
            at: Timestamp::now(),
        };
        assert!(idle.store().settle(&[settlement]).await.unwrap().is_empty());
        wait_until(async || working.state("evt_2").await == EventState::Processed).await;
        working.stop().await;
    })
    .await;
}
