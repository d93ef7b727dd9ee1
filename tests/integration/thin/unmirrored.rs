//! The objects of thin events that the mirror does not have, and dry runs of thin events.

use djstripe_core::mirror::MirrorSettings;
use djstripe_core::models::{Balance, Customer};
use djstripe_core::testing::Fault;
use djstripe_core::{Db, DryOutcome, Object, Previous, State, stripe_receiver};
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
