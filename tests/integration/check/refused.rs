//! Deliveries that were refused for their signature: `check` says why.

use std::time::{Duration, SystemTime};

use djstripe_core::signature::sign;
use djstripe_core::{Delivery, Djstripe};
use djstripe_tests::{TestDatabase, on_both_backends};

use super::Place;

const SECRET: &str = "whsec_check";

/// As Stripe writes it: indented.
const BODY: &str = "{\n  \"id\": \"evt_1\",\n  \"type\": \"invoice.paid\",\n  \"data\": {}\n}";

fn delivery(body: &str, signature: String) -> Delivery {
    let headers = [("stripe-signature", signature)];
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    Delivery::new(headers.into_iter().collect(), body.to_owned())
}

/// Receives deliveries that are refused with a 400.
async fn refuse(database: &TestDatabase, deliveries: impl IntoIterator<Item = Delivery>) {
    let app = Djstripe::builder()
        .webhook_secret(SECRET)
        .receivers([])
        .database_url(database.url())
        .build()
        .await
        .unwrap();
    for delivery in deliveries {
        let error = app.receive(delivery).await.unwrap_err();
        assert_eq!(error.status().as_u16(), 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_signature_was_refused_is_told() {
    on_both_backends(async |database| {
        let place = Place::new(&database).with("STRIPE_WEBHOOK_SECRET", SECRET);
        place.migrate().await;
        let (now, past) = (SystemTime::now(), Duration::from_secs(3_600));
        let signed = |secret: &str, time| sign(BODY.as_bytes(), secret, time);
        let one_line = r#"{"id":"evt_1","type":"invoice.paid","data":{}}"#;

        let deliveries = [
            delivery(BODY, signed("whsec_third", now)),
            delivery(BODY, signed("whsec_third", now)),
            delivery(one_line, signed(SECRET, now)),
            delivery(BODY, signed(SECRET, now - past)),
            delivery(BODY, "v1=00".to_owned()),
        ];
        refuse(&database, deliveries).await;
        let ended = place.check().await;
        let has = |what, fix| ended.has("error", "deliveries", what, fix);
        has(
            "fits none of the secrets in use",
            "set STRIPE_WEBHOOK_SECRET",
        );
        has(
            "2 to the endpoint of the settings refused",
            "set STRIPE_WEBHOOK_SECRET",
        );
        has("it was parsed and written again", "pass on the raw bytes");
        has(
            // An hour, and however long the deliveries took.
            " s older than this machine's clock",
            "set this machine's clock",
        );
        has("no time `t`", "the header `Stripe-Signature`");
        assert_eq!(ended.code, 1);

        // With the right secret, the same record says that it came too late.
        let place = place.with("STRIPE_WEBHOOK_SECRET", "whsec_check,whsec_third");
        let ended = place.check().await;
        ended.has("note", "deliveries", "fits a secret of today", "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_of_another_endpoint_is_told() {
    on_both_backends(async |database| {
        let place = Place::new(&database)
            .with("STRIPE_WEBHOOK_SECRET", SECRET)
            .with("SECRET_OF_ANOTHER_ENDPOINT", "whsec_other");
        place.migrate().await;
        let other = sign(BODY.as_bytes(), "whsec_other", SystemTime::now());
        refuse(&database, [delivery(BODY, other)]).await;

        let create = [
            "endpoints",
            "create",
            "--local",
            "--secret",
            "env:SECRET_OF_ANOTHER_ENDPOINT",
        ];
        assert_eq!(place.run(&create).await.0, 0);

        let what = "they are signed with the secret of endpoint ";
        place
            .check()
            .await
            .has("error", "deliveries", what, "its own secret");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_secret_is_told_by_check_and_refused_at_start() {
    let database = TestDatabase::sqlite();
    let place = Place::new(&database);
    place.migrate().await;
    let check = async |name, value: &str, point, what| {
        let ended = place.with(name, value).check().await;
        ended.has("error", point, what, "STRIPE_");
        assert_eq!(ended.code, 1, "{value}");
    };

    let key = "an API key (`sk_…`) was given as signing secret";
    check("STRIPE_WEBHOOK_SECRET", "sk_test_1", "secrets", key).await;
    let id = "the id of an endpoint (`we_…`) was given as signing secret";
    check("STRIPE_WEBHOOK_SECRET", "we_1", "secrets", id).await;
    let quoted = "a signing secret has a quotation mark";
    check("STRIPE_WEBHOOK_SECRET", "\"whsec_1\"", "secrets", quoted).await;
    let blank = "a signing secret has a blank or a line end in it";
    check("STRIPE_WEBHOOK_SECRET", "whsec_1 whsec_2", "secrets", blank).await;
    let secret = "a webhook's signing secret (`whsec_…`), not an API key";
    check("STRIPE_SECRET_KEY", "whsec_1", "keys", secret).await;
    check(
        "STRIPE_SECRET_KEY",
        "'sk_test_1'",
        "keys",
        "the key has a quotation mark",
    )
    .await;

    for (secret, message) in [("sk_test_1", key), ("we_1", id), ("'whsec_1'", quoted)] {
        let builder = Djstripe::builder().database_url(database.url());
        let error = builder.webhook_secret(secret).build().await.unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
}
