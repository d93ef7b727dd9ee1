//! Connecting, and unreachable databases.

use std::time::Duration;

use djstripe_core::__internals::{begin, queue};
use djstripe_core::store::diesel::{self, sql_query};
use djstripe_core::store::diesel_async::RunQueryDsl;
use djstripe_core::store::{Store, StoreError, StoreOptions};
use djstripe_tests::{TestDatabase, on_both_backends};

use super::{event, insert};

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_database_is_a_passing_error_without_the_password() {
    for url in [
        "postgres://user:secret@127.0.0.1:1/shop",
        "sqlite:/no/such/folder/shop.db",
    ] {
        let error = Store::connect(url, StoreOptions::default())
            .await
            .unwrap_err();
        assert!(
            matches!(error, StoreError::Connect(_)) && error.is_transient(),
            "{url}: {error}"
        );
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_debug_output_shows_the_url() {
    on_both_backends(async |database| {
        let store = database.store().await;
        assert!(!format!("{store:?}").contains("test"), "{store:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_encrypted_and_the_server_checked_as_sslmode_asks() {
    let database = TestDatabase::postgres().await;
    let Ok(authority) = std::env::var("DJSTRIPE_TEST_POSTGRES_CA") else {
        panic!("this test needs PostgreSQL: run `cargo xtask test`");
    };
    let elsewhere = database.url().replace("127.0.0.1", "localhost");
    let check = async |url: &str, query: &str, expected: Option<bool>| {
        let connected = Store::connect(&format!("{url}{query}"), StoreOptions::default()).await;
        let encrypted = match connected {
            Ok(store) => Some(is_encrypted(&store).await),
            Err(StoreError::Connect(_)) => None,
            Err(error) => panic!("{query}: {error}"),
        };
        assert_eq!(encrypted, expected, "{url}{query}");
    };

    check(database.url(), "", Some(true)).await;
    check(database.url(), "?sslmode=disable", Some(false)).await;
    for mode in ["require", "verify-ca", "verify-full"] {
        let with_authority = format!("?sslmode={mode}&sslrootcert={authority}");
        check(database.url(), &with_authority, Some(true)).await;
        check(database.url(), &format!("?sslmode={mode}"), None).await;
        // As in libpq, verify-ca doesn't ask for the name.
        let expected = (mode == "verify-ca").then_some(true);
        check(&elsewhere, &with_authority, expected).await;
    }
    check(&elsewhere, "", Some(true)).await;
}

async fn is_encrypted(store: &Store) -> bool {
    #[derive(diesel::QueryableByName)]
    struct Encrypted {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        ssl: bool,
    }
    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    let select = sql_query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    let encrypted: Encrypted = select.get_result(db.postgres().unwrap()).await.unwrap();
    encrypted.ssl
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_by_the_server_is_replaced() {
    let database = TestDatabase::postgres().await;
    let mut options = StoreOptions::default();
    options.connections = 2;
    let store = database.connect(options).await;
    store.migrate().await.unwrap();

    let mut session = store.session().await.unwrap();
    let cut = sql_query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()",
    );
    let mut db = session.db().unwrap();
    cut.execute(db.postgres().unwrap()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;

    insert(&store, &[event("evt_1", "cus_1", 1)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_connection_has_an_end() {
    let database = TestDatabase::postgres().await;
    let mut options = StoreOptions::default();
    options.connections = 1;
    options.connect_timeout = Duration::from_secs(1);
    let store = database.connect(options).await;

    let transaction = begin(&store).await.unwrap();
    let error = begin(&store).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Exhausted { .. }) && error.is_transient(),
        "{error}"
    );

    drop(transaction);
    begin(&store).await.unwrap();
}

#[test]
fn a_single_threaded_runtime_may_drop_a_running_operation() {
    let database = TestDatabase::sqlite();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = database.store().await;
        let events: Vec<_> = (0..500)
            .map(|index| event(&format!("evt_{index}"), "cus_1", index))
            .collect();

        let dropped = tokio::time::timeout(
            Duration::from_micros(1),
            queue(&store).insert_events(&events),
        )
        .await;
        assert!(dropped.is_err(), "too quick to be dropped");
        insert(&store, &[event("evt_last", "cus_1", 1)]).await;
    });
}
