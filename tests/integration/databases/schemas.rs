//! Several installations in one database, and how the tables are made.

use std::time::Duration;

use djstripe_tests::TestDatabase;

use super::{builder, execute, line, migrated, process_one};

const LOCKS: &str = "SELECT concat_ws(' ', djstripe_claim_lock(), djstripe_object_lock(), djstripe_channel()) AS line";

#[tokio::test(flavor = "multi_thread")]
async fn schemas_of_one_database_share_no_lock_and_no_channel() {
    let database = TestDatabase::postgres().await;
    let public = builder(database.url()).build().await.unwrap();
    let other = builder(database.url())
        .schema("other")
        .build()
        .await
        .unwrap();

    // Those of versions before this one, so that they exclude each other.
    let former = "7235722695297036289 1684697972 djstripe_event";
    assert_eq!(line(public.store(), LOCKS).await, former);
    let others = line(other.store(), LOCKS).await;
    let differ = others
        .split(' ')
        .zip(former.split(' '))
        .all(|(one, other)| one != other);
    assert!(differ, "{others}");

    // Somebody claims in one of them for as long as this is open.
    let mut session = public.store().session().await.unwrap();
    let hold = "BEGIN; SELECT pg_advisory_xact_lock(djstripe_claim_lock())";
    session.db().unwrap().batch_execute(hold).await.unwrap();
    let processed = tokio::time::timeout(Duration::from_secs(20), process_one(&other)).await;
    processed.unwrap();
}

/// Columns of objects that are not compressed with lz4.
const OTHERS: &str = "SELECT count(*)::text AS line FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid \
     WHERE relkind = 'r' AND relname LIKE 'stripe\\_%' AND attname = 'stripe_data' AND attcompression <> 'l'";

#[tokio::test(flavor = "multi_thread")]
async fn new_and_old_tables_say_themselves_how_they_are_compressed() {
    let database = TestDatabase::postgres().await;
    let store = migrated(database.url()).await;
    assert_eq!(line(&store, OTHERS).await, "0");

    // As before the migration that is about it.
    let before = "ALTER TABLE stripe_customer ALTER COLUMN stripe_data SET COMPRESSION default; \
         ALTER TABLE djstripe_delivery ALTER COLUMN body SET COMPRESSION default; \
         DELETE FROM djstripe_migration WHERE name = '0018_database'; \
         ALTER TABLE djstripe_migration DROP COLUMN older_programs; \
         DROP TABLE djstripe_heartbeat; \
         DROP FUNCTION djstripe_claim_lock(), djstripe_object_lock(), djstripe_channel()";
    execute(&store, before).await;
    assert_eq!(line(&store, OTHERS).await, "1");
    assert_eq!(store.migrate().await.unwrap(), ["inbox/0018_database"]);
    assert_eq!(line(&store, OTHERS).await, "0");
    let body = "SELECT attcompression::text AS line FROM pg_attribute \
         WHERE attrelid = 'djstripe_delivery'::regclass AND attname = 'body'";
    assert_eq!(line(&store, body).await, "l");
}
