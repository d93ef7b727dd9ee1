//! A connection inside a transaction with a savepoint: BEGIN is depth 1 of diesel's transaction manager, the savepoint
//! that a receiver runs behind is depth 2. Diesel knows about both, so a `transaction(..)` of the receiver nests.
//!
//! Invariant: a connection whose transaction didn't end here is closed, never handed to anyone else.

use diesel::result::{Error as DieselError, QueryResult};

use crate::store::backend::connection::Connection;
use crate::store::error::StoreError;
use crate::store::events::rows::{ReceiverRun, Settlement};

/// What a commit writes beside what the receivers wrote.
#[derive(Default)]
pub(in crate::store) struct Marks {
    pub(in crate::store) runs: Vec<ReceiverRun>,
    pub(in crate::store) settlements: Vec<Settlement>,
}

/// Why a transaction did not commit.
pub(in crate::store) enum Failure {
    /// The savepoint is gone: the receiver ended the transaction, or left a nested one open.
    Ended(DieselError),
    /// A statement failed.
    Query(DieselError),
    /// There is no connection any more.
    Gone(StoreError),
}

/// The connection of a transaction.
pub(in crate::store) struct Held {
    connection: Kept,
    ended: bool,
}

enum Kept {
    #[cfg(feature = "postgres")]
    Postgres(Box<crate::store::backend::postgres::Pooled>),
    #[cfg(feature = "sqlite")]
    Sqlite(crate::store::backend::sqlite::Writer),
}

impl Held {
    #[cfg(feature = "postgres")]
    pub(in crate::store) fn postgres(connection: crate::store::backend::postgres::Pooled) -> Self {
        Self {
            connection: Kept::Postgres(Box::new(connection)),
            ended: false,
        }
    }

    #[cfg(feature = "sqlite")]
    pub(in crate::store) fn sqlite(writer: crate::store::backend::sqlite::Writer) -> Self {
        Self {
            connection: Kept::Sqlite(writer),
            ended: false,
        }
    }

    pub(in crate::store) fn connection(&mut self) -> Result<Connection<'_>, StoreError> {
        match &mut self.connection {
            #[cfg(feature = "postgres")]
            Kept::Postgres(connection) => connection.connection().map(Connection::Postgres),
            #[cfg(feature = "sqlite")]
            Kept::Sqlite(writer) => writer.connection().map(Connection::Sqlite),
        }
    }

    /// Opens the transaction and its savepoint.
    pub(in crate::store) async fn begin(&mut self) -> Result<(), Failure> {
        match self.connection().map_err(Failure::Gone)? {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::begin(connection).await,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => connection.spawn_blocking(sqlite::begin).await,
        }
        .map_err(Failure::Query)
    }

    /// Keeps what was written behind the savepoint and opens the next one.
    pub(in crate::store) async fn renew_savepoint(&mut self) -> Result<(), Failure> {
        match self.connection().map_err(Failure::Gone)? {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::renew_savepoint(connection).await,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => {
                sqlite::flatten(connection, sqlite::renew_savepoint).await
            }
        }
    }

    /// Takes back what was written behind the savepoint.
    pub(in crate::store) async fn undo_savepoint(&mut self) -> Result<(), Failure> {
        match self.connection().map_err(Failure::Gone)? {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::undo_savepoint(connection).await,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => {
                sqlite::flatten(connection, sqlite::undo_savepoint).await
            }
        }
    }

    /// Commits, or rolls back if a lease is lost; returns the events of lost leases.
    pub(in crate::store) async fn commit(&mut self, marks: Marks) -> Result<Vec<String>, Failure> {
        let lost = match self.connection().map_err(Failure::Gone)? {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::commit(connection, marks).await?,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => {
                sqlite::flatten(connection, move |raw| sqlite::commit(raw, &marks)).await?
            }
        };
        self.ended = true;
        Ok(lost)
    }

    pub(in crate::store) async fn rollback(&mut self) -> Result<(), Failure> {
        match self.connection().map_err(Failure::Gone)? {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::rollback(connection).await,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => connection.spawn_blocking(sqlite::rollback).await,
        }
        .map_err(Failure::Query)?;
        self.ended = true;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.ended {
            match &mut self.connection {
                #[cfg(feature = "postgres")]
                Kept::Postgres(connection) => connection.discard(),
                #[cfg(feature = "sqlite")]
                Kept::Sqlite(writer) => writer.discard(),
            }
        }
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::SqliteConnection as Raw;
    use diesel::connection::{AnsiTransactionManager as Manager, TransactionManager};

    use super::{DieselError, Failure, Marks, QueryResult};
    use crate::store::backend::connection::SqliteConnection;
    use crate::store::events::settle::{record_runs_sqlite, settle_sqlite};

    pub(super) async fn flatten<R: Send + 'static>(
        connection: &mut SqliteConnection,
        work: impl FnOnce(&mut Raw) -> Result<R, Failure> + Send + 'static,
    ) -> Result<R, Failure> {
        connection
            .spawn_blocking(|raw| Ok(work(raw)))
            .await
            .map_err(Failure::Query)?
    }

    pub(super) fn begin(raw: &mut Raw) -> QueryResult<()> {
        // IMMEDIATE waits for other processes' writers here; a plain BEGIN would fail later, halfway.
        Manager::begin_transaction_sql(raw, "BEGIN IMMEDIATE")?;
        Manager::begin_transaction(raw)
    }

    pub(super) fn renew_savepoint(raw: &mut Raw) -> Result<(), Failure> {
        release_savepoint(raw).map_err(Failure::Ended)?;
        Manager::begin_transaction(raw).map_err(Failure::Query)
    }

    pub(super) fn undo_savepoint(raw: &mut Raw) -> Result<(), Failure> {
        while depth(raw).map_err(Failure::Ended)? >= 2 {
            Manager::rollback_transaction(raw).map_err(Failure::Ended)?;
        }
        if depth(raw).map_err(Failure::Ended)? != 1 {
            return Err(Failure::Ended(DieselError::NotInTransaction));
        }
        Manager::begin_transaction(raw).map_err(Failure::Query)
    }

    pub(super) fn commit(raw: &mut Raw, marks: &Marks) -> Result<Vec<String>, Failure> {
        release_savepoint(raw).map_err(Failure::Ended)?;
        let mut finish = || {
            let mut lost = record_runs_sqlite(raw, &marks.runs)?;
            lost.extend(settle_sqlite(raw, &marks.settlements)?);
            if lost.is_empty() {
                Manager::commit_transaction(raw)?
            } else {
                Manager::rollback_transaction(raw)?
            }
            Ok(lost)
        };
        finish().map_err(Failure::Query)
    }

    pub(super) fn rollback(raw: &mut Raw) -> QueryResult<()> {
        while depth(raw)? > 0 {
            Manager::rollback_transaction(raw)?;
        }
        Ok(())
    }

    fn release_savepoint(raw: &mut Raw) -> QueryResult<()> {
        match depth(raw)? {
            2 => Manager::commit_transaction(raw),
            0 | 1 => Err(DieselError::NotInTransaction),
            _ => Err(DieselError::AlreadyInTransaction),
        }
    }

    fn depth(raw: &mut Raw) -> QueryResult<u32> {
        Ok(Manager::transaction_manager_status_mut(raw)
            .transaction_depth()?
            .map_or(0, u32::from))
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use diesel_async::{AnsiTransactionManager as Manager, AsyncPgConnection, TransactionManager};

    use std::collections::HashMap;

    use super::{DieselError, Failure, Marks, QueryResult, ReceiverRun};
    use crate::store::events::settle::{
        record_runs_postgres, record_settled_runs_postgres, settle_postgres,
    };

    pub(super) async fn begin(connection: &mut AsyncPgConnection) -> QueryResult<()> {
        Manager::begin_transaction(connection).await?;
        Manager::begin_transaction(connection).await
    }

    pub(super) async fn renew_savepoint(connection: &mut AsyncPgConnection) -> Result<(), Failure> {
        release_savepoint(connection)
            .await
            .map_err(Failure::Ended)?;
        Manager::begin_transaction(connection)
            .await
            .map_err(Failure::Query)
    }

    pub(super) async fn undo_savepoint(connection: &mut AsyncPgConnection) -> Result<(), Failure> {
        while depth(connection).map_err(Failure::Ended)? >= 2 {
            Manager::rollback_transaction(connection)
                .await
                .map_err(Failure::Ended)?;
        }
        if depth(connection).map_err(Failure::Ended)? != 1 {
            return Err(Failure::Ended(DieselError::NotInTransaction));
        }
        Manager::begin_transaction(connection)
            .await
            .map_err(Failure::Query)
    }

    pub(super) async fn commit(
        connection: &mut AsyncPgConnection,
        marks: Marks,
    ) -> Result<Vec<String>, Failure> {
        release_savepoint(connection)
            .await
            .map_err(Failure::Ended)?;
        let finish = async {
            let settled: HashMap<&str, i64> = marks
                .settlements
                .iter()
                .map(|settlement| (&*settlement.event_id, settlement.fence))
                .collect();
            let (proved, others): (Vec<&ReceiverRun>, Vec<&ReceiverRun>) = marks
                .runs
                .iter()
                .partition(|run| settled.get(&*run.event_id) == Some(&run.fence));
            let mut lost = record_runs_postgres(connection, &others).await?;
            lost.extend(settle_postgres(connection, &marks.settlements).await?);
            lost.extend(record_settled_runs_postgres(connection, &proved).await?);
            if lost.is_empty() {
                Manager::commit_transaction(connection).await?;
            } else {
                Manager::rollback_transaction(connection).await?;
            }
            Ok(lost)
        };
        finish.await.map_err(Failure::Query)
    }

    pub(super) async fn rollback(connection: &mut AsyncPgConnection) -> QueryResult<()> {
        while depth(connection)? > 0 {
            Manager::rollback_transaction(connection).await?;
        }
        Ok(())
    }

    async fn release_savepoint(connection: &mut AsyncPgConnection) -> QueryResult<()> {
        match depth(connection)? {
            2 => Manager::commit_transaction(connection).await,
            0 | 1 => Err(DieselError::NotInTransaction),
            _ => Err(DieselError::AlreadyInTransaction),
        }
    }

    fn depth(connection: &mut AsyncPgConnection) -> QueryResult<u32> {
        Ok(Manager::transaction_manager_status_mut(connection)
            .transaction_depth()?
            .map_or(0, u32::from))
    }
}
