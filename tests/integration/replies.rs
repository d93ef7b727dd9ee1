//! A receiver answers the delivery that Stripe waits for. On both backends.

use std::sync::Mutex;
use std::time::Duration;

use djstripe_core::http;
use djstripe_core::models::IssuingAuthorization;
use djstripe_core::receiver::Reply;
use djstripe_core::signature::sign;
use djstripe_core::store::{EventState, Rerun};
use djstripe_core::testing::http_client;
use djstripe_core::{
    Builder, Djstripe, ProcessingMode, Receipt, Snapshot, State, Timestamp, receivers,
    stripe_receiver,
};
use djstripe_tests::{TestDatabase, delivery, on_both_backends, registry, wait};
use serde_json::{Value, json};

const SECRET: &str = "whsec_replies";
const NAME: &str = "issuing_authorization.request";

/// How often the receiver ran.
#[derive(Default)]
struct Runs(Mutex<u32>);

/// Approves small amounts; fails for 1, is too late for 2, and panics for 3.
#[stripe_receiver(
    "issuing_authorization.request",
    id = "replies::decide",
    timeout = "1500ms"
)]
async fn decide(
    asked: Snapshot<IssuingAuthorization>,
    runs: State<Runs>,
) -> Result<Reply, &'static str> {
    *runs.0.0.lock().unwrap() += 1;
    match asked.amount {
        Some(1) => Err("no such card"),
        Some(2) => {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            Err("too late")
        }
        Some(3) => panic!("boom"),
        Some(amount) if amount < 1_000 => Ok(Reply::approve().metadata("by", "shop")),
        _ => Ok(Reply::decline()),
    }
}

async fn open(database: &TestDatabase, configure: impl FnOnce(Builder) -> Builder) -> Djstripe {
    let own = registry::receivers(|id| id == "replies::decide");
    let builder = Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database.url())
        .state(Runs::default())
        .receivers(receivers::built_in().chain(own));
    configure(builder).build().await.unwrap()
}

fn event(amount: i64) -> (String, String) {
    let id = format!("evt_{amount}");
    let event = json!({
        "id": id, "object": "event", "type": NAME, "created": 1_700_000_000, "livemode": false,
        "api_version": djstripe_core::API_VERSION,
        "data": { "object": {
            "id": format!("iauth_{amount}"), "object": "issuing.authorization", "amount": amount,
        } },
    });
    (id, event.to_string())
}

async fn receive(app: &Djstripe, amount: i64) -> Receipt {
    let (_, body) = event(amount);
    app.receive(delivery::signed(body, SECRET)).await.unwrap()
}

fn answer(receipt: &Receipt) -> Option<Value> {
    match receipt {
        Receipt::Replied(reply) => Some(serde_json::from_str(&reply.body()).unwrap()),
        _ => None,
    }
}

/// Waits until all other receivers have run. In inline mode they run behind the answer, and a worker
/// of its own has what is run again.
async fn settle(app: &Djstripe) {
    app.work_until_idle().await.unwrap();
    wait::until_processed(app, Duration::from_secs(30))
        .await
        .unwrap();
}

fn runs(app: &Djstripe) -> u32 {
    *app.state::<Runs>().unwrap().0.lock().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_given_recorded_and_given_again() {
    on_both_backends(async |database| {
        for mode in [ProcessingMode::Background, ProcessingMode::Inline] {
            let app = open(&database, |builder| builder.mode(mode)).await;
            // Each mode has events of its own.
            let base = if mode == ProcessingMode::Inline {
                100
            } else {
                0
            };
            let approved = json!({ "approved": true, "metadata": { "by": "shop" } });
            let declined = json!({ "approved": false });
            for (amount, expected) in [(50 + base, &approved), (5_000 + base, &declined)] {
                let before = runs(&app);
                for _ in 0..2 {
                    let receipt = receive(&app, amount).await;
                    assert_eq!(answer(&receipt).as_ref(), Some(expected), "{amount}");
                }
                assert_eq!(runs(&app) - before, 1, "{amount}");

                // The other receivers run, and the answer stays in a replay.
                let (id, _) = event(amount);
                settle(&app).await;
                let store = app.store();
                store
                    .rerun(&[&id], Rerun::All, Timestamp::now())
                    .await
                    .unwrap();
                settle(&app).await;
                let receipt = receive(&app, amount).await;
                assert_eq!(answer(&receipt).as_ref(), Some(expected), "{amount}");
                assert_eq!(runs(&app) - before, 1, "{amount}");

                let recorded = store.receiver_runs(&id).await.unwrap();
                let run = recorded
                    .iter()
                    .find(|run| run.receiver == "replies::decide");
                let run = run.unwrap();
                let reply: Value = serde_json::from_str(run.reply.as_deref().unwrap()).unwrap();
                assert_eq!(&reply, expected);
                assert!(run.outcome.is_success() && run.took.is_some(), "{run:?}");
                let mirrored = recorded
                    .iter()
                    .any(|run| run.receiver.starts_with("djstripe::"));
                assert!(mirrored, "{recorded:?}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_missing_or_late_leaves_the_decision_to_stripe() {
    on_both_backends(async |database| {
        let app = open(&database, |builder| builder).await;
        for (amount, error) in [(1, "no such card"), (2, "longer than"), (3, "boom")] {
            let receipt = receive(&app, amount).await;
            assert_eq!(answer(&receipt), None, "{amount}");
            assert_eq!(receipt, Receipt::Stored, "{amount}");

            // It is not run again, and the operator sees it.
            app.work_until_idle().await.unwrap();
            let (id, _) = event(amount);
            let recorded = app.store().receiver_runs(&id).await.unwrap();
            let run = recorded
                .iter()
                .find(|run| run.receiver == "replies::decide")
                .unwrap();
            let told = run.outcome.error().unwrap();
            assert!(
                told.contains(error) && run.outcome.is_permanent(),
                "{run:?}"
            );
            let (stored, _) = app.store().event(&id).await.unwrap().unwrap();
            assert_eq!(stored.state, EventState::Dead, "{amount}");
        }
        assert_eq!(runs(&app), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_at_the_same_time_get_the_same_answer() {
    on_both_backends(async |database| {
        let app = open(&database, |builder| builder).await;
        let deliveries: Vec<_> = (0..8)
            .map(|_| {
                let app = app.clone();
                tokio::spawn(async move { receive(&app, 50).await })
            })
            .collect();
        for delivery in deliveries {
            let receipt = delivery.await.unwrap();
            let approved = json!({ "approved": true, "metadata": { "by": "shop" } });
            assert_eq!(answer(&receipt), Some(approved));
        }
        assert_eq!(runs(&app), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_response_carries_the_answer() {
    let database = TestDatabase::sqlite();
    let app = open(&database, |builder| builder).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = http::router(app);
    tokio::spawn(async move { axum::serve(listener, router).await });

    let (_, body) = event(5_000);
    let signature = sign(body.as_bytes(), SECRET, std::time::SystemTime::now());
    let response = http_client()
        .post(format!("http://{address}{}", http::WEBHOOK_PATH))
        .header("stripe-signature", signature)
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    assert_eq!(headers["stripe-version"], djstripe_core::API_VERSION);
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(response.text().await.unwrap(), r#"{"approved":false}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_answer_is_final_whatever_is_delivered_or_run_again() {
    on_both_backends(async |database| {
        let app = open(&database, |builder| builder).await;
        let (id, _) = event(1);
        assert_eq!(receive(&app, 1).await, Receipt::Stored);
        app.work_until_idle().await.unwrap();

        for rerun in [None, Some(Rerun::Unfinished), Some(Rerun::All)] {
            match rerun {
                None => assert_eq!(answer(&receive(&app, 1).await), None),
                Some(rerun) => {
                    let now = Timestamp::now();
                    app.store().rerun(&[&id], rerun, now).await.unwrap();
                }
            }
            app.work_until_idle().await.unwrap();
            assert_eq!(answer(&receive(&app, 1).await), None);
            app.work_until_idle().await.unwrap();
            let (stored, _) = app.store().event(&id).await.unwrap().unwrap();
            assert_eq!(stored.state, EventState::Dead);
        }
        assert_eq!(runs(&app), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_the_database_delays_is_not_given() {
    let database = TestDatabase::postgres().await;
    let app = open(&database, |builder| builder).await;
    let (client, connection) = tokio_postgres::connect(database.url(), tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let lock = "BEGIN; LOCK TABLE djstripe_receiver_run IN EXCLUSIVE MODE";
    client.batch_execute(lock).await.unwrap();

    let receiving = tokio::spawn({
        let app = app.clone();
        async move { receive(&app, 50).await }
    });
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    client.batch_execute("COMMIT").await.unwrap();
    assert_eq!(receiving.await.unwrap(), Receipt::Stored);
    let (id, _) = event(50);
    let recorded = app.store().receiver_runs(&id).await.unwrap();
    let run = recorded
        .iter()
        .find(|run| run.receiver == "replies::decide");
    let error = run.unwrap().outcome.error().unwrap();
    assert!(error.contains("Stripe waits 2s"), "{error}");
    assert_eq!(answer(&receive(&app, 50).await), None);
}
