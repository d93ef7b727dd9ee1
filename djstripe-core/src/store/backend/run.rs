//! Running work on the backend in use.
//!
//! The macros here are the only places that tell the backends apart in order to run something. An
//! arm is compiled only if its backend's cargo feature is on.

#[cfg(feature = "postgres")]
use std::time::Duration;

use super::connection::Db;
use super::statement::Statement;
use super::store::Store;
use crate::store::error::StoreError;

/// Runs one unit of work on a store's backend and names the operation in its error.
///
/// `postgres(connection) => future` gets a pooled connection. `sqlite.write => closure` runs in a
/// transaction of the writer, `sqlite.read => closure` on the reader.
macro_rules! on_backend {
    (
        $store:expr, $operation:expr,
        postgres($connection:ident) => $future:expr,
        sqlite.$method:ident => $closure:expr $(,)?
    ) => {
        match $store.database() {
            #[cfg(feature = "postgres")]
            $crate::store::backend::store::Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let $connection = pooled.connection()?;
                $future
                    .await
                    .map_err($crate::store::error::StoreError::query($operation))
            }
            #[cfg(feature = "sqlite")]
            $crate::store::backend::store::Database::Sqlite(database) => {
                database.$method($operation, $closure).await
            }
        }
    };
}
pub(in crate::store) use on_backend;

/// Runs one unit of work on a [`Db`]'s connection, in the transaction that is open on it.
macro_rules! on_connection {
    (
        $db:expr, $operation:expr,
        postgres($connection:ident) => $future:expr,
        sqlite => $closure:expr $(,)?
    ) => {
        match $db.connection() {
            #[cfg(feature = "postgres")]
            $crate::store::backend::connection::Connection::Postgres($connection) => $future.await,
            #[cfg(feature = "sqlite")]
            $crate::store::backend::connection::Connection::Sqlite(connection) => {
                connection.spawn_blocking($closure).await
            }
        }
        .map_err($crate::store::error::StoreError::query($operation))
    };
}
pub(in crate::store) use on_connection;

/// Runs one query and loads its rows.
macro_rules! load {
    ($store:expr, $operation:expr, $statement:expr) => {
        $crate::store::backend::run::on_backend!(
            $store, $operation,
            postgres(connection) => diesel_async::RunQueryDsl::load($statement, connection),
            sqlite.read => {
                let statement = $statement;
                move |raw| statement.load_on(raw)
            },
        )
    };
}
pub(in crate::store) use load;

/// Whether PostgreSQL has ended a statement that took so long because of `statement_timeout` or
/// `lock_timeout`. The text of its error depends on the server's language, and diesel leaves out its code.
#[cfg(feature = "postgres")]
pub(in crate::store) fn is_limit_reached(
    error: &diesel::result::Error,
    took: Duration,
    limit: Duration,
) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};

    took >= limit && matches!(error, Error::DatabaseError(DatabaseErrorKind::Unknown, _))
}

#[cfg(any(feature = "cli", feature = "page"))]
impl Store {
    /// How many rows a statement selects.
    pub(in crate::store) async fn count<Row>(
        &self,
        select: Statement<'static, Row>,
    ) -> Result<u64, StoreError> {
        let counts: Vec<i64> = load!(self, "count rows", select.counted())?;
        Ok(counts.into_iter().sum::<i64>().unsigned_abs())
    }
}

impl Store {
    /// Runs one statement; returns the number of rows that it changed.
    pub(in crate::store) async fn execute(
        &self,
        operation: &'static str,
        statement: Statement<'static>,
    ) -> Result<usize, StoreError> {
        on_backend!(
            self, operation,
            postgres(connection) => diesel_async::RunQueryDsl::execute(statement, connection),
            sqlite.write => move |raw| statement.execute_on(raw),
        )
    }
}

impl Db<'_> {
    /// Runs one statement in this transaction; returns the number of rows that it changed.
    pub(in crate::store) async fn execute(
        &mut self,
        operation: &'static str,
        statement: Statement<'static>,
    ) -> Result<usize, StoreError> {
        on_connection!(
            self, operation,
            postgres(connection) => diesel_async::RunQueryDsl::execute(statement, connection),
            sqlite => move |raw| statement.execute_on(raw),
        )
    }
}
