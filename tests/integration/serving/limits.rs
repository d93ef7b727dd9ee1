//! What strangers can use up: connections, and memory for bodies.

use axum::Router;
use djstripe_core::http::probes;
use djstripe_tests::TestDatabase;
use djstripe_tests::wait::until;
use tracing::Level;

use super::{Client, builder, deliver, get, serve};
use crate::log::Log;

#[tokio::test]
async fn silent_clients_do_not_keep_others_out() {
    let log = Log::default();
    let _logging = log.start(Level::WARN);
    let database = TestDatabase::sqlite();
    let base = serve(builder(&database).max_connections(2), probes).await;

    let silent = [Client::connect(&base), Client::connect(&base)];
    assert_eq!(deliver(&base, "/stripe/webhook", "evt_1").await, 200);
    assert_eq!(get(&base, "/readyz").await.unwrap().0, 200);
    let line = "the limit of connections is reached; closing idle ones limit=2";
    assert_eq!(log.text().matches(line).count(), 1, "{}", log.text());
    drop(silent);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_logged_with_its_size() {
    let log = Log::default();
    let _logging = log.start(Level::WARN);
    let database = TestDatabase::sqlite();
    let builder = builder(&database).body_limit(1_000);
    let base = serve(builder, |_| Router::new()).await;

    for (headers, body, size) in [
        ("content-length: 1001", vec![b'x'; 1_001], "size=\"1001\""),
        (
            "transfer-encoding: chunked",
            [b"800\r\n".to_vec(), vec![b'x'; 2_048], b"\r\n".to_vec()].concat(),
            "size=\"more than 1000\"",
        ),
    ] {
        let mut client = Client::connect(&base);
        client.post(headers).send(&body);
        let answer = client.read_until("\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        let text = log.text();
        let line = text.lines().find(|line| line.contains(size));
        let line = line.unwrap_or_else(|| panic!("{text}"));
        assert!(
            line.contains("limit=1000") && line.contains("remote_address=\"127.0.0.1\""),
            "{line}"
        );
    }
}

#[tokio::test]
async fn bodies_under_way_share_their_memory() {
    let log = Log::default();
    let _logging = log.start(Level::WARN);
    let database = TestDatabase::sqlite();
    let builder = builder(&database).body_limit(1_000).body_memory(1_500);
    let base = serve(builder, |_| Router::new()).await;

    // All but the last byte.
    let mut first = Client::connect(&base);
    first.post("content-length: 900").send(&[b' '; 899]);
    // It has arrived once there is no room for another one.
    let refused = "no memory is left for the bodies of deliveries";
    until(async || {
        let mut second = Client::connect(&base);
        second.post("content-length: 900").send(&[b' '; 900]);
        let answer = second.read_until("\r\n\r\n").await;
        let is_refused = answer.starts_with("HTTP/1.1 503");
        assert!(
            !is_refused || answer.contains("retry-after: 30"),
            "{answer}"
        );
        is_refused
    })
    .await;
    assert!(log.text().contains(refused), "{}", log.text());

    first.send(b" ");
    let answer = first.read_until("no signature").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    // Whether it is answered or not, its memory is free again.
    let mut third = Client::connect(&base);
    third.post("content-length: 900").send(&[b' '; 900]);
    let answer = third.read_until("no signature").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}
