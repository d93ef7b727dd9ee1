//! A connection without a transaction.

use std::fmt;

use crate::store::backend::connection::{Connection, Db};
use crate::store::backend::store::{Database, Store};
use crate::store::error::StoreError;
use crate::store::objects::versions::kept::KeptTypes;

/// A connection without a transaction: every statement commits on its own.
pub struct Session {
    connection: Owned,
    kept: KeptTypes,
}

enum Owned {
    #[cfg(feature = "postgres")]
    Postgres(Box<crate::store::backend::postgres::Pooled>),
    #[cfg(feature = "sqlite")]
    Sqlite(Box<crate::store::backend::connection::SqliteConnection>),
}

impl Store {
    /// A connection outside any transaction, such as for a receiver with `transaction = false`. On
    /// SQLite it is a new connection.
    ///
    /// # Errors
    /// The errors of connecting.
    pub async fn session(&self) -> Result<Session, StoreError> {
        let owned = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => Owned::Postgres(Box::new(database.get().await?)),
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => Owned::Sqlite(Box::new(database.connect().await?)),
        };
        Ok(Session {
            connection: owned,
            kept: self.kept_types().clone(),
        })
    }
}

impl Session {
    /// The connection.
    ///
    /// # Errors
    /// [`StoreError::ConnectionClosed`] once the connection was closed after an error.
    pub fn db(&mut self) -> Result<Db<'_>, StoreError> {
        let connection = match &mut self.connection {
            #[cfg(feature = "postgres")]
            Owned::Postgres(connection) => connection.connection().map(Connection::Postgres)?,
            #[cfg(feature = "sqlite")]
            Owned::Sqlite(connection) => Connection::Sqlite(connection),
        };
        Ok(Db::new(connection, self.kept.clone()))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        match &mut self.connection {
            // The receiver may have left a transaction or settings on it, so it doesn't return to
            // the pool.
            #[cfg(feature = "postgres")]
            Owned::Postgres(connection) => connection.discard(),
            #[cfg(feature = "sqlite")]
            Owned::Sqlite(_) => {}
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").finish_non_exhaustive()
    }
}
