//! A receiver's writes and its checkpoint commit together or not at all, even if the receiver
//! misbehaves.

use djstripe_core::__internals::{EventOutcome, Transaction, begin, record_runs};
use djstripe_core::store::diesel::sql_query;
use djstripe_core::store::diesel_async::AsyncConnection;
use djstripe_core::store::{Backend, EventState, Store, StoreError, diesel};
use djstripe_core::{Db, with_db};
use djstripe_tests::on_both_backends;

use super::{LATER, LEASE, TOOK, claim, event, insert, one_claim, run, settlement};

#[tokio::test(flavor = "multi_thread")]
async fn writes_checkpoint_and_state_commit_together() {
    on_both_backends(async |database| {
        let store = store_with_effects(&database).await;
        let claim = one_claim(&store).await;
        let mut transaction = begin(&store).await.unwrap();
        write(&mut transaction, "kept").await;
        transaction.checkpoint(run(&claim, "a", None));
        write(&mut transaction, "undone").await;
        transaction.undo().await.unwrap();
        transaction.checkpoint(run(&claim, "b", Some("no luck")));
        write(&mut transaction, "kept too").await;
        transaction.checkpoint(run(&claim, "c", None));
        transaction.settle(settlement(&claim, EventOutcome::Retrying { at: LATER }));

        transaction.commit().await.unwrap();

        assert_eq!(effects(&store).await, ["kept", "kept too"]);
        let runs = store.receiver_runs("evt_1").await.unwrap();
        let outcomes: Vec<_> = runs
            .iter()
            .map(|run| (&*run.receiver, run.outcome.is_success()))
            .collect();
        assert_eq!(outcomes, [("a", true), ("b", false), ("c", true)]);
        assert!(runs.iter().all(|run| run.took == Some(TOOK)), "{runs:?}");
        assert_eq!(
            store.event("evt_1").await.unwrap().unwrap().0.state,
            EventState::Retrying
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_when_the_lease_is_lost() {
    on_both_backends(async |database| {
        let store = store_with_effects(&database).await;
        let slow = one_claim(&store).await;
        let quick = claim(&store, 1, LATER + LEASE).await.pop().unwrap();
        let mut transaction = begin(&store).await.unwrap();
        write(&mut transaction, "too late").await;
        transaction.checkpoint(run(&slow, "a", None));
        let error = transaction.commit().await.unwrap_err();
        assert!(
            matches!(&error, StoreError::LeaseLost { events } if events == &["evt_1"]),
            "{error}"
        );
        assert!(!error.is_transient());

        let mut transaction = begin(&store).await.unwrap();
        write(&mut transaction, "in time").await;
        transaction.checkpoint(run(&quick, "a", None));
        transaction.commit().await.unwrap();
        assert_eq!(effects(&store).await, ["in time"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_succeeded_cannot_commit_again() {
    on_both_backends(async |database| {
        let store = store_with_effects(&database).await;
        let claim = one_claim(&store).await;
        for (effect, commits) in [("first", true), ("second", false)] {
            let mut transaction = begin(&store).await.unwrap();
            write(&mut transaction, effect).await;
            transaction.checkpoint(run(&claim, "a", None));
            assert_eq!(transaction.commit().await.is_ok(), commits, "{effect}");
        }
        assert_eq!(effects(&store).await, ["first"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_dropped_or_rolled_back_leaves_nothing_and_blocks_nobody() {
    on_both_backends(async |database| {
        let store = store_with_effects(&database).await;
        for _ in 0..20 {
            let mut transaction = begin(&store).await.unwrap();
            write(&mut transaction, "dropped").await;
            drop(transaction);
            let mut transaction = begin(&store).await.unwrap();
            write(&mut transaction, "rolled back").await;
            transaction.rollback().await.unwrap();
        }

        assert_eq!(effects(&store).await, [""; 0]);
        let mut transaction = begin(&store).await.unwrap();
        write(&mut transaction, "kept").await;
        transaction.commit().await.unwrap();
        assert_eq!(effects(&store).await, ["kept"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_aborted_halfway_through_a_query_leaves_nothing() {
    on_both_backends(async |database| {
        let store = store_with_effects(&database).await;
        for _ in 0..10 {
            let task = tokio::spawn({
                let store = store.clone();
                async move {
                    let mut transaction = begin(&store).await.unwrap();
                    loop {
                        write(&mut transaction, "aborted").await;
                    }
                }
            });
            tokio::time::sleep(std::time::Duration::from_millis(7)).await;
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        }

        let claim = one_claim(&store).await;
        let mut transaction = begin(&store).await.unwrap();
        write(&mut transaction, "kept").await;
        transaction.checkpoint(run(&claim, "a", None));
        transaction.commit().await.unwrap();
        assert_eq!(effects(&store).await, ["kept"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_ends_the_transaction_fails_loudly() {
    on_both_backends(async |database| {
        let store = store_with_effects(&database).await;
        let claim = one_claim(&store).await;
        for sql in ["COMMIT", "ROLLBACK", "COMMIT; BEGIN", "ROLLBACK; BEGIN"] {
            let mut transaction = begin(&store).await.unwrap();
            transaction
                .db()
                .await
                .unwrap()
                .batch_execute(sql)
                .await
                .unwrap();
            transaction.checkpoint(run(&claim, "a", None));
            let error = transaction.commit().await.unwrap_err();
            assert!(
                matches!(error, StoreError::TransactionEnded(_)),
                "{sql}: {error}"
            );

            let mut transaction = begin(&store).await.unwrap();
            transaction
                .db()
                .await
                .unwrap()
                .batch_execute(sql)
                .await
                .unwrap();
            transaction.checkpoint(run(&claim, "a", None));
            let error = transaction.db().await.unwrap_err();
            assert!(
                matches!(error, StoreError::TransactionEnded(_)),
                "{sql}: {error}"
            );
            drop(transaction);

            let mut transaction = begin(&store).await.unwrap();
            transaction
                .db()
                .await
                .unwrap()
                .batch_execute(sql)
                .await
                .unwrap();
            let error = transaction.undo().await.unwrap_err();
            assert!(
                matches!(error, StoreError::TransactionEnded(_)),
                "{sql}: {error}"
            );
        }
        assert!(
            store.receiver_runs("evt_1").await.unwrap().is_empty(),
            "no checkpoint without its transaction"
        );
        record_runs(&store, &[run(&claim, "a", None)])
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_of_the_receiver_is_a_savepoint() {
    on_both_backends(async |database| {
        let store = store_with_effects(&database).await;
        let claim = one_claim(&store).await;
        let mut transaction = begin(&store).await.unwrap();
        let mut db = transaction.db().await.unwrap();
        let undone = with_db!(db, connection => {
            sql_query("INSERT INTO effect (name) VALUES ('outer')").execute(connection).await.unwrap();
            connection
                .transaction(async |connection| {
                    sql_query("INSERT INTO effect (name) VALUES ('inner')").execute(connection).await?;
                    Err::<(), _>(diesel::result::Error::RollbackTransaction)
                })
                .await
        });
        assert_eq!(undone, Err(diesel::result::Error::RollbackTransaction));
        transaction.checkpoint(run(&claim, "a", None));
        transaction.commit().await.unwrap();
        assert_eq!(effects(&store).await, ["outer"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_statement_is_undone_alone() {
    on_both_backends(async |database| {
        let store = store_with_effects(&database).await;
        let claim = one_claim(&store).await;
        let mut transaction = begin(&store).await.unwrap();
        write(&mut transaction, "kept").await;
        transaction.checkpoint(run(&claim, "a", None));
        let mut db = transaction.db().await.unwrap();
        db.batch_execute("INSERT INTO no_such_table VALUES (1)")
            .await
            .unwrap_err();
        transaction.undo().await.unwrap();
        transaction.checkpoint(run(&claim, "b", Some("no such table")));
        transaction.commit().await.unwrap();
        assert_eq!(effects(&store).await, ["kept"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_commits_by_itself_and_taints_nobody() {
    on_both_backends(async |database| {
        let store = store_with_effects(&database).await;
        let mut session = store.session().await.unwrap();
        session
            .db()
            .unwrap()
            .batch_execute("INSERT INTO effect (name) VALUES ('kept')")
            .await
            .unwrap();
        let left_open = "BEGIN; INSERT INTO effect (name) VALUES ('left open')";
        session
            .db()
            .unwrap()
            .batch_execute(left_open)
            .await
            .unwrap();
        drop(session);
        insert(&store, &[event("evt_1", "cus_1", 1)]).await;
        assert_eq!(effects(&store).await, ["kept"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_of_the_other_backend_is_refused() {
    on_both_backends(async |database| {
        let store = database.store().await;
        let mut session = store.session().await.unwrap();
        let mut db = session.db().unwrap();
        let is_postgres = store.backend() == Backend::Postgres;
        assert_eq!(db.postgres().is_ok(), is_postgres);
        assert_eq!(db.sqlite().is_ok(), !is_postgres);
    })
    .await;
}

async fn store_with_effects(database: &djstripe_tests::TestDatabase) -> Store {
    let store = database.store().await;
    let mut session = store.session().await.unwrap();
    session
        .db()
        .unwrap()
        .batch_execute("CREATE TABLE effect (name text NOT NULL)")
        .await
        .unwrap();
    store
}

async fn write(transaction: &mut Transaction, name: &str) {
    let mut db: Db<'_> = transaction.db().await.unwrap();
    let insert = sql_query(format!("INSERT INTO effect (name) VALUES ('{name}')"));
    with_db!(db, connection => insert.execute(connection).await).unwrap();
}

async fn effects(store: &Store) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Effect {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    let select = sql_query("SELECT name FROM effect ORDER BY name");
    let rows: Vec<Effect> = with_db!(db, connection => select.load(connection).await).unwrap();
    rows.into_iter().map(|effect| effect.name).collect()
}
