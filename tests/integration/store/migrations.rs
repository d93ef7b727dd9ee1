//! Any number of processes may start at once; a failed migration leaves nothing behind.

use djstripe_core::store::{Migration, MigrationSet, Store, StoreError, StoreOptions};
use djstripe_tests::{TestDatabase, on_both_backends};

const INBOX: [&str; 6] = [
    "inbox/0001_inbox",
    "inbox/0002_webhook_endpoint",
    "inbox/0003_account",
    "inbox/0004_pause",
    "inbox/0005_outbox",
    "inbox/0009_reconcile",
];

#[tokio::test(flavor = "multi_thread")]
async fn many_starts_at_once_migrate_once() {
    on_both_backends(async |database| {
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
    on_both_backends(async |database| {
        let store = with_shop(&database, "CREATE TABLE a (id text); CREATE TABLE b (id text)").await;
        let all = [&INBOX[..], &["shop/0001_shop"]].concat();
        assert_eq!(store.pending_migrations().await.unwrap(), all);
        assert_eq!(store.migrate().await.unwrap(), all);
        assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
        assert_eq!(store.migrate().await.unwrap(), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_migration_is_named_and_undoes_the_others() {
    on_both_backends(async |database| {
        let store = with_shop(&database, "CREATE TABLE a (id text); CREATE TABLE a (id text)").await;
        let error = store.migrate().await.unwrap_err();
        assert!(matches!(&error, StoreError::Migration { set, name, .. } if set == "shop" && name == "0001_shop"));
        assert_eq!(
            store.pending_migrations().await.unwrap().len(),
            INBOX.len() + 1,
            "the inbox's migrations were undone too"
        );
        let store = with_shop(&database, "CREATE TABLE a (id text)").await;
        assert_eq!(store.migrate().await.unwrap().len(), INBOX.len() + 1);
    })
    .await;
}

async fn with_shop(database: &TestDatabase, sql: &'static str) -> Store {
    let migration = vec![Migration { name: "0001_shop".into(), sql: sql.into() }];
    let mut options = StoreOptions::default();
    options.migrations.push(MigrationSet { name: "shop".into(), postgres: migration.clone(), sqlite: migration });
    database.connect(options).await
}
