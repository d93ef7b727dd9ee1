//! `endpoints sync` and `endpoints doctor`: differences between the rows and Stripe are shown and fixed.

use djstripe_core::uuid::Uuid;
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{NEEDED, Operator};

#[tokio::test(flavor = "multi_thread")]
async fn sync_shows_what_differs_and_makes_stripe_right() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&[]).await;
        let stripe_id = operator.at_stripe()[0]["id"].as_str().unwrap().to_owned();
        let check = async |change: Value, difference: &str, remains: bool| {
            operator
                .stripe
                .update("webhook_endpoint", &stripe_id, change)
                .unwrap();
            let before = operator.at_stripe();
            let shown = operator
                .run(&["endpoints", "sync", "--dry-run", "--without-mirror"])
                .await;

            assert!(
                shown.out.contains(difference) && shown.succeeded != remains,
                "{}{}",
                shown.out,
                shown.err
            );
            assert_eq!(operator.at_stripe(), before, "a dry run changes nothing");

            let synced = operator
                .run(&["endpoints", "sync", &id.to_string(), "--without-mirror"])
                .await;

            assert!(
                synced.out.contains(difference) && synced.succeeded != remains,
                "{}{}",
                synced.out,
                synced.err
            );

            let again = operator
                .run(&["endpoints", "sync", "--without-mirror"])
                .await;

            assert_eq!(again.out.contains(difference), remains, "{}", again.out);
        };
        let unchanged = operator
            .run(&["endpoints", "sync", "--without-mirror"])
            .await;

        assert!(
            unchanged.succeeded && unchanged.out.contains("in sync"),
            "{}{}",
            unchanged.out,
            unchanged.err
        );
        check(
            json!({ "enabled_events": ["*"] }),
            "Stripe sends *, which no receiver listens to",
            false,
        )
        .await;
        check(
            json!({ "enabled_events": ["charge.failed"] }),
            "Stripe doesn't send invoice.paid",
            false,
        )
        .await;
        check(json!({ "status": "disabled" }), "disabled at Stripe", false).await;
        check(
            json!({ "url": "https://elsewhere.example" }),
            "Stripe delivers to https://elsewhere.example",
            false,
        )
        .await;
        check(
            json!({ "api_version": "2019-01-01" }),
            "Stripe sends events in API version 2019-01-01",
            true,
        )
        .await;

        let [at_stripe] = &operator.at_stripe()[..] else {
            panic!("one endpoint at Stripe")
        };

        assert_eq!(at_stripe["enabled_events"], json!(NEEDED));
        assert_eq!(
            at_stripe["url"],
            format!("https://shop.example/stripe/webhook/{id}")
        );
        assert_eq!(at_stripe["status"], "enabled");

        operator.stripe.remove("webhook_endpoint", &stripe_id);
        let gone = operator
            .run(&["endpoints", "sync", "--without-mirror"])
            .await;

        assert!(
            !gone.succeeded && gone.out.contains("is gone at Stripe"),
            "{}",
            gone.out
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_tells_leftovers_from_what_is_not_ours() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let id = operator.create(&[]).await;
        let insert = |metadata: Value| {
            let endpoint = json!({
                "object": "webhook_endpoint", "url": "https://other.example", "enabled_events": ["*"],
                "status": "enabled", "metadata": metadata,
            });
            operator.stripe.insert(endpoint);
        };
        let doctor = async || operator.run(&["endpoints", "doctor", "--without-mirror"]).await;
        insert(json!({}));

        assert!(doctor().await.succeeded);

        insert(json!({ "djstripe_endpoint": Uuid::new_v4().to_string() }));
        let other = doctor().await;

        assert!(other.succeeded && other.out.contains("belongs to another database"), "{}", other.out);

        insert(json!({ "djstripe_endpoint": id.to_string() }));
        let leftover = doctor().await;

        assert!(!leftover.succeeded && leftover.out.contains("is left over and its secret lost"), "{}", leftover.out);
    })
    .await;
}
