//! A key that may not read an object: the event's payload is mirrored, and the event succeeds.

use djstripe_core::testing::Fault;
use serde_json::json;

use super::*;

fn refusal() -> Fault {
    let message = "The provided key 'rk_test_*' does not have the required permissions for this \
                   endpoint on account 'acct_1'. Having the 'rak_charge_read' permission would allow \
                   this request to continue.";
    Fault::error(403, "", message, None)
}

/// How many charges have a row of this source.
async fn of_source(shop: &Shop, source: &str) -> usize {
    let query = format!("SELECT id FROM stripe_charge WHERE djstripe_source = '{source}'");
    let query = sql_query(query);
    let mut session = shop.app.store().session().await.unwrap();
    let mut db = session.db().unwrap();
    let rows = with_db!(db, connection => AsyncRunQueryDsl::load::<Id>(query, connection).await);
    rows.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_the_key_may_not_read_is_mirrored_from_its_event() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        shop.stripe
            .insert(json!({ "id": "cus_1", "object": "customer", "email": "a@b.c" }));
        let stored = json!({ "id": "ch_1", "object": "charge", "amount": 2, "customer": "cus_1" });
        let mut told = shop.stripe.insert(stored);
        told["amount"] = 1.into();

        shop.stripe.fail_next(refusal().on("/v1/charges"));
        assert_eq!(shop.tells("charge.updated", &told).await, PROCESSED);
        let row = &shop.rows("charge", false).await[0];
        assert_eq!(
            row["stripe_data"]["amount"], 1,
            "the payload, not Stripe's copy"
        );
        assert_eq!(of_source(&shop, "forbidden").await, 1);
        assert_eq!(
            shop.ids("customer").await,
            ["cus_1"],
            "references are fetched"
        );

        // With the permission, the next event brings Stripe's copy.
        assert_eq!(shop.tells("charge.updated", &told).await, PROCESSED);
        let row = &shop.rows("charge", false).await[0];
        assert_eq!(row["stripe_data"]["amount"], 2);
        assert_eq!(of_source(&shop, "forbidden").await, 0);

        // Whether a deleted coupon's id was used again can't be found out.
        let coupon = json!({ "id": "SPRING", "object": "coupon" });
        shop.stripe.fail_next(refusal().on("/v1/coupons"));
        assert_eq!(shop.tells("coupon.deleted", &coupon).await, PROCESSED);
        assert!(shop.ids("coupon").await.is_empty());
        assert_eq!(shop.rows("coupon", true).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_permission_for_an_expanded_field_the_object_comes_without_it() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let price = json!({ "id": "price_1", "object": "price", "currency": "eur" });
        shop.stripe.insert(price);
        shop.stripe.fail_next(refusal().on("/v1/prices"));
        let told = json!({ "id": "price_1", "object": "price" });
        assert_eq!(shop.tells("price.updated", &told).await, PROCESSED);

        let row = &shop.rows("price", false).await[0];
        assert_eq!(row["stripe_data"]["currency"], "eur");
        let queries = shop.stripe.requests();
        let queries: Vec<bool> = queries
            .iter()
            .map(|request| request.query.contains("expand"))
            .collect();
        assert_eq!(queries, [true, false]);
    })
    .await;
}
