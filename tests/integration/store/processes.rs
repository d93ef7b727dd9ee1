//! Several processes on one database, killed at any moment.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use djstripe_core::store::diesel::sql_types::BigInt;
use djstripe_core::store::diesel::{self, sql_query};
use djstripe_core::store::{EventState, Store};
use djstripe_core::with_db;
use djstripe_tests::{TestDatabase, on_both_backends, on_both_empty};

use super::{event, insert};

fn process(command: &str, database: &TestDatabase) -> Child {
    let mut process = Command::new(env!("CARGO_BIN_EXE_store-process"));
    process
        .args([command, database.url()])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_migrate_once() {
    on_both_empty(async |database| {
        let processes: Vec<_> = (0..6).map(|_| process("migrate", &database)).collect();
        let mut applied = String::new();
        for process in processes {
            let output = process.wait_with_output().unwrap();
            let written = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{written}");
            applied.push_str(&written);
        }

        let mut names: Vec<&str> = applied.lines().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(
            (names[0], names.len()),
            ("inbox/0001_inbox", count),
            "each once"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_workers_lose_nothing_and_repeat_nothing() {
    on_both_backends(async |database| {
        const EVENTS: i64 = 200;
        let store = database.store().await;
        let mut session = store.session().await.unwrap();
        session
            .db()
            .unwrap()
            .batch_execute("CREATE TABLE effect (event_id text NOT NULL)")
            .await
            .unwrap();
        let events: Vec<_> = (0..EVENTS)
            .map(|index| {
                event(
                    &format!("evt_{index}"),
                    &format!("cus_{}", index % 25),
                    index,
                )
            })
            .collect();
        insert(&store, &events).await;

        let mut workers: Vec<_> = (0..3).map(|_| process("work", &database)).collect();
        for round in 0..15_usize {
            tokio::time::sleep(Duration::from_millis(25 + (round as u64 * 37) % 60)).await;
            let index = round * 7 % workers.len();
            let killed = std::mem::replace(&mut workers[index], process("work", &database));
            kill(killed);
        }

        let start = Instant::now();
        while processed(&store).await < EVENTS && start.elapsed() < Duration::from_secs(30) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        workers.into_iter().for_each(kill);

        assert_eq!(processed(&store).await, EVENTS);
        assert_eq!(
            effects(&store).await,
            (EVENTS, EVENTS),
            "all effects, different effects"
        );
    })
    .await;
}

fn kill(mut worker: Child) {
    worker.kill().unwrap();
    let output = worker.wait_with_output().unwrap();
    assert_eq!(
        output.status.code(),
        None,
        "it exited before it was killed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

async fn processed(store: &Store) -> i64 {
    store
        .state_counts()
        .await
        .unwrap()
        .get(EventState::Processed)
}

async fn effects(store: &Store) -> (i64, i64) {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        all: i64,
        #[diesel(sql_type = BigInt)]
        different: i64,
    }

    let select =
        sql_query("SELECT count(*) AS \"all\", count(DISTINCT event_id) AS different FROM effect");
    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    let count: Count = with_db!(db, connection => select.get_result(connection).await).unwrap();
    (count.all, count.different)
}
