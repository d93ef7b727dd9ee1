//! `reconcile` finds the thin events that receivers need and no snapshot event replaces.

use std::time::Duration;

use djstripe_core::models::{Subscription, V1InvoiceUpcomingData};
use djstripe_core::reconcile::{ReconcileError, ReconcileOptions, ReconcileReport};
use djstripe_core::store::{EventFilter, ObjectFilter, TableName, Timestamp};
use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_core::{
    Account, AccountScope, Event, EventData, EventName, Object, State, stripe_receiver,
};
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{Seen, Shop};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;
const PAST_DUE: &str = "v1.customer.subscription.past_due";

#[stripe_receiver("v1.customer.subscription.*", id = "thin::follow")]
fn follow(subscription: Object<Subscription>, account: Account, seen: State<Seen>) {
    let account = account.0.as_deref().unwrap_or("own");
    let id = subscription.id.as_deref().unwrap_or("nothing");
    seen.lock().unwrap().push(format!("{id} of {account}"));
}

#[stripe_receiver(
    "v1.billing.meter.error_report_triggered",
    "v1.customer.subscription.*",
    "v1.invoice.*",
    "v1.price.*",
    "v1.product.*",
    "v2.core.account.*",
    "v2.money_management.*",
    id = "thin::many"
)]
fn many(event: &Event, seen: State<Seen>) {
    seen.lock().unwrap().push(event.id().to_owned());
}

#[stripe_receiver("v1.billing.meter.error_report_triggered", id = "thin::no_fetch")]
fn no_fetch(event: &Event, seen: State<Seen>) {
    let told = format!("{} {:?}", event.name(), event.thin_data_json());
    seen.lock().unwrap().push(told);
}

#[stripe_receiver("v1.invoice.upcoming", id = "thin::upcoming", only = thin)]
fn upcoming(data: EventData<V1InvoiceUpcomingData>, seen: State<Seen>) {
    seen.lock()
        .unwrap()
        .push(format!("thin {:?}", data.customer));
}

#[stripe_receiver("invoice.upcoming", id = "thin::upcoming_snapshot", only = snapshot)]
fn upcoming_snapshot(seen: State<Seen>) {
    seen.lock().unwrap().push("snapshot".to_owned());
}

#[stripe_receiver("*", id = "thin::all_names")]
fn all_names(event: &Event, name: EventName, seen: State<Seen>) {
    seen.lock().unwrap().push(format!("{} {name}", event.id()));
}

fn options() -> ReconcileOptions {
    ReconcileOptions {
        min_age: Duration::ZERO,
        ..ReconcileOptions::default()
    }
}

impl Shop {
    /// Reconciles and processes.
    async fn reconcile_with(&self, options: &ReconcileOptions) -> ReconcileReport {
        let report = self.app.reconcile(options).await.unwrap();
        self.app.work_until_idle().await.unwrap();
        report
    }

    /// Reconciles and processes; returns the number of missing events.
    async fn reconcile(&self) -> u64 {
        let report = self.reconcile_with(&options()).await;
        assert!(report.is_complete(), "{report:?}");
        report.missing()
    }

    /// Ids of all stored events in alphabetical order.
    async fn stored(&self) -> Vec<String> {
        let filter = EventFilter {
            limit: Some(100_000),
            ..EventFilter::default()
        };
        let events = self.app.store().events(&filter).await.unwrap();
        let mut ids: Vec<String> = events.into_iter().map(|event| event.id).collect();
        ids.sort();
        ids
    }

    /// Queries of the requests for thin events since the last call.
    fn thin_queries(&self) -> Vec<String> {
        let requests = self.stripe.requests().into_iter();
        let lists = requests.filter(|request| request.path == "/v2/core/events");
        let queries = lists.map(|request| request.query).collect();
        self.stripe.clear_requests();
        queries
    }
}

/// A subscription that became past due `ago` seconds before now; its event.
fn past_due(stripe: &FakeStripe, number: usize, ago: i64) -> Value {
    let id = format!("sub_{number:03}");
    let subscription = stripe.insert(json!({ "object": "subscription", "id": id }));
    stripe.insert(json!({
        "id": format!("evt_{number:03}"), "object": "event", "type": PAST_DUE,
        "created": stripe.now() - ago, "livemode": false, "data": { "object": subscription },
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_thin_event_is_stored_processed_and_recorded_once() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::follow"]).await;
        let event = past_due(&shop.stripe, 1, 2 * HOUR);
        assert_eq!(shop.reconcile().await, 1);
        assert_eq!(shop.reconcile().await, 0, "nothing is stored twice");
        assert_eq!(shop.stored().await, ["evt_thin_001"]);

        let gaps = shop.app.store().gaps(None, 10).await.unwrap();
        let [gap] = &gaps[..] else { panic!("{gaps:?}") };
        let recorded = (&*gap.event_id, &*gap.name, gap.delivered_at);
        assert_eq!(recorded, ("evt_thin_001", PAST_DUE, None));

        shop.deliver(&shop.stripe.thin(&event)).await;
        let gaps = shop.app.store().gaps(None, 10).await.unwrap();
        assert!(
            gaps[0].delivered_at.is_some(),
            "the late delivery is recorded"
        );
        assert_eq!(shop.take_seen(), ["sub_001 of own"]);
        assert_eq!(shop.requests("/v1/subscriptions"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_list_has_of_an_event_is_not_requested_again() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::no_fetch"]).await;
        let meter = shop.stripe.fixture("billing.meter", json!({}));
        let name = "v1.billing.meter.error_report_triggered";
        let data = json!({ "errors": 1 });
        shop.stripe.emit_thin(name, &meter, data);
        assert_eq!(shop.reconcile().await, 1);
        let told = format!("{name} {:?}", Some(r#"{"errors":1}"#));
        assert_eq!(shop.take_seen(), [told]);
        assert_eq!(shop.requests("/v2/core/events/"), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thin_events_are_listed_only_where_a_receiver_needs_one() {
    // The receivers, and whether the list is requested.
    let cases: [(&[&str], bool); 5] = [
        (&[], false),
        (&["thin::object"], false),
        (&["thin::only_snapshot"], false),
        (&["thin::only_thin"], true),
        (&["thin::past_due"], true),
    ];
    on_both_backends(async |database| {
        for (receivers, expected) in cases {
            let shop = Shop::open(&database, receivers).await;
            shop.reconcile().await;
            assert_eq!(!shop.thin_queries().is_empty(), expected, "{receivers:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mirror_needs_thin_events_once_it_has_objects_of_api_v2() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &[]).await;
        let mut account =
            json!({ "object": "v2.core.account", "id": "acct_7", "display_name": "old" });
        shop.stripe.insert(account.clone());
        let created = "v2.core.account.created";
        shop.deliver(&shop.stripe.emit_thin(created, &account, Value::Null))
            .await;
        account["display_name"] = "new".into();
        let account = shop.stripe.insert(account);
        shop.stripe
            .emit_thin("v2.core.account.updated", &account, Value::Null);

        assert_eq!(shop.reconcile().await, 1);
        let table = TableName::new("stripe_v2_core_account");
        let rows = shop
            .app
            .store()
            .objects(table, &ObjectFilter::default())
            .await
            .unwrap();
        let row: Value = serde_json::from_str(&rows[0].json).unwrap();
        assert_eq!(row["stripe_data"]["display_name"], "new");
        let queries = shop.thin_queries();
        assert!(
            queries.iter().all(|query| !query.contains("v1.")),
            "{queries:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_twin_that_a_receiver_takes_alone_joins_its_happening() {
    on_both_backends(async |database| {
        // Which of the two events were delivered.
        for (snapshot, thin) in [(true, false), (false, true), (false, false), (true, true)] {
            let wanted = ["thin::upcoming", "thin::upcoming_snapshot"];
            let shop = Shop::open(&database, &wanted).await;
            let invoice = shop.stripe.fixture("invoice", json!({}));
            let event = shop.stripe.emit("invoice.upcoming", &invoice);
            let event = shop
                .stripe
                .with_thin_data(&event, json!({ "customer": "cus_7" }));
            if snapshot {
                shop.deliver(&event).await;
            }
            if thin {
                shop.deliver(&shop.stripe.thin(&event)).await;
            }

            let missing = u64::from(!snapshot) + u64::from(!thin);
            assert_eq!(shop.reconcile().await, missing, "{snapshot} {thin}");
            assert_eq!(shop.reconcile().await, 0, "{snapshot} {thin}");
            let mut seen = shop.take_seen();
            seen.sort();
            let expected = ["snapshot", "thin Some(\"cus_7\")"];
            assert_eq!(seen, expected, "{snapshot} {thin}");
            let id = event["id"].as_str().unwrap().to_owned();
            assert!(shop.stored().await.contains(&id));
            let thin_id = id.replace("evt_", "evt_thin_");
            assert!(!shop.stored().await.contains(&thin_id));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_of_everything_gets_each_happening_once() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::all_names"]).await;
        let customer = shop.stripe.fixture("customer", json!({}));
        let twin = shop.stripe.emit("customer.updated", &customer);
        past_due(&shop.stripe, 1, 0);
        assert_eq!(shop.reconcile().await, 2);

        let mut seen = shop.take_seen();
        seen.sort();
        let twin = format!("{} customer.updated", twin["id"].as_str().unwrap());
        let mut expected = [twin, format!("evt_thin_001 {PAST_DUE}")];
        expected.sort();
        assert_eq!(seen, expected);
        let queries = shop.thin_queries();
        assert!(
            queries.iter().all(|query| !query.contains("types")),
            "{queries:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_list_is_the_error_of_its_scope_and_loses_nothing() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::follow"]).await;
        for ago in [5, 4, 3] {
            shop.stripe.insert(json!({
                "id": format!("evt_{ago}"), "object": "event", "type": "coupon.updated",
                "created": shop.stripe.now() - ago * HOUR,
                "data": { "object": { "id": "co_1", "object": "coupon" } },
            }));
        }
        past_due(&shop.stripe, 1, 4 * HOUR);

        for (round, status) in [403, 404, 403].into_iter().enumerate() {
            let refused = Fault::status(status).on("/v2/core/events");
            shop.stripe.fail_next(refused);
            let report = shop.reconcile_with(&options()).await;
            let error = report.scopes[0].error.as_ref().unwrap();
            assert!(
                matches!(error, ReconcileError::ThinEvents { .. }),
                "{error}"
            );
            assert_eq!(error.to_string().contains("allow the key"), status == 403);
            // Snapshot events are stored all the same, and are not listed again.
            assert_eq!(report.missing(), if round == 0 { 3 } else { 0 });
            assert_eq!(report.scopes[0].listed, if round == 0 { 3 } else { 0 });
        }
        let store = shop.app.store();
        let scope = store.reconciliations().await.unwrap().remove(0);
        assert_eq!(
            (scope.finished_at, scope.complete_until),
            (None, scope.began)
        );
        assert_eq!(scope.after.as_deref(), Some("evt_3"));

        assert_eq!(shop.reconcile().await, 1);
        assert_eq!(shop.take_seen(), ["sub_001 of own"]);
        let scope = store.reconciliations().await.unwrap().remove(0);
        assert!(scope.complete_until > Timestamp::from_seconds(shop.stripe.now() - 2 * HOUR));
        shop.thin_queries();
        assert_eq!(shop.reconcile().await, 0);
        assert_eq!(shop.thin_queries().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_few_events_and_every_page_of_it_is_read() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::many"]).await;
        for number in 0..250 {
            past_due(&shop.stripe, number, HOUR + number as i64);
        }
        assert_eq!(shop.reconcile().await, 250);
        let queries = shop.thin_queries();
        let first_pages = queries.iter().filter(|query| !query.contains("page="));
        assert!(first_pages.count() > 3, "{queries:?}");
        for query in &queries {
            assert!(query.matches("types").count() <= 20, "{query}");
            assert!(query.contains("limit=100"), "{query}");
        }
        assert!(queries.iter().any(|query| query.contains("page=200")));
        assert_eq!(shop.take_seen().len(), 250);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_at_any_request_it_finds_the_rest_the_next_time() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::many"]).await;
        let three_days = ReconcileOptions {
            since: Some(Timestamp::from_seconds(shop.stripe.now() - 3 * DAY)),
            ..options()
        };
        for number in 0..150 {
            past_due(&shop.stripe, number, 2 * DAY - number as i64);
        }
        let mut found = Vec::new();
        for answered in 0.. {
            let answer = Fault::slow(Duration::ZERO).on("/v2/core/events");
            if answered > 0 {
                shop.stripe.fail_next(answer.times(answered));
            }
            shop.stripe
                .fail_next(Fault::status(403).on("/v2/core/events"));
            let report = shop.reconcile_with(&three_days).await;
            shop.stripe.clear_faults();
            found.push(report.missing());
            if report.is_complete() {
                break;
            }
        }
        assert!(found.len() > 10, "{found:?}");
        assert_eq!(found.iter().sum::<u64>(), 150, "{found:?}");
        let mut seen = shop.take_seen();
        seen.dedup();
        assert_eq!(seen.len(), 150);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thin_events_of_connected_accounts_stay_theirs() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::follow"]).await;
        for (number, account) in [(1, "acct_1"), (2, "acct_2")] {
            shop.stripe
                .insert(json!({ "object": "account", "id": account }));
            past_due(&shop.stripe.on(account), number, HOUR);
        }
        past_due(&shop.stripe, 3, HOUR);

        let all = ReconcileOptions {
            accounts: AccountScope::All,
            ..options()
        };
        assert_eq!(shop.reconcile_with(&all).await.missing(), 3);
        let mut seen = shop.take_seen();
        seen.sort();
        let expected = ["sub_001 of acct_1", "sub_002 of acct_2", "sub_003 of own"];
        assert_eq!(seen, expected);
    })
    .await;
}
