//! `reconcile` finds events that Stripe has and the database lacks. On both backends, against the
//! fake Stripe.

mod accounts;
mod commands;
mod pages;

use std::time::Duration;

use djstripe_core::mirror::{MirrorSettings, RefetchPolicy};
use djstripe_core::reconcile::{ReconcileOptions, ReconcileReport};
use djstripe_core::store::{EventFilter, EventState, Gap, Timestamp};
use djstripe_core::testing::{DeliveryPlan, FakeStripe, Fault};
use djstripe_core::{Djstripe, receivers};
use djstripe_tests::client::unlimited;
use djstripe_tests::delivery::signed;
use djstripe_tests::{TestDatabase, on_both_backends};
use serde_json::{Value, json};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// An application and its fake Stripe.
struct Shop {
    stripe: FakeStripe,
    app: Djstripe,
}

impl Shop {
    async fn open(database: &TestDatabase) -> Self {
        let stripe = FakeStripe::start().await.unwrap();
        let app = Self::connect(&stripe, database).await;
        Self { stripe, app }
    }

    async fn connect(stripe: &FakeStripe, database: &TestDatabase) -> Djstripe {
        let builder = Djstripe::builder()
            .webhook_secret(stripe.webhook_secret())
            .secret_key(stripe.api_key())
            .api_base(stripe.base_url())
            .database_url(database.url())
            .receivers(receivers::built_in())
            .mirror(MirrorSettings::default().refetch(RefetchPolicy::Never))
            .client_options(|options| {
                options.retries = 0;
                options.test = unlimited(64);
            });
        builder.build().await.unwrap()
    }

    async fn deliver(&self, event: &Value) {
        let delivery = signed(event.to_string(), &self.stripe.webhook_secret());
        self.app.receive(delivery).await.unwrap();
    }

    /// Reconciles and processes. Returns the number of missing events.
    async fn reconcile(&self) -> u64 {
        let reconciled = self.reconcile_with(&ReconcileOptions::default()).await;
        assert!(reconciled.is_complete(), "{reconciled:?}");
        reconciled.missing()
    }

    async fn reconcile_with(&self, options: &ReconcileOptions) -> ReconcileReport {
        let reconciled = self.app.reconcile(options).await.unwrap();
        self.app.work_until_idle().await.unwrap();
        reconciled
    }

    /// Ids of all stored events in alphabetical order. All of them must be processed.
    async fn processed(&self) -> Vec<String> {
        let filter = EventFilter {
            limit: Some(100_000),
            ..EventFilter::default()
        };
        let events = self.app.store().events(&filter).await.unwrap();

        let open: Vec<_> = events
            .iter()
            .filter(|event| event.state != EventState::Processed)
            .collect();
        assert!(open.is_empty(), "{open:?}");

        let mut ids: Vec<String> = events.into_iter().map(|event| event.id).collect();
        ids.sort();
        ids
    }

    async fn gaps(&self) -> Vec<Gap> {
        let mut gaps = self.app.store().gaps(None, 100).await.unwrap();
        gaps.sort_by(|left, right| left.event_id.cmp(&right.event_id));
        gaps
    }

    /// Queries of the requests for events since the last call. The second list has those for events
    /// whose deliveries failed.
    fn queries(&self) -> (Vec<String>, Vec<String>) {
        let requests = self
            .stripe
            .requests()
            .into_iter()
            .filter(|request| request.path == "/v1/events");
        let queries = requests
            .map(|request| request.query)
            .partition(|query| !query.contains("delivery_success=false"));
        self.stripe.clear_requests();

        queries
    }
}

/// Inserts an event that happened `ago` seconds before now.
fn happened(stripe: &FakeStripe, id: &str, ago: i64) -> Value {
    stripe.insert(event(id, "coupon.updated", stripe.now() - ago))
}

fn event(id: &str, name: &str, created: i64) -> Value {
    let (object, _) = name.rsplit_once('.').unwrap();
    json!({
        "id": id, "object": "event", "type": name, "created": created, "api_version": djstripe_core::API_VERSION,
        "data": { "object": { "id": format!("of_{id}"), "object": object } },
    })
}

fn since(stripe: &FakeStripe, ago: i64) -> Option<Timestamp> {
    Some(Timestamp::from_seconds(stripe.now() - ago))
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_events_are_stored_processed_and_recorded_once() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let first = happened(&shop.stripe, "evt_1", 3 * HOUR);
        shop.deliver(&first).await;
        let lost = happened(&shop.stripe, "evt_2", 2 * HOUR);
        happened(&shop.stripe, "evt_3", 10 * MINUTE);

        assert_eq!(shop.reconcile().await, 2);
        assert_eq!(shop.processed().await, ["evt_1", "evt_2", "evt_3"]);
        assert_eq!(shop.reconcile().await, 0, "nothing is stored twice");

        let gaps = shop.gaps().await;

        let found: Vec<_> = gaps
            .iter()
            .map(|gap| (&*gap.event_id, &*gap.name, gap.delivered_at))
            .collect();
        assert_eq!(
            found,
            [
                ("evt_2", "coupon.updated", None),
                ("evt_3", "coupon.updated", None)
            ]
        );
        assert_eq!(gaps[0].created, lost["created"].as_i64().unwrap());

        shop.deliver(&lost).await;
        assert!(
            shop.gaps().await[0].delivered_at.is_some(),
            "the late delivery is recorded"
        );

        let runs = shop.app.store().receiver_runs("evt_2").await.unwrap();
        assert_eq!(runs.iter().map(|run| run.attempts).collect::<Vec<_>>(), [1]);

        let (_, stored) = shop.app.store().event("evt_3").await.unwrap().unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&stored).unwrap(),
            shop.stripe.get("event", "evt_3").unwrap()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_may_show_up_late() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        shop.deliver(&happened(&shop.stripe, "evt_1", 5 * HOUR))
            .await;
        for (id, ago) in [("evt_2", 3 * HOUR), ("evt_3", 2 * MINUTE)] {
            happened(&shop.stripe, id, ago);
        }

        assert_eq!(shop.reconcile().await, 2);

        happened(&shop.stripe, "evt_late", 50 * MINUTE);
        assert_eq!(shop.reconcile().await, 1, "the event is within the overlap");

        // Beyond the overlap, events that Stripe could not deliver are still found.
        let delivered = happened(&shop.stripe, "evt_delivered", 4 * HOUR);
        happened(&shop.stripe, "evt_later", 4 * HOUR);
        let acknowledging = axum::Router::new().fallback(async || "fine");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, acknowledging).await });

        assert_eq!(
            shop.stripe
                .deliver(&url, &[delivered], DeliveryPlan::default())
                .await
                .acknowledged,
            1
        );

        shop.queries();
        assert_eq!(shop.reconcile().await, 1);
        assert_eq!(shop.queries().1.len(), 1);
        assert_eq!(
            shop.processed().await,
            ["evt_1", "evt_2", "evt_3", "evt_late", "evt_later"]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn young_events_are_left_to_their_deliveries() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        happened(&shop.stripe, "evt_old", 2 * MINUTE);
        happened(&shop.stripe, "evt_young", 5);
        let options = ReconcileOptions {
            overlap: Duration::ZERO,
            ..ReconcileOptions::default()
        };

        let reconciled = shop.reconcile_with(&options).await;
        assert_eq!((reconciled.missing(), reconciled.scopes[0].young), (1, 1));

        let options = ReconcileOptions {
            min_age: Duration::ZERO,
            ..options
        };
        assert_eq!(
            shop.reconcile_with(&options).await.missing(),
            1,
            "the young event is found later"
        );
        assert_eq!(shop.processed().await, ["evt_old", "evt_young"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_events_that_receivers_listen_to_are_missed() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let ago = shop.stripe.now() - HOUR;
        for name in ["coupon.updated", "balance.available"] {
            shop.stripe.insert(event(&format!("evt_{name}"), name, ago));
        }

        assert_eq!(shop.reconcile().await, 1);

        let all = ReconcileOptions {
            all_events: true,
            since: since(&shop.stripe, DAY),
            ..ReconcileOptions::default()
        };

        assert_eq!(shop.reconcile_with(&all).await.missing(), 1);
        assert_eq!(
            shop.processed().await,
            ["evt_balance.available", "evt_coupon.updated"]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stripe_does_not_keep_is_told_to_be_lost() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let first = happened(&shop.stripe, "evt_1", 40 * DAY);
        shop.deliver(&first).await;
        shop.stripe.purge("event", "evt_1");
        happened(&shop.stripe, "evt_2", 29 * DAY);

        let reconciled = shop.reconcile_with(&ReconcileOptions::default()).await;
        assert_eq!((reconciled.missing(), reconciled.is_complete()), (1, false));

        let (from, until) = reconciled.scopes[0].lost.unwrap();
        assert_eq!(
            from,
            Timestamp::from_seconds(first["created"].as_i64().unwrap())
        );

        let days = (Timestamp::now().micros() - until.micros()) / 1_000_000 / DAY;
        assert_eq!(days, 30);
        assert_eq!(
            shop.app.store().reconciliations().await.unwrap()[0].lost,
            Some((from, until))
        );
        assert_eq!(shop.reconcile().await, 0, "the loss is reported once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_store_each_event_once() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let other = Shop::connect(&shop.stripe, &database).await;
        for number in 0..450 {
            happened(&shop.stripe, &format!("evt_{number:03}"), 2 * DAY - number);
        }
        shop.stripe
            .fail_next(Fault::slow(Duration::from_millis(5)).times(1_000));
        let options = ReconcileOptions::default();
        let (left, right) = tokio::join!(shop.app.reconcile(&options), other.reconcile(&options));

        let (left, right) = (left.unwrap(), right.unwrap());
        assert!(
            left.is_complete() && right.is_complete(),
            "{left:?} {right:?}"
        );
        assert_eq!(left.missing() + right.missing(), 450);

        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.processed().await.len(), 450);
        assert_eq!(shop.reconcile().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_in_the_middle_goes_on_there() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        shop.deliver(&happened(&shop.stripe, "evt_0", 3 * DAY))
            .await;
        for number in 1..=500 {
            happened(&shop.stripe, &format!("evt_{number:03}"), 2 * DAY - number);
        }
        let (app, stripe) = (shop.app.clone(), shop.stripe.clone());
        stripe.fail_next(Fault::slow(Duration::from_millis(50)).times(1_000));
        let running =
            tokio::spawn(async move { app.reconcile(&ReconcileOptions::default()).await.unwrap() });

        while shop
            .app
            .store()
            .state_counts()
            .await
            .unwrap()
            .get(EventState::Pending)
            < 200
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stripe.limit_rate(0);
        let broken = running.await.unwrap();
        stripe.limit_rate(1_000_000);

        assert!(!broken.is_complete());

        let stored = broken.missing();
        assert!((100..500).contains(&stored), "{stored}");

        shop.queries();
        assert_eq!(shop.reconcile().await, 500 - stored);

        let pages = (500 - stored).div_ceil(100) as usize;
        assert_eq!(shop.queries().0.len(), pages, "no page is fetched twice");
        assert_eq!(shop.processed().await.len(), 501);
    })
    .await;
}

#[tokio::test]
async fn without_a_key_nothing_can_be_asked() {
    let database = TestDatabase::sqlite();
    let app = Djstripe::builder()
        .webhook_secret("whsec_1")
        .database_url(database.url())
        .receivers([])
        .build()
        .await
        .unwrap();

    let error = app
        .reconcile(&ReconcileOptions::default())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("STRIPE_SECRET_KEY"), "{error}");
}
