//! Endpoints that fetch each event from Stripe: forged deliveries spend a bounded number of requests.

use axum::http::HeaderMap;
use djstripe_core::Delivery;
use djstripe_core::endpoint::{Endpoint, OnMismatch, ValidationMethod};
use djstripe_core::testing::FakeStripe;
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::builder;

#[tokio::test(flavor = "multi_thread")]
async fn forged_deliveries_spend_a_part_of_the_rate_budget() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let mut endpoint = Endpoint::new();
        endpoint.validation = ValidationMethod::RetrieveEvent;
        endpoint.accounts = "acct_1".parse().unwrap();
        endpoint.on_mismatch = OnMismatch::Reject;
        database
            .store()
            .await
            .insert_endpoint(&endpoint)
            .await
            .unwrap();
        let app = builder(&database)
            .secret_key(stripe.api_key())
            .api_base(stripe.base_url())
            // Half of one request in a second, and two at once.
            .client_options(|options| options.test.per_second = 1.0)
            .build()
            .await
            .unwrap();
        let send = async |event: Value| {
            let delivery = Delivery::new(HeaderMap::new(), event.to_string());
            let received = app.receive_at(endpoint.id, delivery).await;
            received.map_or_else(|error| error.status().as_u16(), |_| 200)
        };
        let forged = |id: &str, more: Value| {
            let mut event = json!({ "id": id, "type": "customer.updated", "account": "acct_1" });
            event
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            event
        };
        let spent = || stripe.count_requests(|request| request.path.contains("/events/"));

        // These cost no request.
        for more in [
            json!({ "api_version": "latest" }),
            json!({ "account": "acct_1\n" }),
            json!({ "account": "acct_2" }),
            json!({ "account": null }),
        ] {
            assert_eq!(send(forged("evt_1", more.clone())).await, 400, "{more}");
        }
        assert_eq!(send(forged("../customers/cus_1", json!({}))).await, 400);
        assert_eq!(spent(), 0);

        let mut answers = Vec::new();
        for number in 0..40 {
            answers.push(send(forged(&format!("evt_{number}"), json!({}))).await);
        }
        let requests = spent();
        assert!((2..10).contains(&requests), "{requests}: {answers:?}");
        // Stripe is asked again for what it could not answer.
        let count = |status: u16| answers.iter().filter(|it| **it == status).count();
        assert!(count(503) >= 40 - requests, "{answers:?}");
        assert_eq!(count(400) + count(503), 40, "{answers:?}");
    })
    .await;
}
