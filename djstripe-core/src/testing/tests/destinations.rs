//! Event destinations of API v2: JSON bodies, what is redacted, and the limit.

use serde_json::{Value, json};

use super::{delete, get};
use crate::testing::FakeStripe;

const PATH: &str = "/v2/core/event_destinations";

fn thin() -> Value {
    json!({
        "name": "shop",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": ["v1.customer.updated"],
        "webhook_endpoint": { "url": "https://shop.example" },
        "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
    })
}

async fn post(stripe: &FakeStripe, path: &str, body: &Value) -> (u16, Value) {
    let answer = super::post(stripe, path, &body.to_string()).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn the_secret_is_shown_once_and_the_url_if_asked_for() {
    let stripe = FakeStripe::start().await.unwrap();
    let (status, created) = post(&stripe, PATH, &thin()).await;
    assert_eq!(status, 200, "{created}");

    let secret = created["webhook_endpoint"]["signing_secret"].as_str();
    assert!(secret.unwrap().starts_with("whsec_"), "{created}");
    let id = created["id"].as_str().unwrap();
    let one = format!("{PATH}/{id}");

    let include = "include[0]=webhook_endpoint.signing_secret&include[1]=webhook_endpoint.url";
    for (query, url) in [("", Value::Null), (include, json!("https://shop.example"))] {
        for path in [one.clone(), PATH.to_owned()] {
            let found = get(&stripe, &format!("{path}?{query}")).await.body;
            let found = found["data"].get(0).unwrap_or(&found);
            assert_eq!(found["webhook_endpoint"]["url"], url, "{path}?{query}");
            assert_eq!(found["webhook_endpoint"]["signing_secret"], Value::Null);
        }
    }
}

#[tokio::test]
async fn a_destination_is_disabled_enabled_pinged_and_deleted() {
    let stripe = FakeStripe::start().await.unwrap();
    let (_, created) = post(&stripe, PATH, &thin()).await;
    let one = format!("{PATH}/{}", created["id"].as_str().unwrap());

    let (_, disabled) = post(&stripe, &format!("{one}/disable"), &json!({})).await;
    assert_eq!(disabled["status"], "disabled");
    assert_eq!(disabled["status_details"]["disabled"]["reason"], "user");
    let (_, enabled) = post(&stripe, &format!("{one}/enable"), &json!({})).await;
    assert_eq!(
        (&enabled["status"], &enabled["status_details"]),
        (&json!("enabled"), &Value::Null)
    );

    let (_, event) = post(&stripe, &format!("{one}/ping"), &json!({})).await;
    assert_eq!(event["type"], "v2.core.event_destination.ping");
    assert_eq!(event["related_object"]["id"], created["id"]);
    let fetched = format!("/v2/core/events/{}", event["id"].as_str().unwrap());
    assert_eq!(get(&stripe, &fetched).await.body, event);

    assert_eq!(delete(&stripe, &one).await.status, 200);
    let gone = get(&stripe, &one).await;
    assert_eq!(gone.error(), (404, Some("not_found"), None));
}

#[tokio::test]
async fn what_stripe_refuses_is_refused() {
    let stripe = FakeStripe::start().await.unwrap();
    let check = async |change: Value| {
        let mut body = thin();
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let (status, answer) = post(&stripe, PATH, &body).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (400, &json!("invalid_fields")),
            "{change}"
        );
    };
    check(json!({ "name": null })).await;
    check(json!({ "event_payload": "fat" })).await;
    check(json!({ "enabled_events": [] })).await;
    check(json!({ "enabled_events": ["*"] })).await;
    check(json!({ "enabled_events": ["customer.updated"] })).await;
    check(json!({ "event_payload": "snapshot" })).await;
    check(json!({ "events_from": ["@everybody"] })).await;
    check(json!({ "webhook_endpoint": {} })).await;

    let form = super::post(&stripe, PATH, "name=shop").await;
    assert_eq!(form.error(), (400, Some("invalid_fields"), None));
}

#[tokio::test]
async fn sixteen_fit_webhook_endpoints_included() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "object": "webhook_endpoint", "url": "https://shop.example" }));
    for number in 1..16 {
        let (status, answer) = post(&stripe, PATH, &thin()).await;
        assert_eq!(status, 200, "{number} {answer}");
    }
    let (status, answer) = post(&stripe, PATH, &thin()).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (400, &json!("limit_exceeded"))
    );
}
