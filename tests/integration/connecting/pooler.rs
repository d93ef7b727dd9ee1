//! Through a real PgBouncer, of a version that keeps prepared statements and of one that doesn't
//! (`"pgbouncer"` of the test command leaves these tests out).

use std::collections::BTreeSet;
use std::time::SystemTime;

use djstripe_core::signature::sign;
use djstripe_core::store::{EventState, Store, StoreError, StoreOptions};
use djstripe_core::testing::http_client;
use djstripe_core::{Builder, Djstripe, receivers};
use djstripe_tests::chaos::effects;
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::process::{Server, run};
use djstripe_tests::{TestDatabase, wait};
use futures_util::future::join_all;
use tokio_postgres::{Client, NoTls};

use super::bouncer::{Bouncer, Setup, Version};
use crate::log::Log;

const SECRET: &str = "whsec_pooler";
const EVENTS: usize = 200;
/// As many as the connections to the server that PgBouncer may have.
const OTHERS: usize = 20;
const REFUSED: &str = "a pooler gives each transaction another connection to PostgreSQL and loses \
     prepared statements: let it pool sessions (PgBouncer: `pool_mode = session`), or take \
     PgBouncer 1.21 or newer with `max_prepared_statements` above 0, or connect to the server \
     itself";

const OLD_SESSIONS: Setup = Setup {
    version: Version::Old,
    pool_mode: "session",
    more: "",
};
const OLD_TRANSACTIONS: Setup = Setup {
    version: Version::Old,
    pool_mode: "transaction",
    more: "",
};
const NEW_SESSIONS: Setup = Setup {
    version: Version::New,
    pool_mode: "session",
    more: "",
};
const NEW_TRANSACTIONS: Setup = Setup {
    version: Version::New,
    pool_mode: "transaction",
    more: "",
};
const NEW_WITHOUT_STATEMENTS: Setup = Setup {
    more: "max_prepared_statements = 0",
    ..NEW_TRANSACTIONS
};

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn one(client: &Client, sql: &str) -> String {
    let messages = client.simple_query(sql).await.unwrap();
    messages
        .iter()
        .find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
        .unwrap_or_default()
}

/// What other clients find on the connections of the pooler, all of which they get at once.
async fn nothing_is_left(url: &str) {
    const LEFT: &str = "SELECT coalesce(string_agg(what, ' '), '') FROM ( \
         SELECT pg_listening_channels() AS what \
         UNION ALL SELECT name || '=' || setting FROM pg_settings WHERE source = 'session' \
         AND name NOT IN ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', \
         'standard_conforming_strings')) AS left_over";

    let others = join_all((0..OTHERS).map(|_| client(url))).await;
    join_all(others.iter().map(|it| it.batch_execute("BEGIN"))).await;
    let mut processes = BTreeSet::new();
    for other in &others {
        assert_eq!(one(other, LEFT).await, "");
        processes.insert(one(other, "SELECT pg_backend_pid()").await);
    }
    assert_eq!(processes.len(), OTHERS);
}

/// Events that two processes receive and process through the pooler, each exactly once.
async fn check_two_processes(setup: Setup) {
    let database = TestDatabase::postgres().await;
    let bouncer = Bouncer::start(setup);
    let url = bouncer.url(&database);
    let program = env!("CARGO_BIN_EXE_counter");
    let mut migrate = std::process::Command::new(program);
    migrate.args(["migrate", "--database-url", &url]);
    let (status, _, errors) = run(migrate).await;
    assert_eq!(status, 0, "{errors}");

    let servers = [(); 2].map(|()| Server::start_program(program.as_ref(), &url, SECRET));
    let http = http_client();
    let deliveries = (0..EVENTS).map(|number| {
        let id = format!("evt_{number}");
        let body = event_json(&id, "invoice.paid", &format!("in_{number}"));
        let signature = sign(body.as_bytes(), SECRET, SystemTime::now());
        let request = http.post(servers[number % 2].url()).body(body);
        request.header("stripe-signature", signature).send()
    });
    for answer in join_all(deliveries).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    tokio::task::block_in_place(|| servers[0].wait_until_processed());
    let effects = effects(&database.connect(StoreOptions::default()).await).await;
    let effects = effects.unwrap();
    assert_eq!(effects.len(), EVENTS);
    assert!(effects.values().all(|times| *times == 1), "{effects:?}");

    // Of sessions, the pooler has none left while the servers have theirs.
    if setup.pool_mode == "transaction" {
        nothing_is_left(&url).await;
    }
    drop(servers);
    nothing_is_left(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_transactions_of_a_new_one() {
    check_two_processes(NEW_TRANSACTIONS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_sessions_of_an_old_one() {
    check_two_processes(OLD_SESSIONS).await;
}

fn builder(url: &str) -> Builder {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(url)
        .connections(4)
        .receivers(receivers::built_in())
}

/// An application that works, and what it logs while another one, without workers, stores an event.
async fn log_of_worker(builder: Builder, database: &TestDatabase) -> String {
    let log = Log::default();
    let _guard = log.start(tracing::Level::INFO);
    let app = builder.build().await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let workers = tokio::spawn({
        let app = app.clone();
        async move { app.work(stopped).await }
    });

    // LISTEN works, or is given up, before the event comes.
    let server = client(database.url()).await;
    let listens = "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND query LIKE 'LISTEN %'";
    let is_settled =
        async || log.text().contains("LISTEN, without which") || one(&server, listens).await == "1";
    wait::until(is_settled).await;
    let other = self::builder(database.url()).build().await.unwrap();
    let body = event_json("evt_1", "product.created", "prod_1");
    other.receive(signed(body, SECRET)).await.unwrap();
    wait::until(async || {
        let counts = app.store().state_counts().await.unwrap();
        counts.get(EventState::Processed) == 1
    })
    .await;
    stop.send_replace(true);
    workers.await.unwrap();
    log.text()
}

#[tokio::test]
async fn listening_is_given_up_where_it_would_hear_nothing() {
    let check = async |setup: Setup, is_direct: bool, expected: Option<&str>| {
        let database = TestDatabase::postgres().await;
        let bouncer = Bouncer::start(setup);
        let url = bouncer.url(&database);
        let builder = match is_direct {
            true => builder(&url).direct_database_url(database.url()),
            false => builder(&url),
        };
        let log = log_of_worker(builder, &database).await;
        let told: Vec<&str> = log.lines().filter(|line| line.contains("LISTEN")).collect();
        match expected {
            None => assert_eq!(told, Vec::<&str>::new()),
            Some(expected) => {
                assert_eq!(told.len(), 1, "{told:?}");
                for part in ["ERROR", "workers poll every 0.5 s", expected] {
                    assert!(told[0].contains(part), "{told:?}");
                }
            }
        }
    };
    let pooled = "a pooler gives each transaction another connection, where nobody can listen; \
         give the server's own address as the direct URL";
    check(NEW_TRANSACTIONS, false, Some(pooled)).await;
    check(NEW_TRANSACTIONS, true, None).await;
    check(NEW_SESSIONS, false, None).await;
    check(OLD_SESSIONS, false, None).await;
}

/// A direct URL that leads to another database, where a process would wait for ever.
#[tokio::test]
async fn a_direct_url_of_another_database_is_found_out() {
    let (database, other) = (
        TestDatabase::postgres().await,
        TestDatabase::postgres().await,
    );
    let log = Log::default();
    let _guard = log.start(tracing::Level::WARN);
    let builder = builder(database.url()).direct_database_url(other.url());
    let app = builder.build().await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let work = async {
        wait::until(async || {
            log.text()
                .contains("does the direct URL lead to another database?")
        })
        .await;
        stop.send_replace(true);
    };
    tokio::join!(app.work(stopped), work);

    let sqlite = TestDatabase::sqlite();
    let builder = self::builder(sqlite.url()).direct_database_url(database.url());
    let error = builder.open_store().await.unwrap_err();
    assert!(matches!(error, StoreError::DirectUrl), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_loses_prepared_statements_is_refused() {
    let round_robin = "server_round_robin = 1";
    for setup in [
        OLD_TRANSACTIONS,
        Setup {
            more: round_robin,
            ..OLD_TRANSACTIONS
        },
        NEW_WITHOUT_STATEMENTS,
    ] {
        let database = TestDatabase::postgres().await;
        let bouncer = Bouncer::start(setup);
        let url = bouncer.url(&database);
        let check = async || {
            let refused = Store::connect(&url, StoreOptions::default()).await;
            assert_eq!(refused.unwrap_err().to_string(), REFUSED);
        };
        check().await;

        // Other clients come in between.
        let busy = tokio::spawn({
            let url = url.clone();
            async move {
                let clients = join_all((0..6).map(|_| client(&url))).await;
                loop {
                    for client in &clients {
                        let _ = client.simple_query("SELECT 1").await;
                    }
                }
            }
        });
        for _ in 0..5 {
            check().await;
        }
        busy.abort();

        let mut stats = std::process::Command::new(env!("CARGO_BIN_EXE_counter"));
        stats.args(["stats", "--database-url", &url]);
        let (status, _, errors) = run(stats).await;
        assert_eq!((status, errors), (1, format!("error: {REFUSED}\n")));
    }
}

#[tokio::test]
async fn one_that_takes_no_transactions_is_refused() {
    for setup in [OLD_TRANSACTIONS, NEW_TRANSACTIONS] {
        let database = TestDatabase::postgres().await;
        let bouncer = Bouncer::start(Setup {
            pool_mode: "statement",
            ..setup
        });
        let refused = builder(&bouncer.url(&database)).open_store().await;
        let expected = match setup.version {
            Version::Old => "PoolsTransactions",
            Version::New => "PoolsStatements",
        };
        assert_eq!(format!("{:?}", refused.unwrap_err()), expected);
    }
}

#[tokio::test]
async fn a_pooler_that_leaves_out_the_schema_is_refused() {
    let database = TestDatabase::postgres().await;
    let bouncer = Bouncer::start(Setup {
        more: "ignore_startup_parameters = options",
        ..OLD_SESSIONS
    });
    let builder = builder(&bouncer.url(&database)).schema("billing");
    let error = builder.open_store().await.unwrap_err();
    assert!(matches!(error, StoreError::IgnoredSchema), "{error:?}");
}
