//! Receiving: the response to each delivery, and the rows that are stored for it. On both backends.

use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, StatusCode};
use djstripe_core::__internals::begin;
use djstripe_core::signature::sign;
use djstripe_core::store::{Backend, EventFilter, EventState, StoreError};
use djstripe_core::{BuildError, Delivery, Djstripe, Receipt, WebhookError, http};
use djstripe_tests::delivery::signed_at;
use djstripe_tests::on_both_backends;

const SECRET: &str = "whsec_receive";

async fn app(database_url: &str) -> Djstripe {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database_url)
        .receivers([])
        .build()
        .await
        .unwrap()
}

/// A delivery of `body` signed with `secret`, `age` seconds ago.
fn delivery(body: &[u8], secret: &str, age: i64) -> Delivery {
    let now = SystemTime::now();
    let distance = Duration::from_secs(age.unsigned_abs());
    let at = if age < 0 {
        now + distance
    } else {
        now - distance
    };
    signed_at(body, secret, at)
}

async fn status(app: &Djstripe, delivery: Delivery) -> u16 {
    app.receive(delivery)
        .await
        .map_or_else(|error| error.status().as_u16(), |_| 200)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_delivery_gets_its_answer_and_is_kept() {
    on_both_backends(async |database| {
        let app = app(database.url()).await;
        let event = br#"{"id":"evt_1","type":"customer.updated"}"#;
        let mut kept = 0;
        let mut check = async |delivery: Delivery, expected: u16, is_kept: bool| {
            assert_eq!(
                status(&app, delivery.clone()).await,
                expected,
                "{delivery:?}"
            );
            kept += usize::from(is_kept);
            assert_eq!(
                app.store().deliveries(None, 100).await.unwrap().len(),
                kept,
                "{delivery:?}"
            );
        };

        check(Delivery::new(HeaderMap::new(), event.to_vec()), 400, false).await;
        check(delivery(event, "whsec_other", 0), 400, true).await;
        check(delivery(event, SECRET, 400), 400, true).await;
        check(delivery(event, SECRET, -400), 400, true).await;
        check(delivery(b"null", SECRET, 0), 400, true).await;
        check(delivery(b"[]", SECRET, 0), 400, true).await;
        check(delivery(b"{\"id\":\"evt_1\"}", SECRET, 0), 400, true).await;
        check(delivery(b"\xff\xfe", SECRET, 0), 400, true).await;
        check(delivery(b"{", SECRET, 0), 400, true).await;
        check(
            delivery(
                &vec![b' '; djstripe_core::DEFAULT_BODY_LIMIT + 1],
                SECRET,
                0,
            ),
            413,
            true,
        )
        .await;
        assert!(
            app.store()
                .events(&EventFilter::default())
                .await
                .unwrap()
                .is_empty()
        );
        check(delivery(event, SECRET, 0), 200, false).await;
        check(delivery(event, SECRET, 299), 200, false).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_delivery_is_accepted_and_stored_once() {
    on_both_backends(async |database| {
        let app = app(database.url()).await;
        let body = br#"{"id":"evt_1","type":"customer.updated"}"#;

        assert_eq!(
            app.receive(delivery(body, SECRET, 0)).await.unwrap(),
            Receipt::Stored
        );
        assert_eq!(
            app.receive(delivery(body, SECRET, 0)).await.unwrap(),
            Receipt::Duplicate
        );
        assert_eq!(
            app.store()
                .events(&EventFilter::default())
                .await
                .unwrap()
                .len(),
            1
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_copies_at_the_same_instant_one_is_stored() {
    on_both_backends(async |database| {
        let app = app(database.url()).await;
        let body = br#"{"id":"evt_1","type":"customer.updated"}"#;
        let copies = (0..8).map(|_| {
            let app = app.clone();
            tokio::spawn(async move { app.receive(delivery(body, SECRET, 0)).await.unwrap() })
        });
        let mut stored = 0;
        for copy in copies.collect::<Vec<_>>() {
            stored += u32::from(copy.await.unwrap() == Receipt::Stored);
        }
        assert_eq!(stored, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_or_jsonb_cannot_hold_is_kept_as_received() {
    on_both_backends(async |database| {
        let app = app(database.url()).await;
        let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
        let objects = [
            r#"{"id":"a","name":"\u0000"}"#,
            r#"{"name":"\ud800"}"#,
            "123456789012345678901234567890",
            &deep,
        ];
        for (number, object) in objects.iter().enumerate() {
            let id = format!("evt_{number}");
            let body = format!(
                r#"{{"id":"{id}","type":"customer.updated","data":{{"object":{object}}}}}"#
            );
            assert_eq!(
                status(&app, delivery(body.as_bytes(), SECRET, 0)).await,
                200,
                "{body}"
            );

            let (_, payload) = app.store().event(&id).await.unwrap().unwrap();
            assert_eq!(payload, body);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_name_is_stored_and_processed() {
    on_both_backends(async |database| {
        let app = app(database.url()).await;
        let body = br#"{"id":"evt_1","type":"customer.levitated"}"#;
        assert_eq!(status(&app, delivery(body, SECRET, 0)).await, 200);
        assert_eq!(app.work_until_idle().await.unwrap(), 1);
        let (event, _) = app.store().event("evt_1").await.unwrap().unwrap();
        assert_eq!(event.state, EventState::Processed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_starts_without_a_secret() {
    on_both_backends(async |database| {
        let refused = Djstripe::builder()
            .database_url(database.url())
            .receivers([])
            .build()
            .await;
        assert!(matches!(refused, Err(BuildError::Secret(_))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_only_a_post_to_the_endpoint_is_taken() {
    on_both_backends(async |database| {
        let app = app(database.url()).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, http::router(app)).await });
        let client = djstripe_core::testing::http_client();
        let body = r#"{"id":"evt_1","type":"customer.updated"}"#;
        let check = async |request: reqwest::RequestBuilder, expected: StatusCode| {
            let signature = sign(body.as_bytes(), SECRET, SystemTime::now());
            let response = request
                .header("stripe-signature", signature)
                .body(body)
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), expected);
        };
        let endpoint = format!("{base}/stripe/webhook");

        check(client.post(&endpoint), StatusCode::OK).await;
        check(client.get(&endpoint), StatusCode::METHOD_NOT_ALLOWED).await;
        check(client.put(&endpoint), StatusCode::METHOD_NOT_ALLOWED).await;
        check(
            client.post(format!("{endpoint}/11111111-1111-1111-1111-111111111111")),
            StatusCode::NOT_FOUND,
        )
        .await;
        check(client.post(format!("{base}/")), StatusCode::NOT_FOUND).await;

        let endless = vec![b'x'; djstripe_core::DEFAULT_BODY_LIMIT + 1024 * 1024];
        let response = client.post(&endpoint).body(endless).send().await;

        assert!(response.is_ok_and(|response| response.status() == StatusCode::PAYLOAD_TOO_LARGE));

        server.abort();
    })
    .await;
}

#[test]
fn the_database_away_is_answered_with_503() {
    let waited = Duration::from_secs(10);
    let error = WebhookError::from(StoreError::Exhausted { waited });
    assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_too_slow_is_answered_with_503_and_whatever_got_200_is_stored() {
    on_both_backends(async |database| {
        let app = app(database.url()).await;
        let mut slow = begin(app.store()).await.unwrap();
        let mut db = slow.db().await.unwrap();
        if db.backend() == Backend::Postgres {
            db.batch_execute("LOCK TABLE djstripe_event").await.unwrap();
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/stripe/webhook", listener.local_addr().unwrap());
        let server =
            tokio::spawn(async move { axum::serve(listener, http::router(app.clone())).await });
        let client = djstripe_core::testing::http_client();
        // More deliveries than may wait at a time, and than fit into one commit.
        let deliveries = (0..1_500).map(|number| {
            let body = format!(r#"{{"id":"evt_{number}","type":"customer.updated"}}"#);
            let signature = sign(body.as_bytes(), SECRET, SystemTime::now());
            let request = client
                .post(&endpoint)
                .header("stripe-signature", signature)
                .body(body);
            tokio::spawn(async move {
                let response = request.send().await.unwrap();
                (
                    response.status().as_u16(),
                    response.headers().contains_key("retry-after"),
                )
            })
        });
        let deliveries: Vec<_> = deliveries.collect();
        while !deliveries.iter().any(tokio::task::JoinHandle::is_finished) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        slow.rollback().await.unwrap();
        let mut counts = std::collections::BTreeMap::new();
        for delivery in deliveries {
            *counts.entry(delivery.await.unwrap()).or_insert(0) += 1;
        }
        let (stored, refused) = (counts[&(200, false)], counts[&(503, true)]);

        assert!(stored >= 1_024 && stored + refused == 1_500, "{counts:?}");

        let store = database.connect(Default::default()).await;
        assert_eq!(
            store.state_counts().await.unwrap().get(EventState::Pending),
            stored
        );

        server.abort();
    })
    .await;
}
