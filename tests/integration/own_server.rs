//! A web server of the application's own: with workers, and without. On both backends.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use djstripe_core::reconcile::{ReconcileError, ReconcileOptions};
use djstripe_core::signature::sign;
use djstripe_core::store::{EventState, Timestamp};
use djstripe_core::testing::http_client;
use djstripe_core::{Builder, Djstripe, State, http, metrics, receivers, stripe_receiver};
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::registry::receivers;
use djstripe_tests::wait::until;
use djstripe_tests::{TestDatabase, on_both_backends};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot, watch};
use tracing::Level;

use crate::log::Log;

const SECRET: &str = "whsec_own_server";

/// What the log and the probe say.
const NO_WORKER: &str = "events wait and no worker of any process takes them";

/// What the receiver and the slow route tell the test, and wait for.
#[derive(Default)]
struct Gate {
    began: Notify,
    goes_on: Notify,
}

impl Gate {
    async fn pass(&self) {
        self.began.notify_one();
        self.goes_on.notified().await;
    }
}

#[stripe_receiver("invoice.paid", id = "own_server::ship")]
async fn ship(gate: State<Arc<Gate>>) {
    gate.pass().await;
}

fn builder(database: &TestDatabase) -> Builder {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database.url())
}

async fn deliver(base: &str, path: &str, id: &str) -> u16 {
    let body = event_json(id, "invoice.paid", "in_1");
    let signature = sign(body.as_bytes(), SECRET, SystemTime::now());
    let request = http_client().post(format!("{base}{path}"));
    let request = request.header("stripe-signature", signature).body(body);
    request.send().await.unwrap().status().as_u16()
}

async fn ask(base: &str, path: &str) -> (u16, String) {
    let answer = http_client().get(format!("{base}{path}"));
    let answer = answer.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_processes_and_finishes_what_is_under_way() {
    on_both_backends(async |database| {
        let (shipping, page) = (Arc::new(Gate::default()), Arc::new(Gate::default()));
        let app = builder(&database)
            .state(Arc::clone(&shipping))
            .receivers(receivers(|id| id == "own_server::ship"))
            .build()
            .await
            .unwrap();

        let slow = Arc::clone(&page);
        let peer = async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string();
        let routes = Router::new()
            .route("/peer", get(peer))
            .route(
                "/slow",
                get(async move || {
                    slow.pass().await;
                    "done"
                }),
            )
            .merge(http::router_at("/hooks/", app.clone()))
            .fallback(async || "my own fallback");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let store = app.store().clone();
        let server = tokio::spawn(http::serve(app, routes, listener, async {
            stopped.await.unwrap();
        }));

        assert_eq!(ask(&base, "/peer").await, (200, "127.0.0.1".to_owned()));
        assert_eq!(ask(&base, "/other").await.1, "my own fallback");
        assert_eq!(deliver(&base, "/hooks/", "evt_0").await, 200);
        let unknown = "/hooks/11111111-1111-1111-1111-111111111111";
        assert_eq!(deliver(&base, unknown, "evt_0").await, 404);
        shipping.began.notified().await;
        shipping.goes_on.notify_one();

        assert_eq!(deliver(&base, "/stripe/webhook", "evt_1").await, 200);
        shipping.began.notified().await;
        let request = tokio::spawn({
            let base = base.clone();
            async move { ask(&base, "/slow").await }
        });
        page.began.notified().await;

        stop.send(()).unwrap();
        until(async || http_client().get(&base).send().await.is_err()).await;
        assert!(
            !server.is_finished(),
            "a request and an event are under way"
        );
        page.goes_on.notify_one();
        shipping.goes_on.notify_one();
        assert_eq!(request.await.unwrap(), (200, "done".to_owned()));
        server.await.unwrap().unwrap();
        let event = store.event("evt_1").await.unwrap().unwrap().0;
        assert_eq!(event.state, EventState::Processed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_refuses_to_reconcile_without_a_key_or_all_the_time() {
    on_both_backends(async |database| {
        let check = async |builder: Builder, interval: Duration| {
            let builder = builder.reconcile_every(interval, ReconcileOptions::default());
            let app = builder.receivers([]).build().await.unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let served = http::serve(app, Router::new(), listener, std::future::pending()).await;
            match served.unwrap_err() {
                http::ServeError::Reconcile(error) => error,
                other => panic!("{other:?}"),
            }
        };

        let (minute, never) = (Duration::from_secs(60), Duration::ZERO);
        assert!(matches!(
            check(builder(&database), minute).await,
            ReconcileError::NoClient
        ));
        assert!(matches!(
            check(builder(&database).secret_key("sk_test_1"), never).await,
            ReconcileError::TooOften { .. }
        ));
    })
    .await;
}

#[tokio::test]
async fn a_router_alone_is_noticed_on_sqlite() {
    a_router_alone_is_noticed(&TestDatabase::sqlite()).await;
}

#[tokio::test]
async fn a_router_alone_is_noticed_on_postgresql() {
    a_router_alone_is_noticed(&TestDatabase::postgres().await).await;
}

/// A server that stores events and runs no worker, until the test starts one.
async fn a_router_alone_is_noticed(database: &TestDatabase) {
    let (log, recorder) = (Log::default(), PrometheusBuilder::new().build_recorder());
    let _logging = log.start(Level::ERROR);
    let _recording = ::metrics::set_default_local_recorder(&recorder);
    let metric = || {
        let text = recorder.handle().render();
        let value = text.lines().find_map(|line| {
            let (name, value) = line.split_once(' ')?;
            (name == metrics::UNATTENDED).then(|| value.parse::<f64>().unwrap())
        });
        value.unwrap_or_default()
    };

    let builder = builder(database).receivers(receivers::built_in());
    let app = builder.build().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let routes = http::router(app.clone()).merge(http::probes(app.clone()));
    let server = tokio::spawn(axum::serve(listener, routes).into_future());
    let ready = (200, "ready".to_owned());

    assert_eq!(deliver(&base, "/stripe/webhook", "evt_1").await, 200);
    assert_eq!(ask(&base, "/readyz").await, ready, "it has not waited yet");
    assert_eq!(check(database).await, None);

    // The process that stores says it by itself.
    until(async || log.text().contains(NO_WORKER)).await;
    assert!(
        log.text().contains("ERROR") && metric() >= 15.0,
        "{}",
        metric()
    );
    let (status, body) = ask(&base, "/readyz").await;
    assert_eq!(status, 200, "deliveries can be stored");
    assert!(
        body.starts_with("ready\n") && body.contains(NO_WORKER),
        "{body}"
    );
    assert_eq!(check(database).await.as_deref(), Some("error"));

    // Nobody is to take events while the workers are paused.
    app.store().pause(Timestamp::now()).await.unwrap();
    assert_eq!(ask(&base, "/readyz").await, ready);
    assert_eq!(check(database).await.as_deref(), Some("warning"));
    app.store().resume().await.unwrap();

    // A worker anywhere is enough: the database is asked, not the process.
    let elsewhere = Djstripe::builder().database_url(database.url());
    let elsewhere = elsewhere.receivers(receivers::built_in()).workers_only();
    let elsewhere = elsewhere.build().await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(async move { elsewhere.work(stopped).await });
    until(async || ask(&base, "/readyz").await == ready).await;
    assert_eq!(check(database).await, None);
    let (watcher, watched) = (app.clone(), stop.subscribe());
    let watching = tokio::spawn(async move { watcher.watch_backlog(watched).await });
    until(async || metric() == 0.0).await;

    stop.send_replace(true);
    worker.await.unwrap();
    watching.await.unwrap();
    server.abort();
}

/// The severity of what the command `check` finds about workers.
async fn check(database: &TestDatabase) -> Option<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
    command
        .args(["check", "--json"])
        .env("DATABASE_URL", database.url())
        .env("STRIPE_WEBHOOK_SECRET", SECRET)
        .env_remove("STRIPE_SECRET_KEY")
        .stdin(Stdio::null());
    // The tables of the program itself.
    let mut migrate = Command::new(env!("CARGO_BIN_EXE_counter"));
    migrate
        .arg("migrate")
        .env("DATABASE_URL", database.url())
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || {
        assert!(migrate.status().unwrap().success());
        command.output()
    });
    let output = output.await.unwrap().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    output.lines().find_map(|line| {
        let finding: serde_json::Value = serde_json::from_str(line).unwrap();
        let is_wanted = finding["point"] == "workers";
        is_wanted.then(|| finding["severity"].as_str().unwrap().to_owned())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_busy_elsewhere_counts() {
    on_both_backends(async |database| {
        let gate = Arc::new(Gate::default());
        let app = builder(&database)
            .state(Arc::clone(&gate))
            .receivers(receivers(|id| id == "own_server::ship"))
            .build()
            .await
            .unwrap();
        let (stop, stopped) = watch::channel(false);
        let worker = tokio::spawn({
            let app = app.clone();
            async move { app.work(stopped).await }
        });

        // The second event of the object waits for the first.
        let later = Timestamp::now() + Duration::from_secs(30);
        for id in ["evt_1", "evt_2"] {
            let body = event_json(id, "invoice.paid", "in_1");
            app.receive(signed(body, SECRET)).await.unwrap();
        }
        gate.began.notified().await;
        assert_eq!(app.store().unattended_since(later).await.unwrap(), None);

        // The lease of a dead worker counts until it has expired.
        worker.abort();
        let _ = worker.await;
        let expired = later + Duration::from_secs(60);
        let unattended = app.store().unattended_since(expired).await.unwrap();
        assert!(unattended.is_some());
        drop(stop);
    })
    .await;
}
