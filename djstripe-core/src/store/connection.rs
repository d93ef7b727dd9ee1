//! One connection of either backend, and the receiver's view of it.

use std::fmt;

/// A database connection of the backend in use.
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "connections live in a pool and are not moved")]
pub enum Connection {
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(diesel_async::AsyncPgConnection),
    /// SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(diesel_async::sync_connection_wrapper::SyncConnectionWrapper<diesel::SqliteConnection>),
}

/// The transaction of one run of a receiver. What is written through it and the receiver's checkpoint commit
/// together or not at all.
pub struct Db<'a> {
    connection: &'a mut Connection,
}

impl fmt::Debug for Db<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Db").finish_non_exhaustive()
    }
}

/// Why a [`Db`] can't be used as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The application runs on the other backend.
    #[error("the database is {actual}, not {asked}")]
    OtherBackend {
        /// What was asked for.
        asked: &'static str,
        /// What the application runs on.
        actual: &'static str,
    },
}
