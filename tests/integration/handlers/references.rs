//! References that stand below the top level of an object.

use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_followed_wherever_it_stands() {
    let object = |object: &str, id: &str| json!({ "id": id, "object": object });
    let with = |base: Value, fields: Value| {
        let mut object = base;
        object
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        object
    };
    // The event, its object, and what that refers to.
    let cases = [
        (
            "invoice.created",
            with(
                object("invoice", "in_1"),
                json!({ "parent": { "subscription_details": { "subscription": "sub_1" } } }),
            ),
            &[("subscription", "sub_1")][..],
        ),
        (
            "invoice.updated",
            with(
                object("invoice", "in_2"),
                json!({ "lines": { "object": "list", "data": [{
                    "id": "il_1",
                    "object": "line_item",
                    "pricing": { "price_details": { "price": "price_1", "product": "prod_1" } },
                }] } }),
            ),
            &[("price", "price_1"), ("product", "prod_1")],
        ),
        (
            "customer.discount.created",
            with(
                object("discount", "di_1"),
                json!({ "source": { "coupon": "HALF" }, "subscription": "sub_2" }),
            ),
            &[("coupon", "HALF"), ("subscription", "sub_2")],
        ),
        (
            "promotion_code.created",
            with(
                object("promotion_code", "promo_1"),
                json!({ "promotion": { "coupon": "TENTH" } }),
            ),
            &[("coupon", "TENTH")],
        ),
        (
            "invoice_payment.paid",
            with(
                object("invoice_payment", "inpay_1"),
                json!({ "payment": { "type": "payment_intent", "payment_intent": "pi_1" } }),
            ),
            &[("payment_intent", "pi_1")],
        ),
        (
            "customer.created",
            with(
                object("customer", "cus_1"),
                json!({ "invoice_settings": { "default_payment_method": "pm_1" } }),
            ),
            &[("payment_method", "pm_1")],
        ),
        (
            "subscription_schedule.created",
            with(
                object("subscription_schedule", "sub_sched_1"),
                json!({ "phases": [{ "items": [{ "price": "price_2" }, { "price": "price_3" }] }] }),
            ),
            &[("price", "price_2"), ("price", "price_3")],
        ),
    ];

    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        for (name, about, references) in &cases {
            for (object_type, id) in *references {
                shop.stripe.insert(object(object_type, id));
            }
            assert_eq!(shop.happens(name, about.clone()).await, PROCESSED, "{name}");
            for (object_type, id) in *references {
                let ids = shop.ids(object_type).await;
                assert!(
                    ids.iter().any(|found| found == id),
                    "{name}: {object_type} {id}"
                );
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_a_connected_account_are_fetched_on_its_behalf() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let connected = shop.stripe.on("acct_1");
        for id in ["file_icon", "file_logo"] {
            connected.insert(json!({ "id": id, "object": "file" }));
        }
        let branding = json!({ "icon": "file_icon", "logo": "file_logo" });
        let account = connected.insert(json!({
            "id": "acct_1",
            "object": "account",
            "settings": { "branding": branding },
        }));
        let event = connected.emit("account.updated", &account);
        assert_eq!(shop.delivers(&event).await, PROCESSED);

        let files = shop.rows("file", false).await;
        assert_eq!(files.len(), 2);
        assert!(files.iter().all(|file| file["account"] == "acct_1"));
        let mut requests = shop.stripe.requests();
        requests.retain(|request| request.path.starts_with("/v1/files/"));
        let accounts: Vec<_> = requests.iter().map(|it| it.account.as_deref()).collect();
        assert_eq!(accounts, [Some("acct_1"); 2]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_name_of_a_type_is_its_type() {
    on_both_backends(async |database| {
        let shop = Shop::without_a_key(&database, MirrorSettings::default()).await;
        let file =
            json!({ "id": "file_1", "object": "file_upload", "purpose": "dispute_evidence" });
        assert_eq!(shop.tells("file.created", &file).await, PROCESSED);
        assert_eq!(shop.ids("file").await, ["file_1"]);
    })
    .await;
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        shop.stripe
            .insert(json!({ "id": "file_1", "object": "file" }));
        let file = json!({ "id": "file_1", "object": "file_upload" });
        assert_eq!(shop.tells("file.created", &file).await, PROCESSED);
        assert_eq!(
            shop.rows("file", false).await[0]["stripe_data"]["object"],
            "file"
        );
    })
    .await;
}
