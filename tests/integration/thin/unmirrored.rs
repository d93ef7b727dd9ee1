//! The objects of thin events that the mirror does not have and those that only it has, and dry runs.

use djstripe_core::mirror::MirrorSettings;
use djstripe_core::models::{Balance, Customer, descriptor};
use djstripe_core::store::{ObjectFilter, TableName};
use djstripe_core::testing::Fault;
use djstripe_core::{Db, DryOutcome, Event, Object, Previous, State, stripe_receiver};
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{Seen, Shop};

#[stripe_receiver("customer.updated", id = "thin::of_customer")]
fn of_customer(customer: Object<Customer>, seen: State<Seen>) {
    let deleted = if customer.is_deleted() {
        " deleted"
    } else {
        ""
    };
    seen.lock()
        .unwrap()
        .push(format!("{:?}{deleted}", customer.email));
}

#[stripe_receiver("balance.available", id = "thin::of_balance")]
fn of_balance(balance: Object<Balance>, seen: State<Seen>) {
    seen.lock().unwrap().push(format!("{:?}", balance.livemode));
}

#[stripe_receiver("customer.updated", id = "thin::dry")]
async fn dry(before: Previous<Customer>, now: Object<Customer>, db: Db<'_>) -> Result<(), String> {
    drop(db);
    match (before.email.as_deref(), now.email.as_deref()) {
        (Some("was@example.com"), Some("now@example.com")) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

impl Shop {
    /// An application whose mirror has no customers.
    async fn without_customers(database: &djstripe_tests::TestDatabase) -> Self {
        Self::open_with(database, &["thin::of_customer"], |builder, stripe| {
            builder
                .secret_key(stripe.api_key())
                .api_base(stripe.base_url().to_owned())
                .mirror(MirrorSettings::default().without("customer"))
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_without_a_row_is_fetched_by_its_url() {
    on_both_backends(async |database| {
        let shop = Shop::without_customers(&database).await;
        let thin = shop.stripe.thin(&shop.changed_customer());
        // While Stripe doesn't answer, the event waits, and no try of the receiver is used up.
        shop.stripe
            .fail_next(Fault::status(503).on("/v1/customers/cus_1"));
        shop.deliver(&thin).await;
        assert_eq!(shop.take_seen(), ["Some(\"now@example.com\")"]);
        assert_eq!(shop.requests("/v1/customers/cus_1"), 2);

        shop.stripe.remove("customer", "cus_1");
        let gone = shop.stripe.thin(&shop.stripe.emit(
            "customer.updated",
            &json!({ "object": "customer", "id": "cus_1" }),
        ));
        shop.deliver(&gone).await;
        assert_eq!(shop.take_seen(), ["None deleted"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_without_an_id_is_fetched_by_its_url() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::of_balance"]).await;
        let balance = shop
            .stripe
            .insert(json!({ "object": "balance", "livemode": false }));
        let event = shop.stripe.emit("balance.available", &balance);
        shop.deliver(&shop.stripe.thin(&event)).await;
        assert_eq!(shop.take_seen(), ["Some(false)"]);
        assert_eq!(shop.requests("/v1/balance"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_has_what_a_run_has_and_keeps_nothing() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::dry"]).await;
        let event = shop.changed_customer();
        shop.receive(&shop.stripe.thin(&event)).await;
        let id = event["id"].as_str().unwrap();

        let runs = shop.app.dry_run(id, Some("thin::dry")).await.unwrap();
        let outcomes: Vec<_> = runs.unwrap().into_iter().map(|run| run.outcome).collect();
        assert_eq!(outcomes, [DryOutcome::Succeeds]);
        assert_eq!(shop.requests("/v2/core/events"), 1);
        let (_, payload) = shop.app.store().event(id).await.unwrap().unwrap();
        let stored: Value = serde_json::from_str(&payload).unwrap();
        assert_eq!(stored.get("changes"), None);
    })
    .await;
}

#[stripe_receiver("*", id = "thin::every")]
fn every(event: &Event, seen: State<Seen>) {
    seen.lock().unwrap().push(event.name().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_the_catalogue_lacks_reaches_every_receiver_and_is_not_mirrored() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &["thin::every"]).await;
        let event = json!({
            "id": "evt_new", "object": "v2.core.event", "type": "v2.core.hovercraft.levitated",
            "created": "2026-11-01T12:00:00.250Z", "livemode": false,
            "related_object": { "id": "hov_1", "type": "v2.core.hovercraft", "url": "/v2/core/hovercrafts/hov_1" },
        });
        shop.deliver(&event).await;
        assert_eq!(shop.take_seen(), ["v2.core.hovercraft.levitated"]);
        let runs = shop.app.store().receiver_runs("evt_new").await.unwrap();
        let mirror = runs.iter().find(|run| run.receiver == "djstripe::mirror");
        let outcome = &mirror.unwrap().outcome;
        assert_eq!(outcome.as_str(), "not_mirrored");
        let error = outcome.error().unwrap();
        assert!(error.contains("v2.core.hovercraft"), "{error}");
        assert_eq!(shop.requests("/v2"), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_the_second_api_has_a_row() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database, &[]).await;
        let account = shop.stripe.insert(json!({
            "object": "v2.core.account", "id": "acct_7", "livemode": false,
            "created": "2026-11-01T12:00:00.250Z", "contact_email": "now@example.com",
        }));
        let created = shop
            .stripe
            .emit_thin("v2.core.account.created", &account, Value::Null);
        shop.deliver(&created).await;
        let filter = ObjectFilter::default();
        let table = descriptor("v2.core.account").unwrap().table.unwrap();
        let rows = shop.app.store().objects(TableName::new(table), &filter);
        let rows = rows.await.unwrap();
        let row: Value = serde_json::from_str(&rows[0].json).unwrap();
        assert_eq!(row["stripe_data"]["contact_email"], "now@example.com");
    })
    .await;
}
