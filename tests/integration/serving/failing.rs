//! A log that can't be written to ends nothing; a task that panics ends the process in an orderly way.

use std::net::SocketAddr;

use djstripe_core::store::{EventFilter, EventState};
use djstripe_core::testing::http_client;
use djstripe_core::{http, metrics};
use djstripe_tests::TestDatabase;
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::process::free_port;
use djstripe_tests::recorder::BrokenRecorder;
use djstripe_tests::wait::until;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::program::Program;
use super::{SECRET, builder, deliver, get};

const OWN_MAIN: &str = env!("CARGO_BIN_EXE_own-main");

#[tokio::test(flavor = "multi_thread")]
async fn a_log_whose_reader_has_gone_ends_nothing() {
    let database = TestDatabase::sqlite();
    let counter = env!("CARGO_BIN_EXE_counter");
    let arguments = ["serve", "--listen", "127.0.0.1:0"];
    let variables = [("RUST_LOG", "trace")];
    let mut program = Program::start(counter, &arguments, &variables, &database);
    let base = program.wait_for_base("listening on ");
    program.close_log();
    serves_and_stops(program, &base, &database).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_log_on_a_full_disk_ends_nothing() {
    let database = TestDatabase::sqlite();
    let address = format!("127.0.0.1:{}", free_port().unwrap());
    let full = std::fs::File::create("/dev/full").unwrap();
    let program = Program::start_with_log(full.into(), &["serve", "--listen", &address], &database);
    let base = format!("http://{address}");
    until(async || get(&base, "/readyz").await.is_some()).await;
    serves_and_stops(program, &base, &database).await;
}

async fn serves_and_stops(program: Program, base: &str, database: &TestDatabase) {
    for number in 1..=3 {
        let id = format!("evt_{number}");
        assert_eq!(deliver(base, "/stripe/webhook", &id).await, 200);
    }
    let unsigned = http_client().post(format!("{base}/stripe/webhook"));
    assert_eq!(unsigned.send().await.unwrap().status(), 400);

    let app = builder(database).workers_only().receivers([]);
    let app = app.build().await.unwrap();
    let store = app.store();
    until(async || {
        let counts = store.state_counts().await.unwrap();
        counts.get(EventState::Processed) == 3
    })
    .await;
    assert_eq!(get(base, "/readyz").await, Some((200, "ready".to_owned())));
    program.signal("TERM");
    assert_eq!(program.ended().await.0.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_panics_ends_the_process_with_a_failure() {
    // The effect is counted by the task that runs effects, and the counter panics.
    for (command, arguments) in [
        ("serve", &["--listen", "127.0.0.1:0", "--drain", "2s"][..]),
        ("work", &[]),
    ] {
        let database = TestDatabase::sqlite();
        let variables = [("OWN_MAIN_BROKEN_METRIC", metrics::EFFECTS)];
        let arguments = [&[command][..], arguments].concat();
        let app = builder(&database).webhook_secret(SECRET).receivers([]);
        let app = app.build().await.unwrap();
        let event = event_json("evt_1", "customer.created", "cus_1");
        app.receive(signed(event, SECRET)).await.unwrap();

        let mut program = Program::start(OWN_MAIN, &arguments, &variables, &database);
        if command == "serve" {
            let base = program.wait_for_base("listening on ");
            let failed = "the task `effects` panicked: ";
            until(async || {
                let answer = get(&base, "/readyz").await;
                answer.is_some_and(|(status, body)| status == 503 && body.starts_with(failed))
            })
            .await;
            // The drain has begun: deliveries are stored for another process.
            assert_eq!(deliver(&base, "/stripe/webhook", "evt_2").await, 200);
        }
        let (status, log) = program.ended().await;
        assert_eq!(status.code(), Some(1), "{log}");
        let line = log.lines().find(|line| {
            line.contains("ERROR") && line.contains("task=\"effects\"") && line.contains("broken")
        });
        assert!(line.is_some(), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_panics_leaves_running_events_their_time() {
    // The effect is counted by the task that runs effects, and the counter panics.
    for (command, arguments) in [("serve", &["--listen", "127.0.0.1:0"][..]), ("work", &[])] {
        let database = TestDatabase::sqlite();
        let app = builder(&database).webhook_secret(SECRET).receivers([]);
        let app = app.build().await.unwrap();
        let paid = event_json("evt_paid", "invoice.paid", "in_1");
        app.receive(signed(paid, SECRET)).await.unwrap();

        let variables = [
            ("OWN_MAIN_SLOW", "1"),
            ("OWN_MAIN_BROKEN_METRIC", metrics::EFFECTS),
        ];
        let arguments = [&[command][..], arguments].concat();
        let mut program = Program::start(OWN_MAIN, &arguments, &variables, &database);
        program.wait_for("shipping");
        let created = event_json("evt_created", "customer.created", "cus_1");
        app.receive(signed(created, SECRET)).await.unwrap();

        let (status, log) = program.ended().await;
        assert_eq!(status.code(), Some(1), "{log}");
        assert!(log.contains("the task `effects` panicked: "), "{log}");
        let processed = EventFilter {
            state: Some(EventState::Processed),
            name: Some("invoice.paid".to_owned()),
            ..EventFilter::default()
        };
        let processed = app.store().events(&processed).await.unwrap();
        assert_eq!(processed.len(), 1, "{log}");
    }
}

#[tokio::test]
async fn a_server_of_the_application_s_own_is_not_ready_once_a_task_has_panicked() {
    let database = TestDatabase::sqlite();
    let app = builder(&database).webhook_secret(SECRET).receivers([]);
    let app = app.build().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let routes = http::router(app.clone()).merge(http::probes(app.clone()));
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(axum::serve(listener, routes).into_future());
    assert_eq!(get(&base, "/readyz").await, Some((200, "ready".to_owned())));

    let broken = BrokenRecorder(metrics::PAUSED);
    let _recording = ::metrics::set_default_local_recorder(&broken);
    let (_stop, stopped) = watch::channel(false);
    let watching = tokio::spawn({
        let app = app.clone();
        async move { app.watch_backlog(stopped).await }
    });
    // Whoever awaits the task sees the panic as before.
    assert!(watching.await.unwrap_err().is_panic());
    let reason = "the task `backlog` panicked: the gauge is broken".to_owned();
    assert_eq!(get(&base, "/readyz").await, Some((503, reason)));
    server.abort();

    // A server that is started all the same ends at once.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let served = http::serve(app, axum::Router::new(), listener, std::future::pending()).await;
    let failure = served.unwrap_err();
    assert!(
        matches!(
            failure,
            http::ServeError::TaskFailed {
                task: "backlog",
                ..
            }
        ),
        "{failure:?}"
    );
}
