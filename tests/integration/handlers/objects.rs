//! Payment methods, charges, disputes, identity and everything else.

use djstripe_core::mirror::MirrorSettings;
use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn handle_payment_method_event_deletes_detached_cards_and_keeps_the_rest() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        for id in ["card_1", "pm_1", "src_1"] {
            let method = json!({ "id": id, "object": "payment_method", "customer": "cus_1" });
            assert_eq!(
                shop.happens("payment_method.attached", method).await,
                PROCESSED
            );
        }
        assert_eq!(shop.ids("payment_method").await.len(), 3);

        shop.stripe.clear_requests();
        for id in ["card_1", "pm_1", "src_1"] {
            shop.stripe.purge("payment_method", id);
            let method = json!({ "id": id, "object": "payment_method", "customer": null });
            assert_eq!(
                shop.tells("payment_method.detached", &method).await,
                PROCESSED
            );
        }

        assert!(
            shop.requested().is_empty(),
            "a detached source would be 404"
        );
        let rows = shop.rows("payment_method", false).await;
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row["customer"].is_null()), "{rows:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handle_charge_event_mirrors_charges_and_the_refund_it_may_carry() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let charge = json!({ "id": "ch_1", "object": "charge", "amount": 500, "currency": "jpy" });
        assert_eq!(shop.happens("charge.succeeded", charge).await, PROCESSED);

        let refund = json!({ "id": "re_1", "object": "refund", "charge": "ch_1" });
        assert_eq!(
            shop.happens("charge.refund.updated", refund).await,
            PROCESSED
        );

        assert_eq!(
            (shop.ids("charge").await, shop.ids("refund").await),
            (vec!["ch_1".into()], vec!["re_1".into()])
        );
        assert_eq!(
            shop.rows("charge", false).await[0]["amount"],
            500,
            "minor units stay"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handle_charge_dispute_event_mirrors_disputes() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let dispute = json!({ "id": "du_1", "object": "dispute", "status": "lost" });
        assert_eq!(
            shop.happens("charge.dispute.closed", dispute).await,
            PROCESSED
        );
        assert_eq!(shop.rows("dispute", false).await[0]["status"], "lost");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handle_identity_verification_session_event_mirrors_sessions() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let object = "identity.verification_session";
        let session = json!({ "id": "vs_1", "object": object, "status": "verified" });
        let name = "identity.verification_session.verified";
        assert_eq!(shop.happens(name, session).await, PROCESSED);
        assert_eq!(shop.rows(object, false).await[0]["status"], "verified");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handle_other_event_goes_by_the_type_of_the_object() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        for (name, object) in [
            ("price.updated", "price"),
            ("transfer.reversed", "transfer"),
            ("file.created", "file"),
        ] {
            let stored = json!({ "id": "x_1", "object": object });

            assert_eq!(shop.happens(name, stored).await, PROCESSED, "{name}");
            assert_eq!(shop.ids(object).await, ["x_1"], "{name}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_object_is_mirrored_by_the_same_rule() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        for (name, object) in [
            ("credit_note.created", "credit_note"),
            ("issuing_card.created", "issuing.card"),
            ("customer.source.created", "card"),
            ("refund.created", "refund"),
            ("quote.accepted", "quote"),
        ] {
            let stored = json!({
                "id": "x_1",
                "object": object,
                "customer": "cus_none",
                "status": "as Stripe has it",
            });

            shop.stripe.insert(stored.clone());
            assert_eq!(shop.tells(name, &stored).await, PROCESSED, "{name}");
            assert_eq!(shop.ids(object).await, ["x_1"], "{name}");
        }

        let unknown = json!({ "id": "x_1", "object": "hovercraft" });
        assert_eq!(
            shop.tells("customer.source.created", &unknown).await,
            PROCESSED
        );
        let charge = json!({ "id": "x_9", "object": "charge" });
        assert_eq!(shop.tells("customer.levitated", &charge).await, PROCESSED);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_the_payload_is_mirrored() {
    on_both_backends(async |database| {
        let shop = Shop::without_a_key(&database, MirrorSettings::default()).await;
        let charge =
            json!({ "id": "ch_1", "object": "charge", "customer": "cus_1", "status": "failed" });
        assert_eq!(shop.tells("charge.failed", &charge).await, PROCESSED);
        assert_eq!(shop.rows("charge", false).await[0]["status"], "failed");
        assert!(shop.requested().is_empty());
    })
    .await;
}

/// A cash balance has no id: each customer has one.
#[tokio::test(flavor = "multi_thread")]
async fn a_cash_balance_has_a_row_per_customer() {
    let balance = |customer: &str, eur: i64| json!({ "object": "cash_balance", "customer": customer, "available": { "eur": eur } });
    let amounts = async |shop: &Shop| -> Vec<(String, Value)> {
        let rows = shop.rows("cash_balance", false).await;
        let amount = |row: &Value| row["stripe_data"]["available"]["eur"].clone();
        let mut found: Vec<_> = rows
            .iter()
            .map(|row| (row["id"].as_str().unwrap().to_owned(), amount(row)))
            .collect();
        found.sort_by(|(left, _), (right, _)| left.cmp(right));
        found
    };
    let expected = |first: i64, second: i64| {
        vec![
            ("cus_1".to_owned(), json!(first)),
            ("cus_2".to_owned(), json!(second)),
        ]
    };

    on_both_backends(async |database| {
        let keyless = Shop::without_a_key(&database, MirrorSettings::default()).await;
        for (customer, eur) in [("cus_1", 10), ("cus_2", 20), ("cus_1", 30)] {
            keyless.stripe.advance(Duration::from_secs(5));
            let told = balance(customer, eur);
            let told = keyless.tells("cash_balance.funds_available", &told).await;
            assert_eq!(told, PROCESSED);
        }
        assert_eq!(amounts(&keyless).await, expected(30, 20));
    })
    .await;
    on_both_backends(async |database| {
        let keyed = Shop::open(&database).await;
        for (customer, eur) in [("cus_1", 40), ("cus_2", 50)] {
            keyed
                .stripe
                .insert(json!({ "id": customer, "object": "customer" }));
            keyed.stripe.insert(balance(customer, eur));
            let told = balance(customer, 1);
            let told = keyed.tells("cash_balance.funds_available", &told).await;
            assert_eq!(told, PROCESSED);
        }
        assert_eq!(amounts(&keyed).await, expected(40, 50));
        let path = "/v1/customers/cus_1/cash_balance".to_owned();
        assert!(keyed.requested().contains(&path));
    })
    .await;
    on_both_backends(async |database| {
        let synced = Shop::open(&database).await;
        for (customer, eur) in [("cus_1", 60), ("cus_2", 70)] {
            synced
                .stripe
                .insert(json!({ "id": customer, "object": "customer" }));
            synced.stripe.insert(balance(customer, eur));
        }
        let options = djstripe_core::sync::SyncOptions::default();
        synced.app.sync(&options, |_| {}).await.unwrap();
        assert_eq!(amounts(&synced).await, expected(60, 70));
        let customer = &synced.rows("customer", false).await[0];
        assert!(customer["stripe_data"]["cash_balance"].is_null());
    })
    .await;
}
