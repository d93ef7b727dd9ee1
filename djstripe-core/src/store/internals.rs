//! What this project's own tests and benchmarks need of the store, and applications don't.

pub use super::events::stats::RunCounts;
pub use super::events::work::{
    Claim, EventOutcome, Insertion, Lease, NewDelivery, NewEvent, ReceiverRun, Settlement,
};
pub use super::objects::rows::{ObjectRow, RowSource};
pub use super::outbox::request::NewEffect;
pub use super::outbox::rows::EffectNames;
pub use super::outbox::work::{ClaimedEffect, EffectOutcome};
pub use super::queue::Queue;
pub use super::transaction::Transaction;

use super::backend::connection::Db;
use super::backend::store::Store;
use super::error::StoreError;
use super::objects::rows::Upserted;
use super::objects::unstorable::Unstorable;
use super::row::TableName;
use crate::timestamp::Timestamp;

/// The queue of a database.
pub fn queue(store: &Store) -> Queue {
    store.queue()
}

/// Begins a transaction as for a receiver.
///
/// # Errors
/// [`StoreError::Query`] and the errors of connecting.
pub async fn begin(store: &Store) -> Result<Transaction, StoreError> {
    store.begin().await
}

/// Records the runs of receivers in a transaction of their own.
///
/// # Errors
/// The errors of [`Transaction::commit`].
pub async fn record_runs(store: &Store, runs: &[ReceiverRun]) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    runs.iter()
        .for_each(|run| transaction.checkpoint(run.clone()));
    transaction.commit().await
}

/// Writes observations of objects in a transaction of their own.
///
/// # Errors
/// [`StoreError::Query`] and the errors of connecting.
pub async fn upsert_objects(
    store: &Store,
    table: TableName,
    rows: &[ObjectRow<'_>],
) -> Result<Vec<Result<Upserted, Unstorable>>, StoreError> {
    store.upsert_objects(table, rows).await
}

/// Writes observations of objects in the transaction of a connection.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn upsert_objects_in(
    db: &mut Db<'_>,
    table: TableName,
    rows: &[ObjectRow<'_>],
) -> Result<Vec<Result<Upserted, Unstorable>>, StoreError> {
    db.upsert_objects(table, rows).await
}

/// Requests an effect in the transaction of a connection, due at once.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn request_effect(db: &mut Db<'_>, effect: NewEffect) -> Result<(), StoreError> {
    let now = Timestamp::now();
    db.insert_effect(effect, now, now).await
}

/// Those of `ids` that no stored event has.
///
/// # Errors
/// [`StoreError::Query`] and the errors of connecting.
pub async fn missing_events(store: &Store, ids: &[&str]) -> Result<Vec<String>, StoreError> {
    store.missing_events(ids).await
}

/// Those of `ids` that the table has no row for.
///
/// # Errors
/// [`StoreError::Query`] and the errors of connecting.
pub async fn missing_objects(
    store: &Store,
    table: TableName,
    account: &str,
    livemode: bool,
    ids: &[&str],
) -> Result<Vec<String>, StoreError> {
    store.missing_objects(table, account, livemode, ids).await
}

/// How the last runs of each receiver ended.
///
/// # Errors
/// [`StoreError::Query`] and the errors of connecting.
pub async fn run_counts(store: &Store) -> Result<Vec<RunCounts>, StoreError> {
    store.run_counts().await
}

/// Removes the rows of processes that were killed, and counts that are too old.
///
/// # Errors
/// [`StoreError::Query`] and the errors of connecting.
pub async fn remove_old_records(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    store.remove_old_records(now).await
}
