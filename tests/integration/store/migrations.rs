//! Any number of processes may start at once; a failed migration leaves nothing behind.

use std::time::Duration;

use djstripe_core::__internals::queue;
use djstripe_core::models::MIGRATIONS_SQLITE;
use djstripe_core::store::diesel::{self, sql_query};
use djstripe_core::store::{
    Backend, EventFilter, EventState, Migration, MigrationSet, RunOutcome, Store, StoreError,
    StoreOptions, Timestamp,
};
use djstripe_core::{Djstripe, with_db};
use djstripe_tests::{TestDatabase, on_both_empty};

const INBOX: &[&str] = &[
    "inbox/0001_inbox",
    "inbox/0002_webhook_endpoint",
    "inbox/0003_account",
    "inbox/0004_pause",
    "inbox/0005_outbox",
    "inbox/0006_queue",
    "inbox/0007_sync",
    "inbox/0008_reconcile",
    "inbox/0009_permanent",
    "inbox/0010_not_mirrored",
    "inbox/0011_sync_part",
    "inbox/0012_own_account",
    "inbox/0013_effects",
    "inbox/0014_runs",
    "inbox/0015_waiting_link",
    "inbox/0016_event_kind",
    "inbox/0017_destination",
    "inbox/0018_database",
    "inbox/0019_lists",
    "inbox/0020_version",
    "inbox/0021_operator",
    "inbox/0022_redaction",
    "inbox/0023_duration",
];

#[tokio::test(flavor = "multi_thread")]
async fn many_starts_at_once_migrate_once() {
    on_both_empty(async |database| {
        let start = |url: String| {
            tokio::spawn(async move {
                let store = Store::connect(&url, StoreOptions::default()).await.unwrap();
                store.migrate().await.unwrap()
            })
        };
        let starts: Vec<_> = (0..12).map(|_| start(database.url().to_owned())).collect();
        let mut applied = Vec::new();
        for task in starts {
            applied.extend(task.await.unwrap());
        }
        assert_eq!(applied, INBOX);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_migrations_are_named_until_they_ran() {
    on_both_empty(async |database| {
        let store = with_shop(
            &database,
            "CREATE TABLE a (id text); CREATE TABLE b (id text)",
        )
        .await;
        let all = [INBOX, &["shop/0001_shop"]].concat();
        assert_eq!(store.pending_migrations().await.unwrap(), all);
        assert_eq!(store.migrate().await.unwrap(), all);
        assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
        assert_eq!(store.migrate().await.unwrap(), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_migration_is_named_and_undoes_its_set() {
    on_both_empty(async |database| {
        let store = with_shop(&database, "CREATE TABLE a (id text); CREATE TABLE a (id text)").await;
        let error = store.migrate().await.unwrap_err();
        assert!(matches!(&error, StoreError::Migration { set, name, .. } if set == "shop" && name == "0001_shop"));
        // The sets before it have transactions of their own.
        assert_eq!(
            store.pending_migrations().await.unwrap(),
            ["shop/0001_shop"]
        );
        let store = with_shop(&database, "CREATE TABLE a (id text)").await;
        assert_eq!(store.migrate().await.unwrap(), ["shop/0001_shop"]);
    })
    .await;
}

async fn with_shop(database: &TestDatabase, sql: &'static str) -> Store {
    let migration = vec![Migration {
        name: "0001_shop".into(),
        sql: sql.into(),
    }];
    let mut options = StoreOptions::default();
    options.migrations.push(MigrationSet {
        name: "shop".into(),
        postgres: migration.clone(),
        sqlite: migration,
    });
    database.connect(options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_database_without_the_queue_keep_their_state() {
    on_both_empty(async |database| {
        let store = database.connect(StoreOptions::default()).await;
        migrate_before(&store, "inbox/0006_queue").await;
        let states = ["pending", "processing", "processed", "retrying", "dead"];
        for (index, state) in states.into_iter().enumerate() {
            let next = if ["processed", "dead"].contains(&state) {
                "NULL"
            } else {
                "5"
            };
            let insert = format!(
                "INSERT INTO djstripe_event (id, account, name, created, livemode, object_id, payload, state, \
                     attempts, next_attempt_at, last_error, fence, received_at) \
                 VALUES ('{state}', NULL, 'ping', {index}, false, 'cus_{index}', '{{}}', '{state}', 3, {next}, \
                     'why', 4, 1)"
            );
            execute(&store, &insert).await;
        }

        assert_eq!(store.migrate().await.unwrap()[0], "inbox/0006_queue");

        for event in store.events(&EventFilter::default()).await.unwrap() {
            assert_eq!(event.state.as_str(), event.id);
            let expected = match event.state {
                EventState::Processed => (0, None),
                _ => (3, Some("why")),
            };
            assert_eq!((event.attempts, event.last_error.as_deref()), expected);
        }
        let claims = queue(&store).claim("worker", 10, Timestamp::from_micros(5), Duration::from_secs(1))
            .await
            .unwrap();
        let ids: Vec<_> = claims
            .iter()
            .map(|claim| (&*claim.event_id, claim.attempts, claim.fence))
            .collect();
        assert_eq!(
            ids,
            [("pending", 4, 5), ("processing", 4, 5), ("retrying", 4, 5)]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn permanent_failures_of_an_older_version_stay_permanent() {
    on_both_empty(async |database| {
        let store = database.connect(StoreOptions::default()).await;
        migrate_before(&store, "inbox/0009_permanent").await;
        execute(
            &store,
            "INSERT INTO djstripe_receiver_run (event_id, receiver, outcome, attempts, error, finished_at) VALUES \
                 ('evt_1', 'a', 'succeeded', 1, NULL, 1), \
                 ('evt_1', 'b', 'failed', 2, 'receiver failed: permanent: yes', 2), \
                 ('evt_1', 'c', 'failed', 1, 'permanent: receiver failed: no such order', 3)",
        )
        .await;

        assert_eq!(store.migrate().await.unwrap()[0], "inbox/0009_permanent");

        let failed = |error: &str, permanent: bool| RunOutcome::Failed {
            error: error.to_owned(),
            permanent,
        };
        let runs = store.receiver_runs("evt_1").await.unwrap();
        let outcomes: Vec<_> = runs.into_iter().map(|run| run.outcome).collect();
        assert_eq!(
            outcomes,
            [
                RunOutcome::Succeeded,
                failed("receiver failed: permanent: yes", false),
                failed("receiver failed: no such order", true),
            ]
        );
    })
    .await;
}

/// What a SQLite database has: its columns and indexes.
const SCHEMA: &str = "SELECT tables.name || ' ' || columns.name || ' ' || columns.type || ' ' \
         || columns.\"notnull\" || ' ' || ifnull(columns.dflt_value, '') || ' ' || columns.pk || ' ' || columns.hidden AS line \
     FROM sqlite_schema AS tables JOIN pragma_table_xinfo(tables.name) AS columns \
     WHERE tables.type = 'table' AND tables.name LIKE 'stripe%' \
     UNION ALL SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name LIKE 'stripe%' \
     ORDER BY 1";

#[derive(diesel::QueryableByName)]
struct SchemaLine {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_database_has_what_the_migrations_would_give_it() {
    let schema = async |store: &Store| {
        let mut session = store.session().await.unwrap();
        let mut db = session.db().unwrap();
        let lines: Vec<SchemaLine> =
            with_db!(db, connection => sql_query(SCHEMA).load(connection).await).unwrap();
        lines.into_iter().map(|line| line.line).collect::<Vec<_>>()
    };

    let migrated = TestDatabase::empty_sqlite();
    let migrated = migrated.connect(StoreOptions::default()).await;
    for migration in MIGRATIONS_SQLITE {
        execute(&migrated, migration.sql).await;
    }
    let new = TestDatabase::empty_sqlite();
    let new = Djstripe::builder()
        .database_url(new.url())
        .open_store()
        .await
        .unwrap();
    new.migrate().await.unwrap();

    let expected = schema(&migrated).await;
    assert!(expected.len() > 2_000, "{}", expected.len());
    assert_eq!(schema(&new).await, expected);
}

/// Brings an empty database to where it was before a migration, as an older version did.
async fn migrate_before(store: &Store, migration: &str) {
    let folder = format!(
        "{}/../djstripe-core/migrations/{}",
        env!("CARGO_MANIFEST_DIR"),
        folder_of(store)
    );
    execute(
        store,
        "CREATE TABLE djstripe_migration (migration_set text NOT NULL, name text NOT NULL, \
             applied_at bigint NOT NULL, PRIMARY KEY (migration_set, name))",
    )
    .await;

    for name in INBOX.iter().take_while(|name| **name != migration) {
        let name = name.strip_prefix("inbox/").unwrap();
        let sql = std::fs::read_to_string(format!("{folder}/{name}.sql")).unwrap();
        execute(store, &sql).await;
        let applied = format!("INSERT INTO djstripe_migration VALUES ('inbox', '{name}', 1)");
        execute(store, &applied).await;
    }
}

async fn execute(store: &Store, sql: &str) {
    let mut session = store.session().await.unwrap();
    session.db().unwrap().batch_execute(sql).await.unwrap();
}

fn folder_of(store: &Store) -> &'static str {
    if store.backend() == Backend::Postgres {
        "postgres"
    } else {
        "sqlite"
    }
}
