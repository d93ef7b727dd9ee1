//! The client against the fake Stripe: retries, budget, pages, errors and keys, and no secret in
//! any output.

use std::time::{Duration, Instant};

use djstripe_core::client::{
    ApiKeys, Client, ClientError, ClientOptions, Direction, ErrorKind, Method, Priority,
    RateLimits, Request,
};
use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_core::{Djstripe, http};
use djstripe_tests::TestDatabase;
use djstripe_tests::process::{output, quickstart};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use crate::log::Log;

fn options(stripe: &FakeStripe) -> ClientOptions {
    let mut options = ClientOptions::default();
    options.base = stripe.base_url().to_owned();
    options.retries = 3;
    options.min_delay = Duration::from_millis(1);
    options.max_delay = Duration::from_millis(4);
    options.test = RateLimits {
        per_second: 1e6,
        per_resource: 1e6,
        in_flight: 64,
    };
    options
}

fn client(stripe: &FakeStripe, change: impl FnOnce(&mut ClientOptions)) -> Client {
    let mut options = options(stripe);
    change(&mut options);
    Client::new(ApiKeys::new([stripe.api_key()]).unwrap(), options).unwrap()
}

fn customer(id: &str) -> Value {
    json!({ "id": id, "object": "customer", "email": "ann@example.com" })
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_may_not_is_not() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(customer("cus_1"));
    let client = client(&stripe, |options| {
        options.timeout = Duration::from_millis(400)
    });
    let request = Request::retrieve("customer", "cus_1").unwrap();
    let check = async |fault: Fault, tries: usize, succeeds: bool| {
        stripe.clear_requests();
        stripe.fail_next(fault.clone());
        let answer = client.send(&request).await;
        assert_eq!(
            (stripe.requests().len(), answer.is_ok()),
            (tries, succeeds),
            "{fault:?} {answer:?}"
        );
    };
    for fault in [
        Fault::status(409),
        Fault::status(429),
        Fault::status(500),
        Fault::status(502),
        Fault::status(503),
        Fault::reset(),
        Fault::malformed(),
        Fault::slow(Duration::from_secs(2)),
    ] {
        check(fault.clone(), 2, true).await;
    }
    for status in [400, 401, 402, 403, 404] {
        check(Fault::status(status), 1, false).await;
    }

    check(Fault::status(500).should_retry(false), 1, false).await;
    check(Fault::status(400).should_retry(true), 2, true).await;
    check(Fault::status(503).times(4), 4, false).await;
}

#[tokio::test]
async fn retry_after_is_waited_out() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(customer("cus_1"));
    let client = client(&stripe, |_| {});
    let request = Request::retrieve("customer", "cus_1").unwrap();
    stripe.fail_next(Fault::status(429).retry_after(1));
    let start = Instant::now();
    client.send(&request).await.unwrap();

    assert!(
        start.elapsed() >= Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );

    // The client doesn't wait for an hour; its caller decides what to do.
    stripe.fail_next(Fault::status(429).retry_after(3_600));
    let error = client.send(&request).await.unwrap_err();

    assert_eq!(
        error.api().unwrap().retry_after,
        Some(Duration::from_secs(3_600))
    );
}

#[tokio::test]
async fn a_write_happens_once_however_often_it_is_sent() {
    let stripe = FakeStripe::start().await.unwrap();
    let client = client(&stripe, |_| {});
    // The connection is reset after the write was done.
    stripe.fail_next(Fault::reset().method("POST").times(2));
    let create = Request::create("customer")
        .unwrap()
        .params(json!({ "email": "a@b.c", "metadata": { "order": 7 } }));
    let created: Value = serde_json::from_str(client.send(&create).await.unwrap().json()).unwrap();

    assert_eq!(stripe.objects("customer").len(), 1);
    assert_eq!(created["metadata"], json!({ "order": "7" }));

    let keys: Vec<_> = stripe
        .requests()
        .into_iter()
        .map(|request| request.idempotency_key)
        .collect();

    assert!(
        keys.len() == 3 && keys.iter().all(|key| *key == keys[0] && key.is_some()),
        "{keys:?}"
    );

    let id = created["id"].as_str().unwrap();
    let update = Request::update("customer", id)
        .unwrap()
        .param("email", "new@b.c")
        .idempotency_key("own");
    client.send(&update).await.unwrap();

    assert_eq!(stripe.get("customer", id).unwrap()["email"], "new@b.c");

    let other = Request::update("customer", id)
        .unwrap()
        .param("email", "other@b.c")
        .idempotency_key("own");

    assert_eq!(
        client.send(&other).await.unwrap_err().api().unwrap().kind,
        ErrorKind::Idempotency
    );

    client
        .send(&Request::delete("customer", id).unwrap())
        .await
        .unwrap();

    assert!(stripe.get("customer", id).is_none());
}

#[tokio::test]
async fn lists_are_read_to_their_end_in_both_directions() {
    let stripe = FakeStripe::start().await.unwrap();
    for number in 0..250 {
        stripe.insert(json!({ "id": format!("cus_{number:03}"), "object": "customer", "created": 1_000 + number }));
    }
    let client = client(&stripe, |_| {});
    let read = async |request: Request, direction: Direction| {
        let pages: Vec<_> = client
            .pages(request, direction)
            .try_collect()
            .await
            .unwrap();
        let ids = pages.iter().flat_map(|page| &page.items).map(|item| {
            let item: Value = serde_json::from_str(item.get()).unwrap();
            item["id"].as_str().unwrap().to_owned()
        });
        (pages.len(), ids.collect::<Vec<String>>())
    };
    let list = || Request::list("customer").unwrap();
    let (pages, ids) = read(list(), Direction::Forwards).await;

    assert_eq!(
        (pages, ids.len(), &*ids[0], &*ids[249]),
        (3, 250, "cus_249", "cus_000")
    );

    let (pages, ids) = read(
        list().param("ending_before", "cus_009"),
        Direction::Backwards,
    )
    .await;

    assert_eq!((pages, ids.len(), &*ids[99]), (3, 240, "cus_010"));

    let (pages, ids) = read(
        list().params(json!({ "created": { "gte": 1_248 } })),
        Direction::Forwards,
    )
    .await;

    assert_eq!(
        (pages, ids),
        (1, vec!["cus_249".to_owned(), "cus_248".to_owned()])
    );
    assert_eq!(
        read(Request::list("charge").unwrap(), Direction::Forwards)
            .await
            .0,
        1
    );
    assert_eq!(stripe.requests().len(), 8, "one request for each page");
}

#[tokio::test]
async fn options_of_a_request_reach_stripe() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe
        .on("acct_1")
        .insert(json!({ "id": "ch_1", "object": "charge", "customer": "cus_1" }));
    stripe.on("acct_1").insert(customer("cus_1"));
    let client = client(&stripe, |_| {});
    let request = Request::retrieve("charge", "ch_1")
        .unwrap()
        .account("acct_1")
        .expand("customer");
    let answer = client
        .send(&request.clone().api_version("2024-06-20"))
        .await
        .unwrap();
    let charge: Value = serde_json::from_str(answer.json()).unwrap();

    assert_eq!(charge["customer"]["email"], "ann@example.com");

    let logged = stripe.requests().pop().unwrap();
    assert_eq!(
        (logged.account.as_deref(), logged.api_version.as_deref()),
        (Some("acct_1"), Some("2024-06-20"))
    );
    assert_eq!(answer.request_id(), Some(&*logged.request_id));

    let bound = client.bound_to(Some("acct_1"), false);
    bound
        .send(&Request::retrieve("charge", "ch_1").unwrap())
        .await
        .unwrap();
    let missing = client
        .send(&Request::retrieve("charge", "ch_1").unwrap())
        .await
        .unwrap_err();

    assert!(missing.is_gone(), "the platform has no such charge");
}

#[tokio::test]
async fn the_budget_keeps_to_a_limit_that_it_learns() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(customer("cus_1"));
    stripe.limit_rate(50);
    // The client starts with twice the rate that Stripe allows.
    let client = client(&stripe, |options| {
        options.test = RateLimits {
            per_second: 100.0,
            per_resource: 100.0,
            in_flight: 64,
        };
        options.retries = 10;
        options.max_delay = Duration::from_millis(500);
    });
    let requests = (0..200).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            let request = Request::retrieve("customer", "cus_1")
                .unwrap()
                .priority(Priority::Backfill);
            client.send(&request).await.map(drop)
        })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap().unwrap();
    }
    let refused = stripe
        .requests()
        .iter()
        .filter(|request| request.status == 429)
        .count();

    assert!(
        refused < 100,
        "{refused} of {} were refused",
        stripe.requests().len()
    );
}

#[tokio::test]
async fn errors_say_what_to_do() {
    let stripe = FakeStripe::start().await.unwrap();
    let client = client(&stripe, |options| options.retries = 0);
    let live = Request::retrieve("customer", "cus_1")
        .unwrap()
        .livemode(true);
    let text = client.send(&live).await.unwrap_err().to_string();

    assert!(
        text.contains("no secret key for live mode; set STRIPE_SECRET_KEY"),
        "{text}"
    );

    let text = client
        .send(&Request::retrieve("customer", "cus_1").unwrap())
        .await
        .unwrap_err()
        .to_string();

    assert!(
        text.starts_with(
            "Stripe responded with 404 resource_missing: No such customer: 'cus_1' (request req_"
        ),
        "{text}"
    );

    let mut nowhere = options(&stripe);
    nowhere.base = "http://127.0.0.1:9".to_owned();
    nowhere.retries = 0;
    let nowhere = Client::new(ApiKeys::new(["sk_test_1"]).unwrap(), nowhere).unwrap();
    let error = nowhere
        .send(&Request::new(Method::Get, "/v1/balance"))
        .await
        .unwrap_err();

    assert!(matches!(error, ClientError::Connection(_)), "{error}");

    let mut odd = ClientOptions::default();
    odd.base = "stripe".to_owned();

    assert!(matches!(
        Client::new(ApiKeys::default(), odd),
        Err(ClientError::Base { .. })
    ));
}

const KEY: &str = "sk_test_veryverysecret";
const SIGNING: &str = "whsec_veryverysecret";

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_logs_debug_or_errors() {
    let log = Log::default();
    let guard = log.start(tracing::Level::TRACE);

    let stripe = FakeStripe::start().await.unwrap();
    let database = TestDatabase::sqlite();
    let builder = Djstripe::builder()
        .webhook_secret(SIGNING)
        .secret_key(KEY)
        .api_base(stripe.base_url())
        .database_url(database.url())
        .receivers([])
        .client_options(|options| options.retries = 0);

    let mut seen = format!("{builder:?}");
    let app = builder.build().await.unwrap();
    let client = app.client().unwrap();
    seen += &format!("{app:?} {client:?}");

    let echo = format!("Invalid API Key provided: {KEY}");
    stripe.fail_next(Fault::error(401, "", &echo, None));
    for request in [
        Request::new(Method::Get, "/v1/balance"),
        Request::retrieve("customer", "cus_1").unwrap(),
    ] {
        let error = client.send(&request).await.map(|answer| answer.into_json());
        seen += &format!("{error:?} {request:?}");
        seen += &error
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
    }

    let refused = app
        .receive(djstripe_core::Delivery::new(Default::default(), "{}"))
        .await
        .unwrap_err();
    seen += &format!("{refused:?} {refused} {:?}", http::router(app.clone()));
    for wrong in ["sk_test_", "pk_test_veryverysecret", SIGNING] {
        let error = ApiKeys::new([wrong]).unwrap_err();
        seen += &format!("{error:?} {error}");
    }

    drop(guard);
    seen += &log.text();

    assert!(
        seen.contains("stripe_request") && seen.contains("request_id"),
        "{seen}"
    );
    assert!(!seen.contains("veryverysecret"), "{seen}");

    // The help of a program, which shows its settings, has no secret either.
    let help = output(
        std::process::Command::new(quickstart())
            .arg("--help")
            .env("STRIPE_SECRET_KEY", KEY),
    );

    assert!(!help.contains("veryverysecret"), "{help}");
}
