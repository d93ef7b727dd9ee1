//! Changes during a verification are no findings, and hide none.

use std::time::Duration;

use djstripe_core::testing::Fault;
use djstripe_core::verify::VerifyOptions;
use djstripe_tests::on_both_backends;
use serde_json::json;

use super::{Shop, customer, lines, of};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_webhook_writes_meanwhile_is_no_finding() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        shop.stripe.insert(customer("cus_1"));
        shop.mirror("").await;

        let first_request = async || {
            while shop.stripe.requests().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let change = |email: &str| {
            shop.stripe
                .update("customer", "cus_1", json!({ "email": email }))
                .unwrap()
        };

        // The response is on its way while webhooks write a newer state of one customer, and
        // another customer that the response does not have.
        shop.stripe
            .fail_next(Fault::slow(Duration::from_millis(300)));
        let options = VerifyOptions {
            recheck_after: Duration::ZERO,
            ..of(&["customer"])
        };
        let webhook = async {
            first_request().await;
            shop.write("", &change("new@example.com"), false).await;
            shop.write("", &shop.stripe.insert(customer("cus_2")), false)
                .await;
        };

        let ((findings, _), ()) = tokio::join!(shop.verify(&options), webhook);
        assert!(findings.is_empty(), "{findings:?}");

        // The webhooks arrive after the changed objects were listed, but within that time.
        let changed = change("newest@example.com");
        shop.stripe.remove("customer", "cus_2");
        let created = shop.stripe.insert(customer("cus_3"));
        shop.stripe.clear_requests();
        let options = VerifyOptions {
            recheck_after: Duration::from_millis(500),
            ..of(&["customer"])
        };

        let webhook = async {
            first_request().await;
            tokio::time::sleep(Duration::from_millis(150)).await;
            shop.write("", &changed, false).await;
            shop.write("", &created, false).await;
            shop.write("", &customer("cus_2"), true).await;
        };

        let ((findings, _), ()) = tokio::join!(shop.verify(&options), webhook);
        assert!(findings.is_empty(), "{findings:?}");

        // An object that changes between the two requests, and whose webhook has not arrived, is
        // undecided.
        change("once@example.com");
        shop.stripe.clear_requests();
        let at_stripe = async {
            first_request().await;
            tokio::time::sleep(Duration::from_millis(150)).await;
            change("twice@example.com");
        };

        let ((findings, summary), ()) = tokio::join!(shop.verify(&options), at_stripe);
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(summary.types["customer"].undecided, 1);
        assert_eq!(
            lines(&shop.verify(&options).await.0),
            ["differing customer  cus_1 email "]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_new_objects_push_off_its_page_is_still_told() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        let insert = |number: i64| {
            let id = format!("cus_{number:03}");
            shop.stripe.insert(
                json!({ "object": "customer", "id": id, "created": 1_700_000_000 + number }),
            )
        };

        for number in 0..150 {
            shop.write("", &insert(number), false).await;
        }

        // These are the last object of the first page and the first one of the second. The latter
        // is deleted at Stripe before it is requested again.
        shop.sql("DELETE FROM stripe_customer WHERE id IN ('cus_050', 'cus_049')")
            .await;
        let options = VerifyOptions {
            recheck_after: Duration::from_millis(500),
            ..of(&["customer"])
        };
        let meanwhile = async {
            while shop.stripe.requests().len() < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            for number in 150..155 {
                shop.write("", &insert(number), false).await;
            }
            shop.stripe.remove("customer", "cus_049");
        };

        let ((findings, _), ()) = tokio::join!(shop.verify(&options), meanwhile);
        assert_eq!(lines(&findings), ["missing customer  cus_050  "]);
    })
    .await;
}
