//! Running one statement, on whichever backend.

use diesel::QueryResult;

use super::connection::{Connection, Db};
use super::statement::Statement;
use crate::store::backend::{Database, Store};
use crate::store::error::StoreError;

/// Runs one statement and loads its rows, on whichever backend.
macro_rules! load {
    ($store:expr, $operation:expr, $statement:expr) => {
        match $store.database() {
            #[cfg(feature = "postgres")]
            $crate::store::backend::Database::Postgres(database) => {
                use diesel_async::RunQueryDsl;

                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                $statement
                    .load(connection)
                    .await
                    .map_err($crate::store::StoreError::query($operation))?
            }
            #[cfg(feature = "sqlite")]
            $crate::store::backend::Database::Sqlite(database) => {
                let statement = $statement;
                database
                    .read($operation, move |raw| statement.load_on(raw))
                    .await?
            }
        }
    };
}
pub(in crate::store) use load;

impl Store {
    /// Runs one statement; returns the number of rows that it changed.
    pub(in crate::store) async fn execute(
        &self,
        operation: &'static str,
        statement: Statement<'static>,
    ) -> Result<usize, StoreError> {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                use diesel_async::RunQueryDsl;

                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                statement
                    .execute(connection)
                    .await
                    .map_err(StoreError::query(operation))
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                database
                    .write(operation, move |raw| statement.execute_on(raw))
                    .await
            }
        }
    }
}

impl Db<'_> {
    /// Runs one statement in this transaction; returns the number of rows that it changed.
    pub(in crate::store) async fn run(
        &mut self,
        statement: Statement<'static>,
    ) -> QueryResult<usize> {
        match self.connection() {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => {
                diesel_async::RunQueryDsl::execute(statement, connection).await
            }
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => {
                connection
                    .spawn_blocking(move |raw| statement.execute_on(raw))
                    .await
            }
        }
    }
}
