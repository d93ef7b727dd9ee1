//! A long history, delivered in any order and twice, by a Stripe that fails now and then, ends in exactly its state.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use djstripe_core::client::RateLimits;
use djstripe_core::models::descriptor;
use djstripe_core::store::{EventState, ObjectFilter, TableName};
use djstripe_core::testing::{DeliveryPlan, FakeStripe};
use djstripe_core::{Djstripe, http, receivers};
use djstripe_tests::TestDatabase;
use serde_json::{Value, json};
use tokio::sync::watch;

const EVENTS: usize = 10_000;
const ROUNDS: usize = 5;
const SEED: u64 = 20_261_124;

/// Types of object, and whether they can be deleted.
const TYPES: [(&str, bool); 7] = [
    ("customer", true),
    ("product", true),
    ("coupon", true),
    ("price", false),
    ("invoice", false),
    ("charge", false),
    ("tax_id", true),
];

/// Numbers that are the same at each run, and the ids that Stripe never gives again.
struct Chance(u64, HashSet<String>);

impl Chance {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % count
    }
}

/// One change at Stripe, and the event that tells of it. In a history of a third as many objects as events.
fn change(stripe: &FakeStripe, chance: &mut Chance, number: usize) -> Value {
    let (object, can_be_deleted) = TYPES[chance.below(TYPES.len())];
    let id = format!("{object}_{}", chance.below(EVENTS / (3 * TYPES.len())));
    if chance.1.contains(&id) {
        return change(stripe, chance, number);
    }
    let prefix = match object {
        "tax_id" => "customer.tax_id",
        other => other,
    };
    let current = stripe.get(object, &id);
    let verb = match (&current, object) {
        (None, "charge") => "succeeded",
        (None, _) => "created",
        (Some(_), _) if can_be_deleted && chance.below(6) == 0 => "deleted",
        (Some(_), _) => "updated",
    };
    if let (Some(current), "deleted") = (&current, verb) {
        stripe.remove(object, &id);
        if !["coupon", "product"].contains(&object) {
            chance.1.insert(id);
        }
        return stripe.emit(&format!("{prefix}.deleted"), current);
    }
    let mut fields = json!({ "id": id, "object": object, "version": number });
    let reference = |chance: &mut Chance, of: &str| json!(format!("{of}_{}", chance.below(EVENTS / (3 * TYPES.len()))));
    match object {
        "invoice" | "charge" => fields["customer"] = reference(chance, "customer"),
        "price" => fields["product"] = reference(chance, "product"),
        "tax_id" => fields["customer"] = Value::Null,
        _ => {}
    }
    let stored = match current {
        Some(_) => stripe.update(object, &id, fields).unwrap(),
        None => stripe.insert(fields),
    };
    stripe.emit(&format!("{prefix}.{verb}"), &stored)
}

async fn mirrored(app: &Djstripe, object: &str) -> BTreeMap<String, Value> {
    let table = TableName::new(descriptor(object).unwrap().table.unwrap());
    let filter = ObjectFilter { limit: Some(1_000_000), ..ObjectFilter::default() };
    let rows = app.store().objects(table, &filter).await.unwrap();
    let parse = |json: &str| serde_json::from_str::<Value>(json).unwrap();
    rows.into_iter().map(|row| (row.id.clone(), parse(&row.json)["stripe_data"].take())).collect()
}

async fn wait_until_processed(app: &Djstripe) {
    for _ in 0..2_400 {
        let counts = app.store().state_counts().await.unwrap();
        let left = [EventState::Pending, EventState::Processing, EventState::Retrying].map(|state| counts.get(state));
        if left.iter().sum::<i64>() == 0 {
            assert_eq!(counts.get(EventState::Dead), 0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("events are still waiting after 4 minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_events_in_any_order_end_in_stripes_state() {
    let database = TestDatabase::postgres().await;
    let stripe = FakeStripe::start().await.unwrap();
    stripe.fault_rate(0.05, SEED);
    let app = Djstripe::builder()
        .secret(stripe.webhook_secret())
        .secret_key(stripe.api_key())
        .api_base(stripe.base_url())
        .database_url(database.url())
        .receivers(receivers::built_in())
        .retry_schedule([Duration::from_millis(20); 20])
        .client_options(|options| {
            options.min_delay = Duration::from_millis(1);
            options.max_delay = Duration::from_millis(10);
            options.test = RateLimits { per_second: 1e6, per_resource: 1e6, in_flight: 64 };
        })
        .build()
        .await
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{}", listener.local_addr().unwrap(), http::WEBHOOK_PATH);
    let server = tokio::spawn(axum::serve(listener, http::router(app.clone())).into_future());
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn({
        let app = app.clone();
        async move { app.work(stopped).await }
    });

    let mut chance = Chance(SEED, HashSet::new());
    let mut deliveries = Vec::new();
    for round in 0..ROUNDS {
        // The next changes happen while the last ones are still being told of.
        let numbers = round * EVENTS / ROUNDS..(round + 1) * EVENTS / ROUNDS;
        let events: Vec<Value> = numbers.map(|number| change(&stripe, &mut chance, number)).collect();
        let (stripe, url) = (stripe.clone(), url.clone());
        deliveries.push(tokio::spawn(async move {
            let plan = DeliveryPlan {
                seed: SEED + round as u64,
                shuffle: true,
                duplicates: 0.2,
                concurrency: 16,
                ..DeliveryPlan::default()
            };
            stripe.deliver(&url, &events, &plan).await
        }));
    }
    for delivery in deliveries {
        let delivered = delivery.await.unwrap();
        assert_eq!(delivered.failed, 0, "{delivered:?}");
    }
    wait_until_processed(&app).await;
    stop.send_replace(true);
    worker.await.unwrap();
    server.abort();

    for (object, _) in TYPES {
        let at_stripe: BTreeMap<String, Value> =
            stripe.objects(object).into_iter().map(|value| (value["id"].as_str().unwrap().to_owned(), value)).collect();
        let mirrored = mirrored(&app, object).await;
        assert!(at_stripe.len() > 100, "{object}: {}", at_stripe.len());
        let (missing, extra): (Vec<_>, Vec<_>) = (
            at_stripe.keys().filter(|id| !mirrored.contains_key(*id)).collect(),
            mirrored.keys().filter(|id| !at_stripe.contains_key(*id)).collect(),
        );
        assert!(missing.is_empty() && extra.is_empty(), "{object}: missing {missing:?}, extra {extra:?}");
        for (id, value) in &at_stripe {
            assert_eq!(&mirrored[id], value, "{object} {id}");
        }
    }
}
