//! What the receivers of a thin event get, and what is requested for it.

use djstripe_core::models::{Customer, Subscription, V1InvoiceUpcomingData};
use djstripe_core::store::EventState;
use djstripe_core::testing::Fault;
use djstripe_core::{
    Account, Event, EventData, Object, Previous, Snapshot, State, stripe_receiver,
};
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{Seen, Shop};

#[stripe_receiver("customer.updated", "customer.deleted", id = "thin::object")]
fn object(customer: Object<Customer>, event: &Event, seen: State<Seen>) {
    let deleted = if customer.is_deleted() {
        ", deleted"
    } else {
        ""
    };
    let thin = if event.is_thin() { ", thin" } else { "" };
    let told = format!(
        "{}{deleted}{thin}",
        customer.email.as_deref().unwrap_or("nobody")
    );
    seen.lock().unwrap().push(told);
}

#[stripe_receiver("customer.updated", id = "thin::previous")]
fn previous(before: Previous<Customer>, seen: State<Seen>) {
    seen.lock()
        .unwrap()
        .push(format!("before {:?}", before.email));
}

#[stripe_receiver("v1.customer.updated", id = "thin::changed", when(changed("email")))]
fn changed(seen: State<Seen>) {
    seen.lock().unwrap().push("changed".to_owned());
}

#[stripe_receiver("customer.updated", id = "thin::snapshot")]
fn snapshot(sent: Snapshot<Customer>, seen: State<Seen>) {
    seen.lock().unwrap().push(format!("sent {:?}", sent.email));
}

#[stripe_receiver("customer.updated", id = "thin::only_thin", only = thin)]
fn only_thin(seen: State<Seen>) {
    seen.lock().unwrap().push("thin".to_owned());
}

#[stripe_receiver("customer.updated", id = "thin::only_snapshot", only = snapshot)]
fn only_snapshot(seen: State<Seen>) {
    seen.lock().unwrap().push("snapshot".to_owned());
}

#[stripe_receiver("customer.updated", id = "thin::idle")]
fn idle(account: Account, seen: State<Seen>) {
    seen.lock()
        .unwrap()
        .push(format!("account {:?}", account.0));
}

#[stripe_receiver("v1.customer.subscription.past_due", id = "thin::past_due")]
fn past_due(subscription: Object<Subscription>, event: &Event, seen: State<Seen>) {
    let told = format!("{:?} {}", subscription.status, event.name());
    seen.lock().unwrap().push(told);
}

impl Shop {
    /// A customer whose email changed to `now@example.com`, and the event that says so.
    pub(super) fn changed_customer(&self) -> Value {
        let customer = self.stripe.insert(json!({
            "object": "customer", "id": "cus_1", "email": "now@example.com",
        }));
        self.stripe.emit_with(
            "customer.updated",
            &customer,
            json!({ "email": "was@example.com" }),
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_gets_what_it_takes_and_nothing_else_is_requested() {
    // The receiver, what it sees, and the requests: of the object, of the whole event, of the
    // snapshot event.
    let cases: [(&str, &str, [usize; 3]); 5] = [
        ("thin::object", "now@example.com, thin", [1, 0, 0]),
        (
            "thin::previous",
            "before Some(\"was@example.com\")",
            [1, 1, 0],
        ),
        ("thin::changed", "changed", [1, 1, 0]),
        (
            "thin::snapshot",
            "sent Some(\"now@example.com\")",
            [1, 0, 1],
        ),
        ("thin::idle", "account None", [1, 0, 0]),
    ];
    on_both_backends(async |database| {
        for (number, (receiver, expected, requests)) in cases.into_iter().enumerate() {
            let shop = Shop::open(&database, &[receiver]).await;
            let event = shop.changed_customer();
            shop.deliver(&shop.stripe.thin(&event)).await;
            assert_eq!(shop.take_seen(), [expected], "{number}");
            let paths = ["/v1/customers", "/v2/core/events", "/v1/events"];
            assert_eq!(
                paths.map(|path| shop.requests(path)),
                requests,
                "{receiver}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_fetched_once_is_kept() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::previous", "thin::snapshot"]).await;
        let event = shop.changed_customer();
        let thin = shop.stripe.thin_without_snapshot_id(&event);
        shop.deliver(&thin).await;
        shop.deliver(&thin).await;
        let id = event["id"].as_str().unwrap();
        let store = shop.app.store();
        let now = djstripe_core::Timestamp::now();
        store
            .rerun(&[id], djstripe_core::store::Rerun::All, now)
            .await
            .unwrap();
        shop.app.work_until_idle().await.unwrap();

        let mut seen = shop.take_seen();
        seen.sort_unstable();
        assert_eq!(seen.len(), 4, "{seen:?}");
        // The second delivery without the id has to be identified, too.
        assert_eq!(shop.requests("/v2/core/events"), 2);
        assert_eq!(shop.requests("/v1/events"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_thin_events_of_one_object_need_one_request() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::idle"]).await;
        for _ in 0..10 {
            let event = shop.changed_customer();
            shop.receive(&shop.stripe.thin(&event)).await;
        }
        shop.app.work_until_idle().await.unwrap();
        assert_eq!(shop.take_seen().len(), 10);
        assert_eq!(shop.requests("/v1/customers/cus_1"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_object_is_its_last_known_content() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::object"]).await;
        let event = shop.changed_customer();
        shop.deliver(&shop.stripe.thin(&event)).await;
        shop.stripe.remove("customer", "cus_1");
        let deleted = shop
            .stripe
            .emit("customer.deleted", &event["data"]["object"]);
        shop.deliver(&shop.stripe.thin(&deleted)).await;
        let seen = ["now@example.com, thin", "now@example.com, deleted, thin"];
        assert_eq!(shop.take_seen(), seen);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thin_event_of_its_own_has_its_object() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::past_due"]).await;
        let fields = json!({ "status": "past_due" });
        let subscription = shop.stripe.fixture("subscription", fields);
        let name = "v1.customer.subscription.past_due";
        shop.deliver(&shop.stripe.emit_thin(name, &subscription, Value::Null))
            .await;
        assert_eq!(shop.take_seen(), [format!("Some(\"past_due\") {name}")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_of_one_kind_runs_once_that_kind_arrives() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::only_thin", "thin::only_snapshot"]).await;
        let event = shop.changed_customer();
        let thin = shop.stripe.thin(&event);
        shop.deliver(&event).await;
        assert_eq!(shop.take_seen(), ["snapshot"]);
        shop.deliver(&thin).await;
        assert_eq!(shop.take_seen(), ["thin"]);
        shop.deliver(&thin).await;
        shop.deliver(&event).await;
        assert_eq!(shop.take_seen(), [""; 0]);

        let event = shop.changed_customer();
        shop.deliver(&shop.stripe.thin(&event)).await;
        assert_eq!(shop.take_seen(), ["thin"]);
        shop.deliver(&event).await;
        assert_eq!(shop.take_seen(), ["snapshot"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_stripe_does_not_answer_a_thin_event_waits() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::previous"]).await;
        let event = shop.changed_customer();
        shop.stripe
            .fail_next(Fault::status(503).on("/v2/core/events"));
        shop.deliver(&shop.stripe.thin_without_snapshot_id(&event))
            .await;
        assert_eq!(shop.take_seen(), ["before Some(\"was@example.com\")"]);
        assert_eq!(shop.requests("/v2/core/events"), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_what_needs_none_runs_and_the_rest_says_which_line_to_set() {
    on_both_backends(async |database| {
        let wanted = ["thin::idle", "thin::object"];
        let shop = Shop::open_with(&database, &wanted, |builder, _| builder).await;
        let event = shop.changed_customer();
        shop.deliver(&shop.stripe.thin(&event)).await;
        assert_eq!(shop.take_seen(), ["account None"]);

        let id = event["id"].as_str().unwrap();
        let runs = shop.app.store().receiver_runs(id).await.unwrap();
        let failed = |receiver: &str| {
            let run = runs.iter().find(|run| run.receiver == receiver).unwrap();
            run.outcome.error().unwrap().to_owned()
        };
        for receiver in ["djstripe::handle_customer_event", "thin::object"] {
            let error = failed(receiver);
            assert!(error.contains("set STRIPE_SECRET_KEY"), "{error}");
        }
        let (stored, _) = shop.app.store().event(id).await.unwrap().unwrap();
        assert_eq!(stored.state, EventState::Dead);

        // The snapshot event has what was missing.
        shop.deliver(&event).await;
        assert_eq!(shop.take_seen(), ["now@example.com"]);
        let (stored, _) = shop.app.store().event(id).await.unwrap().unwrap();
        assert_eq!(stored.state, EventState::Processed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_a_thin_event_whose_snapshot_event_is_unknown_waits() {
    on_both_backends(async |database| {
        let shop = Shop::open_with(&database, &["thin::idle"], |builder, _| {
            builder.retry_schedule([std::time::Duration::from_secs(3600)])
        })
        .await;
        let event = shop.changed_customer();
        let thin = shop.stripe.thin_without_snapshot_id(&event);
        shop.deliver(&thin).await;
        assert_eq!(shop.take_seen(), [""; 0]);
        let id = thin["id"].as_str().unwrap();
        let (stored, _) = shop.app.store().event(id).await.unwrap().unwrap();
        assert_eq!(stored.state, EventState::Retrying);
        let error = stored.last_error.unwrap();
        assert!(error.contains("set STRIPE_SECRET_KEY"), "{error}");
    })
    .await;
}

#[stripe_receiver("v1.invoice.upcoming", id = "thin::data", only = thin)]
fn data(data: EventData<V1InvoiceUpcomingData>, seen: State<Seen>) {
    seen.lock().unwrap().push(format!("of {:?}", data.customer));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_of_a_thin_event_is_there_whichever_event_comes_first() {
    on_both_backends(async |database| {
        for snapshot_first in [false, true] {
            let shop = Shop::open(&database, &["thin::data"]).await;
            let invoice = shop.stripe.fixture("invoice", json!({}));
            let event = shop.stripe.emit("invoice.upcoming", &invoice);
            let event = shop
                .stripe
                .with_thin_data(&event, json!({ "customer": "cus_7" }));
            let thin = shop.stripe.thin(&event);
            let order = match snapshot_first {
                true => [&event, &thin],
                false => [&thin, &event],
            };
            for event in order {
                shop.receive(event).await;
            }
            shop.app.work_until_idle().await.unwrap();
            assert_eq!(shop.take_seen(), ["of Some(\"cus_7\")"], "{snapshot_first}");
        }
    })
    .await;
}
