//! The transaction in which receivers run, and connections without one.

mod failures;
pub(crate) mod open;
pub(crate) mod session;

use std::fmt;

use super::backend::connection::Db;
use super::backend::store::{Database, Store};
use super::backend::task::detach;
use super::error::StoreError;
use super::events::work::{ReceiverRun, Settlement};
use super::objects::versions::kept::KeptTypes;
use super::row::ReadRow;
use open::{OpenTransaction, Records, Refusal, TransactionError};

const BEGIN: &str = "begin a transaction";

/// A transaction for runs of receivers, their checkpoints and the settlements of their events. It
/// commits as a whole, provided that the leases still hold.
///
/// Each receiver runs behind a savepoint. It can't commit past the savepoint, and
/// [`undo`](Self::undo) reverts to it, so that runs of many receivers can share one commit.
///
/// Dropping a transaction rolls it back and closes its connection.
pub struct Transaction {
    open: OpenTransaction,
    /// Whether the next receiver needs a new savepoint, as a finished one has written behind the
    /// current one.
    needs_savepoint: bool,
    records: Records,
    kept: KeptTypes,
}

impl Store {
    /// Begins a transaction. On SQLite it waits for its turn among the writers of this process.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        let mut open = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => OpenTransaction::postgres(database.get().await?),
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => OpenTransaction::sqlite(database.writer().await?),
        };

        let kept = self.kept_types().clone();
        detach(async move {
            open.begin().await.map_err(|error| error.during(BEGIN))?;
            Ok(Transaction {
                open,
                needs_savepoint: false,
                records: Records::default(),
                kept,
            })
        })
        .await
    }
}

impl Transaction {
    /// The connection for the next receiver, behind a savepoint of its own.
    ///
    /// # Errors
    /// [`StoreError::TransactionEnded`] and [`StoreError::DroppedError`] if the receiver before it
    /// left the transaction unusable, and [`StoreError::Query`].
    pub async fn db(&mut self) -> Result<Db<'_>, StoreError> {
        if self.needs_savepoint {
            let renewed = self.open.renew_savepoint().await;
            renewed.map_err(|error| error.during(BEGIN))?;
            self.needs_savepoint = false;
        }
        let read_row = self.records.read_row.as_mut();
        let connection = self.open.connection()?;
        Ok(Db::new(connection, self.kept.clone()).with_read_row(read_row))
    }

    /// Commits only if the row is then still the version that was read.
    pub(crate) fn expect_row(&mut self, read: ReadRow) {
        self.records.read_row = Some(read);
    }

    /// Reverts the writes through the last [`db`](Self::db). Those of earlier receivers are kept.
    ///
    /// # Errors
    /// [`StoreError::TransactionEnded`] if the receiver ended the transaction; then all of it is
    /// lost.
    pub async fn undo(&mut self) -> Result<(), StoreError> {
        let undone = self.open.undo_savepoint().await;
        undone.map_err(|error| error.during("undo a receiver's writes"))
    }

    /// Adds the record of a run to the commit, together with the writes through the last
    /// [`db`](Self::db). For a failed run, [`undo`](Self::undo) those first.
    pub fn checkpoint(&mut self, run: ReceiverRun) {
        self.needs_savepoint = true;
        self.records.runs.push(run);
    }

    /// Keeps the writes through the last [`db`](Self::db) even if those through the next one are
    /// undone.
    pub(crate) fn keep(&mut self) {
        self.needs_savepoint = true;
    }

    /// Adds the settlement of an event to the commit.
    pub fn settle(&mut self, settlement: Settlement) {
        self.records.settlements.push(settlement);
    }

    /// Commits everything, if the leases of all checkpoints and settlements still hold. Finishes
    /// even if the caller is cancelled.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], [`StoreError::ObjectChanged`], [`StoreError::TransactionEnded`],
    /// [`StoreError::DroppedError`] or [`StoreError::Query`]; then the transaction was rolled back.
    /// Only if the connection broke during the commit itself, it may have been committed.
    pub async fn commit(self) -> Result<(), StoreError> {
        let Self {
            mut open, records, ..
        } = self;
        detach(async move {
            let committed = open.commit(records).await;
            let refusal = committed.map_err(|error| error.during("commit a transaction"))?;
            match refusal {
                None => Ok(()),
                Some(Refusal::LeaseLost(events)) => Err(StoreError::LeaseLost { events }),
                Some(Refusal::RowChanged) => Err(StoreError::ObjectChanged),
            }
        })
        .await
    }

    /// Rolls everything back. Unlike a drop it keeps the connection for others.
    ///
    /// # Errors
    /// [`StoreError::Query`]; then the connection is closed, and the database rolls the transaction
    /// back.
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        detach(async move {
            let rolled_back = self.open.rollback().await;
            rolled_back.map_err(|error| error.during("roll back a transaction"))
        })
        .await
    }
}

impl TransactionError {
    fn during(self, operation: &'static str) -> StoreError {
        match self {
            Self::SavepointGone(source) => StoreError::TransactionEnded(source),
            Self::StatementFailed(error) => StoreError::DroppedError { error },
            Self::Query(source) => StoreError::Query { operation, source },
            Self::NoConnection(error) => error,
        }
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Transaction")
            .field("runs", &self.records.runs.len())
            .finish_non_exhaustive()
    }
}
