//! PostgreSQL and SQLite behind one set of operations: connections, statements, notifications.

pub(crate) mod url;
pub(crate) mod options;
pub(crate) mod schema;
pub(crate) mod task;
pub(crate) mod connection;
#[cfg(feature = "postgres")]
pub(crate) mod connecting;
#[cfg(feature = "postgres")]
pub(crate) mod capacity;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "postgres")]
pub(crate) mod listen;
#[cfg(all(feature = "testing", feature = "postgres"))]
pub(crate) mod scratch;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite_file;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
pub(crate) mod writes;
pub(crate) mod store;
pub(crate) mod statement;
pub(crate) mod run;
pub(crate) mod notify;
pub(crate) mod server;
