//! A short run of chaos, and a worker that is stopped for longer than its lease: processes on
//! PostgreSQL.

use std::process::Command;
use std::time::{Duration, SystemTime};

use djstripe_core::signature::sign;
use djstripe_core::store::EventState;
use djstripe_core::store::diesel::sql_types::BigInt;
use djstripe_core::store::diesel::{QueryableByName, sql_query};
use djstripe_core::testing::http_client;
use djstripe_core::with_db;
use djstripe_tests::chaos::{self, Chaos};
use djstripe_tests::process::{Server, output};
use djstripe_tests::{TestDatabase, wait};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_whatever_happens() {
    let database = TestDatabase::postgres().await;
    let chaos = Chaos {
        seed: 7,
        events: 300,
        program: env!("CARGO_BIN_EXE_counter").into(),
        database_url: database.url().to_owned(),
        restart: None,
    };

    let report = chaos::run(&chaos).await.unwrap();
    assert!(report.violations.is_empty(), "{report:#?}");
    // The numbers depend on the machine, but on any machine something happens, and effects are
    // counted.
    assert!(
        report.kills + report.stops + report.cuts > 0 && report.effects > 20,
        "{report:?}"
    );
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_stopped_past_its_lease_cannot_commit() {
    const SECRET: &str = "whsec_stopped";

    let database = TestDatabase::postgres().await;
    let program = env!("CARGO_BIN_EXE_counter").as_ref();
    let stopped = Server::start_program(program, database.url(), SECRET);

    // The receiver writes, and stays in its transaction for another 1.5 seconds.
    let body = r#"{"id":"evt_slow","type":"invoice.paid","data":{"object":{"id":"in_1","object":"invoice"}}}"#;
    let signature = sign(body.as_bytes(), SECRET, SystemTime::now());
    let request = http_client()
        .post(stopped.url())
        .header("stripe-signature", signature);
    assert_eq!(request.body(body).send().await.unwrap().status(), 200);

    let store = database.connect(Default::default()).await;
    let state = async || store.event("evt_slow").await.unwrap().unwrap().0.state;
    wait::until(async || state().await == EventState::Processing).await;
    tokio::time::sleep(Duration::from_millis(300)).await;

    let signal = |name: &str| output(Command::new("kill").args([name, &stopped.id().to_string()]));
    signal("-STOP");

    // The lease expires, and the other process runs the event while the first one is stopped.
    let _other = Server::start_program(program, database.url(), SECRET);
    wait::until(async || state().await == EventState::Processed).await;

    signal("-CONT");
    tokio::time::sleep(Duration::from_secs(3)).await;

    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    let query = sql_query("SELECT count(*) AS count FROM effect");
    let counts: Vec<Count> = with_db!(db, connection => query.load(connection).await).unwrap();
    assert_eq!(counts[0].count, 1);

    // One run of `counter::count` and one of the mirror's receiver.
    let runs = store.receiver_runs("evt_slow").await.unwrap();
    assert_eq!(
        runs.iter().filter(|run| run.outcome.is_success()).count(),
        2
    );
}
