//! The rule for created, updated and deleted objects, which every handler applies.

use djstripe_core::mirror::{MirrorSettings, RefetchPolicy};
use djstripe_core::testing::Fault;
use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_object_without_an_id_is_skipped_and_the_event_succeeds() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        for (name, object) in [
            (
                "balance.available",
                json!({ "object": "balance", "available": [] }),
            ),
            (
                "invoice.upcoming",
                json!({ "object": "invoice", "customer": "cus_1" }),
            ),
        ] {
            let event = shop.stripe.emit(name, &object);
            assert_eq!(shop.delivers(&event).await, PROCESSED, "{name}");
        }

        assert!(shop.rows("invoice", true).await.is_empty());
        assert!(shop.requested().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_leaves_a_tombstone_that_nothing_older_revives() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let coupon = json!({ "id": "HALF", "object": "coupon", "percent_off": 50 });
        shop.happens("coupon.created", coupon.clone()).await;

        let late = shop.stripe.emit("coupon.updated", &coupon);
        shop.stripe.remove("coupon", "HALF");
        assert_eq!(shop.tells("coupon.deleted", &coupon).await, PROCESSED);
        assert!(shop.rows("coupon", false).await.is_empty());
        assert!(shop.rows("coupon", true).await[0]["deleted_at"].is_number());

        assert_eq!(shop.delivers(&late).await, PROCESSED);
        assert!(shop.rows("coupon", false).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_was_chosen_again_is_there_again() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let coupon = json!({ "id": "HALF", "object": "coupon", "percent_off": 50 });

        let deleted = shop.stripe.emit("coupon.deleted", &coupon);
        shop.happens(
            "coupon.created",
            json!({ "id": "HALF", "object": "coupon", "percent_off": 49 }),
        )
        .await;

        assert_eq!(shop.delivers(&deleted).await, PROCESSED);
        assert_eq!(
            shop.rows("coupon", false).await[0]["stripe_data"]["percent_off"],
            49
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_without_a_row_is_no_error() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let tax_id = json!({ "id": "txi_1", "object": "tax_id", "customer": "cus_1" });
        assert_eq!(
            shop.tells("customer.tax_id.deleted", &tax_id).await,
            PROCESSED
        );
        assert!(shop.rows("tax_id", false).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_deleted_is_refetched() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        shop.stripe
            .insert(json!({ "id": "in_1", "object": "invoice", "status": "paid" }));

        for name in [
            "invoice.created",
            "invoice.updated",
            "invoice.payment_failed",
        ] {
            let old = json!({ "id": "in_1", "object": "invoice", "status": "open" });
            assert_eq!(shop.tells(name, &old).await, PROCESSED, "{name}");
            assert_eq!(
                shop.rows("invoice", false).await[0]["status"],
                "paid",
                "{name}"
            );
        }

        let requests = shop.stripe.requests();
        assert!(
            requests
                .iter()
                .all(|request| request.api_version.as_deref() == Some(djstripe_core::API_VERSION))
        );
        assert_eq!(requests.len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_skipped_and_any_other_error_fails() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let charge = json!({ "id": "ch_1", "object": "charge" });
        let check = async |fault: Fault, is_gone: bool| {
            shop.stripe.fail_next(fault.clone().times(3));
            let (state, error) = shop.tells("charge.updated", &charge).await;
            let expected = if is_gone {
                EventState::Processed
            } else {
                EventState::Retrying
            };
            assert_eq!(state, expected, "{fault:?} {error:?}");
            while shop.stripe.get("charge", "ch_1").is_none() && !is_gone {
                shop.stripe.insert(charge.clone());
            }

            // Requests use up the rest of the fault, so that it does not affect the next check.
            shop.stripe.purge("charge", "ch_1");
            for _ in 0..3 {
                let path = format!("{}/v1/charges/ch_1", shop.stripe.base_url());
                let _ = djstripe_core::testing::http_client().get(path).send().await;
            }
        };

        let error = |code: &str, message: &str, param: Option<&str>| {
            Fault::error(400, code, message, param)
        };
        let not_attached = "A source must be attached to a customer to be used";
        let invalid_id = "Invalid subscription_item id: x";

        check(Fault::missing(), true).await;
        check(error("", "No such charge: 'ch_1'", None), true).await;
        check(error("", invalid_id, Some("subscription_item")), true).await;
        check(error("", invalid_id, Some("id")), false).await;
        check(error("", not_attached, Some("payment_method")), true).await;
        check(error("", not_attached, Some("id")), false).await;

        let similar = "No such charge: 'ch_1'; a similar object exists in test mode, but a live \
                       mode key was used";
        check(error("resource_missing", similar, Some("id")), false).await;

        check(Fault::status(401), false).await;
        check(Fault::status(402), false).await;
        check(Fault::rate_limited("global-rate"), false).await;
        check(Fault::status(500), false).await;
        check(Fault::reset(), false).await;
        check(Fault::malformed(), false).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discount_is_taken_from_the_payload() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let discount = json!({ "id": "di_1", "object": "discount", "customer": null, "end": 7 });
        assert_eq!(
            shop.tells("customer.discount.created", &discount).await,
            PROCESSED
        );
        assert_eq!(
            shop.rows("discount", false).await[0]["stripe_data"]["end"],
            7
        );
        assert!(shop.requested().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_rows_that_an_object_refers_to_are_fetched_once() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let price = json!({ "id": "price_1", "object": "price", "product": "prod_1" });
        for object in [
            json!({ "id": "cus_1", "object": "customer", "invoice_settings": {} }),
            json!({ "id": "prod_1", "object": "product", "default_price": "price_1" }),
            json!({ "id": "pm_1", "object": "payment_method", "customer": "cus_1" }),
            price.clone(),
        ] {
            shop.stripe.insert(object);
        }
        let item = json!({
            "id": "si_1",
            "object": "subscription_item",
            "price": price,
            "subscription": "sub_1",
        });
        let subscription = json!({
            "id": "sub_1",
            "object": "subscription",
            "customer": "cus_1",
            "default_payment_method": "pm_1",
            "items": { "object": "list", "data": [item] },
        });

        let name = "customer.subscription.created";
        assert_eq!(shop.happens(name, subscription.clone()).await, PROCESSED);
        for (object, id) in [
            ("subscription", "sub_1"),
            ("customer", "cus_1"),
            ("payment_method", "pm_1"),
            ("subscription_item", "si_1"),
            ("price", "price_1"),
            ("product", "prod_1"),
        ] {
            assert_eq!(shop.ids(object).await, [id], "{object}");
        }
        assert_eq!(
            shop.rows("customer", false).await[0]["subscriber"],
            json!(null)
        );

        let mut requested = shop.requested();
        requested.sort();
        let expected = [
            "/v1/customers/cus_1",
            "/v1/payment_methods/pm_1",
            "/v1/products/prod_1",
            "/v1/subscriptions/sub_1",
        ];
        assert_eq!(requested, expected);

        // Now all of them have rows.
        shop.stripe.clear_requests();
        shop.tells("customer.subscription.updated", &subscription)
            .await;
        assert_eq!(shop.requested(), ["/v1/subscriptions/sub_1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_fetched_for_one_event_is_bounded() {
    on_both_backends(async |database| {
        let shop = Shop::with(&database, MirrorSettings::default().related(5)).await;
        // More references than the settings allow to fetch.
        let ids: Vec<String> = (0..30).map(|number| format!("in_{number}")).collect();
        for id in &ids {
            shop.stripe.insert(json!({ "id": id, "object": "invoice" }));
        }
        let lines: Vec<_> = ids
            .iter()
            .map(|id| {
                let payment = format!("ip_{id}");
                json!({ "id": payment, "object": "invoice_payment", "invoice": id })
            })
            .collect();

        let payments = json!({ "object": "list", "data": lines });
        let invoice = json!({ "id": "in_main", "object": "invoice", "payments": payments });

        assert_eq!(shop.happens("invoice.paid", invoice).await, PROCESSED);
        assert!(shop.requested().len() <= 6, "{:?}", shop.requested());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_is_gone_is_left_as_an_id() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let charge = json!({
            "id": "ch_1",
            "object": "charge",
            "payment_method": "pm_gone",
            "customer": "cus_gone",
        });

        assert_eq!(shop.happens("charge.succeeded", charge).await, PROCESSED);
        assert_eq!(
            shop.rows("charge", false).await[0]["payment_method"],
            "pm_gone"
        );
        assert!(shop.rows("payment_method", true).await.is_empty());
        assert!(
            shop.requested()
                .contains(&"/v1/payment_methods/pm_gone".to_owned())
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_the_key_may_not_read_is_left_as_an_id() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        shop.stripe
            .fail_next(Fault::status(403).on("/v1/customers"));
        let charge = json!({ "id": "ch_1", "object": "charge", "customer": "cus_1" });
        assert_eq!(shop.happens("charge.succeeded", charge).await, PROCESSED);
        assert_eq!(shop.ids("charge").await, ["ch_1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_switched_off_one_by_one_or_altogether() {
    on_both_backends(async |database| {
        let shop = Shop::with(&database, MirrorSettings::default().without("charge")).await;
        assert_eq!(
            shop.happens(
                "charge.updated",
                json!({ "id": "ch_1", "object": "charge" })
            )
            .await,
            PROCESSED
        );
        assert_eq!(
            shop.happens(
                "refund.updated",
                json!({ "id": "re_1", "object": "refund" })
            )
            .await,
            PROCESSED
        );

        assert!(shop.rows("charge", true).await.is_empty());
        assert_eq!(shop.ids("refund").await, ["re_1"]);
    })
    .await;

    let registry = Djstripe::builder()
        .mirror(MirrorSettings::off())
        .registry()
        .unwrap();
    assert!(
        registry
            .receivers()
            .iter()
            .all(|receiver| !receiver.is_built_in())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_says_when_objects_are_fetched() {
    on_both_backends(async |database| {
        let settings = MirrorSettings::default()
            .refetch(RefetchPolicy::WhenAmbiguous)
            .refetch_of("refund", RefetchPolicy::Never)
            .related(0);
        let shop = Shop::with(&database, settings).await;

        let mut charge = shop
            .stripe
            .insert(json!({ "id": "ch_1", "object": "charge", "status": "pending" }));
        let first = shop.stripe.emit("charge.pending", &charge);
        shop.delivers(&first).await;
        assert!(shop.requested().is_empty(), "nothing to doubt");

        shop.stripe
            .update("charge", "ch_1", json!({ "status": "succeeded" }));
        charge["status"] = "failed".into();
        let mut second = shop.stripe.emit("charge.failed", &charge);
        second["created"] = first["created"].clone();
        shop.delivers(&second).await;
        assert_eq!(
            shop.rows("charge", false).await[0]["status"],
            "succeeded",
            "two of the same second"
        );
        assert_eq!(shop.requested().len(), 1);

        let mut event = shop.stripe.emit(
            "payout.paid",
            &shop
                .stripe
                .insert(json!({ "id": "po_1", "object": "payout" })),
        );
        event["api_version"] = "2019-02-19".into();
        shop.delivers(&event).await;
        assert_eq!(shop.requested().len(), 2, "another API version");

        shop.happens(
            "refund.updated",
            json!({ "id": "re_1", "object": "refund" }),
        )
        .await;
        assert_eq!(
            (shop.requested().len(), shop.ids("refund").await.len()),
            (2, 1)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_events_of_one_object_need_one_request() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        let charge = shop
            .stripe
            .insert(json!({ "id": "ch_1", "object": "charge" }));

        for _ in 0..10 {
            let event = shop.stripe.emit("charge.updated", &charge);
            let delivery = delivery::signed(event.to_string(), &shop.stripe.webhook_secret());
            shop.app.receive(delivery).await.unwrap();
        }

        assert_eq!(shop.app.work_until_idle().await.unwrap(), 10);
        assert_eq!(shop.requested(), ["/v1/charges/ch_1"]);
    })
    .await;
}
