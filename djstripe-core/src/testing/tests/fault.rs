use std::time::{Duration, Instant};

use serde_json::json;

use super::super::Fault;
use super::{FakeStripe, TestResponse, get, post, send};

/// What a client sees of one request.
async fn outcome(stripe: &FakeStripe) -> Result<TestResponse, reqwest::Error> {
    send(stripe, "GET", "/v1/customers/cus_1", "", &[]).await
}

async fn with_customer() -> FakeStripe {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "object": "customer", "id": "cus_1" }));
    stripe
}

#[tokio::test]
async fn each_fault_is_what_it_says() {
    let stripe = with_customer().await;
    let check = async |fault: Fault,
                       status: u16,
                       kind: &str,
                       code: Option<&str>,
                       headers: &[(&str, Option<&str>)]| {
        let name = format!("{fault:?}");
        stripe.fail_next(fault);
        let response = outcome(&stripe).await.unwrap();
        assert_eq!(
            (response.status, response.body["error"]["code"].as_str()),
            (status, code),
            "{name}"
        );
        assert_eq!(response.body["error"]["type"], kind, "{name}");
        for (header, expected) in headers {
            assert_eq!(response.header(header), *expected, "{name}");
        }
        assert_eq!(stripe.requests().pop().unwrap().status, status, "{name}");
        assert_eq!(
            outcome(&stripe).await.unwrap().status,
            200,
            "the fault is used up: {name}"
        );
    };

    let (api, invalid, retry) = ("api_error", "invalid_request_error", "stripe-should-retry");
    check(
        Fault::status(500),
        500,
        api,
        None,
        &[(retry, None), ("retry-after", None)],
    )
    .await;
    check(
        Fault::status(503).should_retry(false),
        503,
        api,
        None,
        &[(retry, Some("false"))],
    )
    .await;
    check(
        Fault::status(409),
        409,
        invalid,
        Some("lock_timeout"),
        &[(retry, Some("true"))],
    )
    .await;
    check(
        Fault::status(409).should_retry(false),
        409,
        invalid,
        Some("lock_timeout"),
        &[(retry, Some("false"))],
    )
    .await;
    check(Fault::status(401), 401, invalid, None, &[]).await;
    check(Fault::status(400), 400, invalid, None, &[]).await;

    let limited = [
        ("stripe-rate-limited-reason", Some("endpoint-rate")),
        ("retry-after", Some("7")),
    ];
    check(
        Fault::rate_limited("endpoint-rate").retry_after(7),
        429,
        invalid,
        Some("rate_limit"),
        &limited,
    )
    .await;

    let global = [
        ("stripe-rate-limited-reason", Some("global-rate")),
        ("retry-after", None),
    ];
    check(
        Fault::status(429),
        429,
        invalid,
        Some("rate_limit"),
        &global,
    )
    .await;
    check(
        Fault::missing(),
        404,
        invalid,
        Some("resource_missing"),
        &[],
    )
    .await;
    check(
        Fault::error(402, "card_declined", "No.", Some("source")),
        402,
        invalid,
        Some("card_declined"),
        &[],
    )
    .await;

    stripe.fail_next(Fault::missing());
    let missing = outcome(&stripe).await.unwrap();
    assert_eq!(
        missing.body["error"]["message"],
        "No such customer: 'cus_1'"
    );
}

#[tokio::test]
async fn connections_break_answers_are_nonsense_or_late() {
    let stripe = with_customer().await;
    stripe.fail_next(Fault::reset());
    assert!(outcome(&stripe).await.is_err());
    assert_eq!(stripe.requests().pop().unwrap().status, 0);

    stripe.fail_next(Fault::malformed());
    let malformed = outcome(&stripe).await.unwrap();
    assert_eq!((malformed.status, malformed.body.is_string()), (200, true));

    stripe.fail_next(Fault::slow(Duration::from_millis(200)));
    let begin = Instant::now();
    assert_eq!(outcome(&stripe).await.unwrap().status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn what_a_broken_connection_asked_for_was_done() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.fail_next(Fault::reset());
    let make = async || {
        send(
            &stripe,
            "POST",
            "/v1/customers",
            "name=Ann",
            &[("idempotency-key", "k")],
        )
        .await
    };

    assert!(make().await.is_err());
    assert_eq!(
        make().await.unwrap().header("idempotent-replayed"),
        Some("true")
    );
    assert_eq!(stripe.objects("customer").len(), 1);
}

#[tokio::test]
async fn faults_wait_for_the_requests_they_are_meant_for() {
    let stripe = with_customer().await;
    stripe.fail_next(Fault::status(500).on("/v1/products").times(2));
    stripe.fail_next(Fault::status(503).method("POST"));
    stripe.fail_next(Fault::status(502).on("/v1/products").after(1));
    let mut seen = Vec::new();

    for path in [
        "/v1/customers",
        "/v1/products",
        "/v1/products",
        "/v1/products",
        "/v1/products",
    ] {
        seen.push(get(&stripe, path).await.status);
    }

    seen.push(post(&stripe, "/v1/customers", "").await.status);
    assert_eq!(seen, [200, 500, 500, 200, 502, 503]);
}

#[tokio::test]
async fn a_part_of_all_requests_fails_the_same_way_for_a_seed() {
    let run = async |seed: u64| {
        let stripe = with_customer().await;
        stripe.fault_rate(0.5, seed);
        for _ in 0..40 {
            let _ = outcome(&stripe).await;
        }
        let statuses: Vec<u16> = stripe
            .requests()
            .iter()
            .map(|request| request.status)
            .collect();
        stripe.fault_rate(0.0, seed);

        assert_eq!(outcome(&stripe).await.unwrap().status, 200);
        statuses
    };

    let (first, again, other) = (run(7).await, run(7).await, run(8).await);
    assert_eq!(first, again);
    assert_ne!(first, other);

    for status in [0, 200, 429, 500, 503] {
        assert!(
            first.iter().chain(&other).any(|seen| *seen == status),
            "{status}: {first:?} {other:?}"
        );
    }
}

#[tokio::test]
async fn more_than_the_limit_is_refused_for_a_second() {
    let stripe = with_customer().await;
    stripe.limit_rate(3);
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(outcome(&stripe).await.unwrap());
    }

    assert_eq!(
        answers
            .iter()
            .map(|answer| answer.status)
            .collect::<Vec<_>>(),
        [200, 200, 200, 429, 429]
    );
    assert_eq!(
        answers[4].header("stripe-rate-limited-reason"),
        Some("global-rate")
    );

    tokio::time::sleep(Duration::from_millis(1_050)).await;
    assert_eq!(outcome(&stripe).await.unwrap().status, 200);
}
