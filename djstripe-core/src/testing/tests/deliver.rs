use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use bytes::Bytes;
use serde_json::{Value, json};

use super::super::{DeliveryPlan, DeliveryReport};
use super::{FakeStripe, get};
use crate::webhook::signature::{DEFAULT_TOLERANCE, SigningSecrets, verify};

/// An endpoint that records the ids of its deliveries. `status` is called with the number of
/// deliveries of the event so far.
async fn endpoint(status: fn(usize) -> StatusCode) -> (String, Arc<Mutex<Vec<String>>>) {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let recorded = Arc::clone(&seen);
    let handler = move |body: Bytes| async move {
        let event: Value = serde_json::from_slice(&body).unwrap();
        let mut seen = recorded.lock().unwrap();
        let id = event["id"].as_str().unwrap().to_owned();
        seen.push(id.clone());
        status(seen.iter().filter(|other| **other == id).count())
    };

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move {
        axum::serve(listener, Router::new().route("/hook", post(handler))).await
    });

    (url, seen)
}

fn events(stripe: &FakeStripe, count: usize) -> Vec<Value> {
    (0..count)
        .map(|_| {
            stripe.emit(
                "customer.created",
                &json!({ "object": "customer", "id": "cus_1" }),
            )
        })
        .collect()
}

fn ids(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn events_are_snapshots_that_can_be_fetched() {
    let stripe = FakeStripe::start().await.unwrap();
    let customer = stripe.insert(json!({ "object": "customer", "id": "cus_1", "name": "Ann" }));
    stripe.advance(Duration::from_secs(100));
    let event = stripe.emit_with("customer.updated", &customer, json!({ "name": "Anne" }));
    stripe.update("customer", "cus_1", json!({ "name": "Bob" }));

    assert_eq!(
        (
            &event["data"]["object"]["name"],
            &event["data"]["previous_attributes"]["name"]
        ),
        (&json!("Ann"), &json!("Anne"))
    );
    assert_eq!(
        (&event["api_version"], event.get("account")),
        (&json!(crate::webhook::API_VERSION), None)
    );
    assert!(event["created"].as_i64() >= customer["created"].as_i64().map(|created| created + 100));

    let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
    assert_eq!(get(&stripe, &path).await.body, event);

    let theirs = stripe.on("acct_1").emit("customer.created", &customer);
    assert_eq!(theirs["account"], "acct_1");
    assert_eq!(get(&stripe, "/v1/events").await.ids(), ids(&[event]));
}

#[tokio::test]
async fn signed_events_are_genuine() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.advance(Duration::from_secs(1_000_000));
    let event = stripe.emit(
        "customer.created",
        &json!({ "object": "customer", "id": "cus_1" }),
    );
    let (body, header) = stripe.signed(&event);

    let check = |secret: &str| {
        let secrets = SigningSecrets::new([secret]).unwrap();
        let body = Bytes::from(body.clone());
        verify(
            body,
            Some(header.as_bytes()),
            &secrets,
            DEFAULT_TOLERANCE,
            SystemTime::now(),
        )
        .is_ok()
    };

    assert_eq!(
        (check(&stripe.webhook_secret()), check("whsec_other")),
        (true, false)
    );
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), event);
}

#[tokio::test]
async fn deliveries_keep_their_order_unless_shuffled() {
    let stripe = FakeStripe::start().await.unwrap();
    let events = events(&stripe, 20);
    let deliver = async |plan: DeliveryPlan| {
        let (url, seen) = endpoint(|_| StatusCode::OK).await;
        let delivered = stripe.deliver(&url, &events, &plan).await;
        assert_eq!(
            (delivered.failed, delivered.statuses.len()),
            (0, delivered.acknowledged)
        );

        let seen = seen.lock().unwrap().clone();
        assert_eq!(seen.len(), delivered.requests);
        seen
    };

    assert_eq!(deliver(DeliveryPlan::default()).await, ids(&events));

    let shuffled = DeliveryPlan {
        seed: 3,
        shuffle: true,
        ..DeliveryPlan::default()
    };

    let first = deliver(shuffled.clone()).await;
    assert_ne!(first, ids(&events));
    assert_eq!(first, deliver(shuffled).await);

    let twice = DeliveryPlan {
        duplicates: 1.0,
        concurrency: 8,
        delay: Duration::from_millis(5),
        ..DeliveryPlan::default()
    };
    let mut copies = BTreeMap::new();
    for id in deliver(twice).await {
        *copies.entry(id).or_insert(0) += 1;
    }

    assert_eq!(
        (copies.len(), copies.values().all(|copies| *copies == 2)),
        (20, true)
    );

    let some = deliver(DeliveryPlan {
        seed: 5,
        duplicates: 0.5,
        ..DeliveryPlan::default()
    })
    .await
    .len();

    assert!((21..40).contains(&some), "{some}");
}

#[tokio::test]
async fn what_is_refused_is_sent_again() {
    let stripe = FakeStripe::start().await.unwrap();
    let events = events(&stripe, 2);
    let (url, _) = endpoint(|copy| {
        if copy < 3 {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::OK
        }
    })
    .await;

    let plan = DeliveryPlan {
        tries: 2,
        ..DeliveryPlan::default()
    };
    let failed = stripe.deliver(&url, &events[..1], &plan).await;
    let expected = DeliveryReport {
        acknowledged: 0,
        failed: 1,
        requests: 2,
        statuses: vec![500],
    };

    assert_eq!(failed, expected);

    let undelivered = get(&stripe, "/v1/events?delivery_success=false").await;
    assert_eq!(
        undelivered.ids(),
        ids(&[events[1].clone(), events[0].clone()])
    );

    let expected = DeliveryReport {
        acknowledged: 2,
        failed: 0,
        requests: 4,
        statuses: vec![200, 200],
    };

    assert_eq!(
        stripe.deliver(&url, &events, DeliveryPlan::default()).await,
        expected
    );
    assert!(
        get(&stripe, "/v1/events?delivery_success=false")
            .await
            .ids()
            .is_empty()
    );
    assert_eq!(
        get(&stripe, "/v1/events?delivery_success=true")
            .await
            .ids()
            .len(),
        2
    );
}

#[test]
fn a_database_of_a_test_is_removed_with_it() {
    let database = crate::testing::TestDatabase::sqlite().unwrap();
    let file = database.url().strip_prefix("sqlite:").unwrap().to_owned();
    let folder = std::path::Path::new(&file).parent().unwrap().to_owned();
    assert!(folder.is_dir());
    drop(database);
    assert!(!folder.exists());
}
