//! A connection inside a transaction with a savepoint: BEGIN is depth 1 of diesel's transaction
//! manager, the savepoint behind which a receiver runs is depth 2. Diesel knows of both, so a
//! `transaction(..)` of the receiver nests.
//!
//! Invariant: a connection whose transaction wasn't committed or rolled back here is closed and
//! never used again.

use diesel::result::{Error as DieselError, QueryResult};

use super::failures::Failures;
use crate::store::backend::connection::Connection;
use crate::store::error::StoreError;
use crate::store::events::work::{ReceiverRun, Settlement};
use crate::store::objects::stored::{VersionRow, select_version};
use crate::store::row::{ReadRow, RowVersion};

/// What a commit writes in addition to the receivers' own writes.
#[derive(Default)]
pub(in crate::store) struct Records {
    pub(in crate::store) runs: Vec<ReceiverRun>,
    pub(in crate::store) settlements: Vec<Settlement>,
    /// The row that must not have changed since the receiver read it.
    pub(in crate::store) read_row: Option<ReadRow>,
}

/// Why a transaction is rolled back instead of committed.
pub(in crate::store) enum Refusal {
    /// The leases of these events are lost.
    LeaseLost(Vec<String>),
    /// The row that the receiver has read is another version by now.
    RowChanged,
}

/// Why a step of a transaction failed.
pub(in crate::store) enum TransactionError {
    /// The receiver ended the transaction, or left a nested one open.
    SavepointGone(DieselError),
    /// A statement of the receiver failed, and the receiver went on.
    StatementFailed(Option<String>),
    /// A statement failed.
    Query(DieselError),
    /// The connection was closed before.
    NoConnection(StoreError),
}

/// The connection of a transaction.
pub(in crate::store) struct OpenTransaction {
    connection: Owned,
    failures: Failures,
    /// Whether it was committed or rolled back.
    ended: bool,
}

enum Owned {
    #[cfg(feature = "postgres")]
    Postgres(Box<crate::store::backend::postgres::Pooled>),
    #[cfg(feature = "sqlite")]
    Sqlite(crate::store::backend::sqlite::Writer),
}

/// Runs one step of `define_steps` on the connection.
macro_rules! step {
    ($self:ident, $step:ident $(, $value:ident)?) => {
        match $self.connection().map_err(TransactionError::NoConnection)? {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::$step(connection $(, $value)?).await,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => connection
                .spawn_blocking(move |raw| Ok(sqlite::$step(raw $(, $value)?)))
                .await
                .map_err(TransactionError::Query)
                .and_then(|result| result),
        }
    };
}

impl OpenTransaction {
    #[cfg(feature = "postgres")]
    pub(in crate::store) fn postgres(connection: crate::store::backend::postgres::Pooled) -> Self {
        Self {
            connection: Owned::Postgres(Box::new(connection)),
            failures: Failures::default(),
            ended: false,
        }
    }

    #[cfg(feature = "sqlite")]
    pub(in crate::store) fn sqlite(writer: crate::store::backend::sqlite::Writer) -> Self {
        Self {
            connection: Owned::Sqlite(writer),
            failures: Failures::default(),
            ended: false,
        }
    }

    pub(in crate::store) fn connection(&mut self) -> Result<Connection<'_>, StoreError> {
        match &mut self.connection {
            #[cfg(feature = "postgres")]
            Owned::Postgres(connection) => connection.connection().map(Connection::Postgres),
            #[cfg(feature = "sqlite")]
            Owned::Sqlite(writer) => writer.connection().map(Connection::Sqlite),
        }
    }

    /// Begins the transaction and its first savepoint.
    pub(in crate::store) async fn begin(&mut self) -> Result<(), TransactionError> {
        let failures = self.failures.clone();
        step!(self, begin, failures)
    }

    /// Keeps the writes behind the savepoint and begins the next one.
    pub(in crate::store) async fn renew_savepoint(&mut self) -> Result<(), TransactionError> {
        self.refuse_failures()?;
        step!(self, renew_savepoint)
    }

    /// Reverts the writes behind the savepoint.
    pub(in crate::store) async fn undo_savepoint(&mut self) -> Result<(), TransactionError> {
        step!(self, undo_savepoint)
    }

    /// Commits, or rolls back and returns why.
    pub(in crate::store) async fn commit(
        &mut self,
        records: Records,
    ) -> Result<Option<Refusal>, TransactionError> {
        self.refuse_failures()?;
        let refusal = step!(self, commit, records)?;
        self.ended = true;
        match &self.connection {
            #[cfg(feature = "postgres")]
            Owned::Postgres(_) => {}
            #[cfg(feature = "sqlite")]
            Owned::Sqlite(writer) => writer
                .check_file()
                .map_err(TransactionError::NoConnection)?,
        }
        Ok(refusal)
    }

    /// Refuses to keep the writes of a receiver that dropped the error of a statement.
    fn refuse_failures(&self) -> Result<(), TransactionError> {
        match self.failures.take() {
            None => Ok(()),
            Some(error) => Err(TransactionError::StatementFailed(Some(error))),
        }
    }

    pub(in crate::store) async fn rollback(&mut self) -> Result<(), TransactionError> {
        step!(self, rollback)?;
        self.ended = true;
        Ok(())
    }
}

impl Drop for OpenTransaction {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        match &mut self.connection {
            #[cfg(feature = "postgres")]
            Owned::Postgres(connection) => connection.discard(),
            #[cfg(feature = "sqlite")]
            Owned::Sqlite(writer) => writer.discard(),
        }
    }
}

/// The steps of a transaction. They are the same for both backends, but diesel's transaction
/// manager is asynchronous for PostgreSQL and blocking for SQLite: `$async` and `$await` are the
/// keywords that one needs and the other doesn't have.
macro_rules! define_steps {
    ($connection:ty, $manager:ident, [$($async:tt)?], [$($await:tt)*]) => {
        pub(super) $($async)? fn begin(
            connection: &mut $connection,
            failures: Failures,
        ) -> Result<(), TransactionError> {
            begin_outer(connection)$($await)*.map_err(TransactionError::Query)?;
            begin_savepoint(connection)$($await)*?;
            connection.set_instrumentation(failures.recorder());
            Ok(())
        }

        pub(super) $($async)? fn renew_savepoint(
            connection: &mut $connection,
        ) -> Result<(), TransactionError> {
            release_savepoint(connection)$($await)*?;
            begin_savepoint(connection)$($await)*
        }

        pub(super) $($async)? fn undo_savepoint(
            connection: &mut $connection,
        ) -> Result<(), TransactionError> {
            // The receiver may have left nested savepoints open.
            while depth(connection).map_err(TransactionError::SavepointGone)? >= 2 {
                let rolled_back = $manager::rollback_transaction(connection)$($await)*;
                rolled_back.map_err(TransactionError::SavepointGone)?;
            }
            if depth(connection).map_err(TransactionError::SavepointGone)? != 1 {
                return Err(TransactionError::SavepointGone(DieselError::NotInTransaction));
            }
            begin_savepoint(connection)$($await)*
        }

        pub(super) $($async)? fn commit(
            connection: &mut $connection,
            records: Records,
        ) -> Result<Option<Refusal>, TransactionError> {
            release_savepoint(connection)$($await)*?;
            connection.set_instrumentation(get_default_instrumentation());
            let written = write_records(connection, &records)$($await)*;
            let refusal = written.map_err(TransactionError::Query)?;
            let ended = match refusal {
                None => $manager::commit_transaction(connection)$($await)*,
                Some(_) => $manager::rollback_transaction(connection)$($await)*,
            };
            ended.map(|()| refusal).map_err(TransactionError::Query)
        }

        /// Whether the row is another version than the receiver has read.
        $($async)? fn has_changed(
            connection: &mut $connection,
            read: &ReadRow,
        ) -> QueryResult<bool> {
            let select = select_version(&read.key);
            let rows: Vec<VersionRow> = RunQueryDsl::load(select, connection)$($await)*?;
            let version = rows.into_iter().next().map(RowVersion::from);
            Ok(version != read.version)
        }

        /// Writes the records. Returns why they can't be committed, if they can't.
        $($async)? fn write_records(
            connection: &mut $connection,
            records: &Records,
        ) -> QueryResult<Option<Refusal>> {
            if let Some(read) = &records.read_row
                && has_changed(connection, read)$($await)*?
            {
                return Ok(Some(Refusal::RowChanged));
            }
            let lost = write_runs(connection, records)$($await)*?;
            Ok((!lost.is_empty()).then_some(Refusal::LeaseLost(lost)))
        }

        pub(super) $($async)? fn rollback(
            connection: &mut $connection,
        ) -> Result<(), TransactionError> {
            connection.set_instrumentation(get_default_instrumentation());
            while depth(connection).map_err(TransactionError::Query)? > 0 {
                let rolled_back = $manager::rollback_transaction(connection)$($await)*;
                rolled_back.map_err(TransactionError::Query)?;
            }
            Ok(())
        }

        $($async)? fn begin_savepoint(connection: &mut $connection) -> Result<(), TransactionError> {
            let begun = $manager::begin_transaction(connection)$($await)*;
            begun.map_err(TransactionError::Query)
        }

        $($async)? fn release_savepoint(
            connection: &mut $connection,
        ) -> Result<(), TransactionError> {
            let gone = match depth(connection) {
                Ok(2) => match $manager::commit_transaction(connection)$($await)* {
                    Ok(()) => return Ok(()),
                    Err(error) => return Err(not_released(connection, error)$($await)*),
                },
                Ok(0 | 1) => DieselError::NotInTransaction,
                Ok(_) => DieselError::AlreadyInTransaction,
                Err(error) => error,
            };
            Err(TransactionError::SavepointGone(gone))
        }

        fn depth(connection: &mut $connection) -> QueryResult<u32> {
            let status = $manager::transaction_manager_status_mut(connection);
            Ok(status.transaction_depth()?.map_or(0, u32::from))
        }
    };
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::SqliteConnection;
    use diesel::connection::{
        AnsiTransactionManager, Connection as _, TransactionManager, get_default_instrumentation,
    };

    use diesel::RunQueryDsl;

    use super::{
        DieselError, Failures, QueryResult, ReadRow, Records, Refusal, RowVersion,
        TransactionError, VersionRow, select_version,
    };
    use crate::store::events::runs::record_runs_sqlite;
    use crate::store::events::settle::settle_sqlite;

    define_steps!(SqliteConnection, AnsiTransactionManager, [], []);

    fn begin_outer(raw: &mut SqliteConnection) -> QueryResult<()> {
        // IMMEDIATE waits for the writers of other processes here; a plain BEGIN would fail later,
        // halfway.
        AnsiTransactionManager::begin_transaction_sql(raw, "BEGIN IMMEDIATE")
    }

    /// SQLite goes on after a failed statement, so the savepoint is gone.
    fn not_released(_: &mut SqliteConnection, error: DieselError) -> TransactionError {
        TransactionError::SavepointGone(error)
    }

    /// Returns the events whose lease is lost.
    fn write_runs(raw: &mut SqliteConnection, records: &Records) -> QueryResult<Vec<String>> {
        let mut lost = record_runs_sqlite(raw, &records.runs)?;
        lost.extend(settle_sqlite(raw, &records.settlements)?);
        Ok(lost)
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::collections::HashMap;

    use diesel::connection::get_default_instrumentation;
    use diesel_async::{
        AnsiTransactionManager, AsyncConnection as _, AsyncPgConnection, RunQueryDsl,
        SimpleAsyncConnection as _, TransactionManager,
    };

    use super::{
        DieselError, Failures, QueryResult, ReadRow, ReceiverRun, Records, Refusal, RowVersion,
        TransactionError, VersionRow, select_version,
    };
    use crate::store::events::runs::{record_runs_postgres, record_settled_runs_postgres};
    use crate::store::events::settle::settle_postgres;

    define_steps!(AsyncPgConnection, AnsiTransactionManager, [async], [.await]);

    /// Only if the savepoint is there and a statement failed behind it, a rollback to it succeeds.
    const ROLL_BACK: &str = "ROLLBACK TO SAVEPOINT diesel_savepoint_1";

    /// Why the receiver's savepoint can't be released. Not every failed statement is recorded: one
    /// that returns rows fails while they are read.
    async fn not_released(
        connection: &mut AsyncPgConnection,
        error: DieselError,
    ) -> TransactionError {
        match connection.batch_execute(ROLL_BACK).await {
            Ok(()) => TransactionError::StatementFailed(None),
            Err(_) => TransactionError::SavepointGone(error),
        }
    }

    async fn begin_outer(connection: &mut AsyncPgConnection) -> QueryResult<()> {
        AnsiTransactionManager::begin_transaction(connection).await
    }

    /// Returns the events whose lease is lost.
    async fn write_runs(
        connection: &mut AsyncPgConnection,
        records: &Records,
    ) -> QueryResult<Vec<String>> {
        let settled: HashMap<&str, i64> = records
            .settlements
            .iter()
            .map(|settlement| (&*settlement.event_id, settlement.fence))
            .collect();
        // The settlement checks the lease, so the runs of a settled event need no check of their
        // own.
        let (settled, others): (Vec<&ReceiverRun>, Vec<&ReceiverRun>) = records
            .runs
            .iter()
            .partition(|run| settled.get(&*run.event_id) == Some(&run.fence));

        let mut lost = record_runs_postgres(connection, &others).await?;
        lost.extend(settle_postgres(connection, &records.settlements).await?);
        lost.extend(record_settled_runs_postgres(connection, &settled).await?);
        Ok(lost)
    }
}
