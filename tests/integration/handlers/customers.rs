//! Customers, subscriptions, tax ids, entitlements.

use djstripe_core::mirror::MirrorSettings;
use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn handle_customer_event_purges_a_deleted_customer() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let customer = json!({
            "id": "cus_1",
            "object": "customer",
            "default_source": "card_1",
            "email": "a@b.c",
        });
        shop.happens("customer.created", customer.clone()).await;
        let late = shop.stripe.emit("customer.updated", &customer);
        shop.stripe.remove("customer", "cus_1");

        assert_eq!(shop.tells("customer.deleted", &customer).await, PROCESSED);
        assert_eq!(shop.delivers(&late).await, PROCESSED);

        let row = &shop.rows("customer", true).await[0];
        assert!(
            row["date_purged"].is_number() && row["deleted_at"].is_number(),
            "{row}"
        );
        assert_eq!(row["subscriber"], json!(null));
        assert_eq!(row["stripe_data"]["default_source"], json!(null));
        assert_eq!(row["stripe_data"]["email"], "a@b.c");
        let requests = shop.stripe.requests();
        assert!(
            requests.iter().all(|request| request.method == "GET"),
            "nothing is deleted at Stripe"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handle_customer_event_creates_unknown_customers_as_the_setting_says() {
    on_both_backends(async |database| {
        let shop = Shop::with(
            &database,
            MirrorSettings::default().create_missing_customers(false),
        )
        .await;

        let customer = json!({ "id": "cus_1", "object": "customer" });
        assert_eq!(
            shop.happens("customer.created", customer.clone()).await,
            PROCESSED
        );
        assert!(shop.rows("customer", true).await.is_empty());

        // An invoice refers to it: then it is created, with no subscriber.
        shop.happens(
            "invoice.created",
            json!({ "id": "in_1", "object": "invoice", "customer": "cus_1" }),
        )
        .await;
        assert_eq!(
            shop.rows("customer", false).await[0]["subscriber"],
            json!(null)
        );

        shop.stripe
            .update("customer", "cus_1", json!({ "email": "a@b.c" }));
        assert_eq!(shop.tells("customer.updated", &customer).await, PROCESSED);
        assert_eq!(shop.rows("customer", false).await[0]["email"], "a@b.c");
    })
    .await;

    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        shop.happens(
            "customer.created",
            json!({ "id": "cus_1", "object": "customer" }),
        )
        .await;
        assert_eq!(shop.ids("customer").await, ["cus_1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handle_customer_subscription_event_keeps_what_is_canceled() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let subscription = json!({ "id": "sub_1", "object": "subscription", "status": "canceled" });
        assert_eq!(
            shop.happens("customer.subscription.deleted", subscription)
                .await,
            PROCESSED
        );

        let row = &shop.rows("subscription", false).await[0];
        assert_eq!(
            (&row["status"], &row["deleted_at"]),
            (&json!("canceled"), &json!(null))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handle_customer_tax_id_event_follows_the_crud_rule() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let tax_id = json!({ "id": "txi_1", "object": "tax_id", "customer": null, "value": "DE1" });
        assert_eq!(
            shop.happens("customer.tax_id.created", tax_id.clone())
                .await,
            PROCESSED
        );
        assert_eq!(shop.ids("tax_id").await, ["txi_1"]);

        assert_eq!(
            shop.tells("customer.tax_id.deleted", &tax_id).await,
            PROCESSED
        );
        assert!(shop.ids("tax_id").await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handle_customer_entitlements_event_refreshes_the_customer_and_its_entitlements() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let summary = |customer: serde_json::Value| {
            json!({
                "object": "entitlements.active_entitlement_summary",
                "customer": customer,
                "livemode": false,
                "entitlements": { "object": "list", "data": [], "has_more": false },
            })
        };
        let name = "entitlements.active_entitlement_summary.updated";
        let tells = async |object: serde_json::Value| {
            let event = shop.stripe.emit(name, &object);
            shop.delivers(&event).await
        };

        assert_eq!(tells(summary(json!({ "id": "cus_1" }))).await, PROCESSED);
        assert_eq!(tells(summary(json!("cus_unknown"))).await, PROCESSED);
        assert!(
            shop.requested().is_empty(),
            "neither is a customer with a row"
        );

        shop.happens(
            "customer.created",
            json!({ "id": "cus_1", "object": "customer" }),
        )
        .await;
        shop.stripe
            .update("customer", "cus_1", json!({ "email": "new@b.c" }));
        for number in 0..12 {
            let (id, feature) = (format!("ent_{number:02}"), format!("feat_{number}"));
            shop.stripe.insert(json!({
                "id": id,
                "object": "entitlements.active_entitlement",
                "customer": "cus_1",
                "feature": feature,
            }));
        }
        shop.stripe.insert(json!({
            "id": "ent_other",
            "object": "entitlements.active_entitlement",
            "customer": "cus_2",
        }));
        assert_eq!(tells(summary(json!("cus_1"))).await, PROCESSED);
        assert_eq!(shop.rows("customer", false).await[0]["email"], "new@b.c");
        let rows = shop.rows("entitlements.active_entitlement", false).await;
        assert_eq!(rows.len(), 12);
        assert!(rows.iter().all(|row| row["customer"] == "cus_1"));

        shop.stripe
            .remove("entitlements.active_entitlement", "ent_03");
        assert_eq!(tells(summary(json!("cus_1"))).await, PROCESSED);
        let ids = shop.ids("entitlements.active_entitlement").await;
        assert!(
            ids.len() == 11 && !ids.contains(&"ent_03".to_owned()),
            "{ids:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entitlements_without_a_key_are_taken_from_the_summary() {
    on_both_backends(async |database| {
        let shop = Shop::without_a_key(&database, MirrorSettings::default()).await;
        shop.happens(
            "customer.created",
            json!({ "id": "cus_1", "object": "customer" }),
        )
        .await;
        let entitlement = json!({
            "id": "ent_1",
            "object": "entitlements.active_entitlement",
            "lookup_key": "gold",
        });
        let summary = json!({
            "object": "entitlements.active_entitlement_summary",
            "customer": "cus_1",
            "entitlements": { "object": "list", "has_more": false, "data": [entitlement] },
        });

        let event = shop
            .stripe
            .emit("entitlements.active_entitlement_summary.updated", &summary);
        assert_eq!(shop.delivers(&event).await, PROCESSED);
        let rows = shop.rows("entitlements.active_entitlement", false).await;
        assert_eq!(rows[0]["customer"], "cus_1");
        assert!(shop.requested().is_empty());
    })
    .await;
}
