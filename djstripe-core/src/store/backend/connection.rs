//! One connection of either backend, as receivers see it.

use std::fmt;

use diesel::result::QueryResult;
// For `with_db!`.
#[doc(hidden)]
pub use diesel_async::RunQueryDsl;
use diesel_async::SimpleAsyncConnection;

use crate::store::objects::versions::kept::KeptTypes;
use crate::store::outbox::rows::EffectNames;
use crate::store::row::{ReadRow, RowKey};
use crate::webhook::event::Event;

/// The kind of database in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

impl fmt::Display for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}

/// A borrowed connection of the backend in use. [`with_db!`](crate::with_db) runs one query on
/// either.
pub enum Connection<'a> {
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(&'a mut diesel_async::AsyncPgConnection),
    /// SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(&'a mut SqliteConnection),
}

/// diesel-async's connection to SQLite.
#[cfg(feature = "sqlite")]
pub type SqliteConnection =
    diesel_async::sync_connection_wrapper::SyncConnectionWrapper<diesel::SqliteConnection>;

/// The transaction of one run of a receiver. Writes through it and the receiver's checkpoint commit
/// together or not at all.
///
/// The receiver can't commit it: a `COMMIT` fails the run. A `transaction(..)` of diesel-async
/// inside it is a savepoint.
///
/// ```
/// use djstripe_core::store::diesel::result::Error;
/// use djstripe_core::store::diesel::sql_query;
/// use djstripe_core::{Db, Event, with_db};
///
/// // A receiver without its attribute.
/// async fn ship(_event: Event, mut db: Db<'_>) -> Result<(), Error> {
///     let insert = sql_query("INSERT INTO shipments (invoice_id) SELECT id FROM invoices WHERE paid");
///     with_db!(db, connection => insert.execute(connection).await)?;
///     Ok(())
/// }
/// ```
pub struct Db<'a> {
    connection: Connection<'a>,
    /// Whose objects it loads.
    scope: Option<Scope>,
    /// The receiver's run that the writes belong to.
    origin: Option<Origin>,
    /// The row of the event's object, if the receiver has read it.
    read_row: Option<&'a mut ReadRow>,
    /// The types of object whose versions are kept.
    kept: KeptTypes,
}

/// The account and the mode of objects.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// The account whose rows they are; empty for the platform's own.
    pub(crate) account: String,
    pub(crate) livemode: bool,
}

/// The receiver's run that the writes of a connection belong to.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) event_id: String,
    pub(crate) receiver: &'static str,
    /// Number of effects that the run has requested so far.
    pub(crate) steps: u32,
    /// The effects that the run can request.
    pub(crate) effects: EffectNames,
}

impl<'a> Db<'a> {
    pub(in crate::store) fn new(connection: Connection<'a>, kept: KeptTypes) -> Self {
        Self {
            connection,
            scope: None,
            origin: None,
            read_row: None,
            kept,
        }
    }

    /// The same connection, with the row that the receiver has read.
    pub(in crate::store) fn with_read_row(self, read_row: Option<&'a mut ReadRow>) -> Self {
        Self { read_row, ..self }
    }

    /// The same connection, for one run of a receiver.
    pub(crate) fn for_run(
        self,
        event: &Event,
        receiver: &'static str,
        effects: &EffectNames,
    ) -> Self {
        let origin = Origin {
            event_id: event.id().to_owned(),
            receiver,
            steps: 0,
            effects: effects.clone(),
        };
        let scope = Scope {
            account: event.mirror_account().to_owned(),
            livemode: event.livemode(),
        };
        Self {
            scope: Some(scope),
            origin: Some(origin),
            ..self
        }
    }

    /// The same connection, to [load](Self::load) objects of this account and mode: `None` is the
    /// platform's own account. A receiver's connection has those of its event.
    #[must_use]
    pub fn scoped_to(self, account: Option<&str>, livemode: bool) -> Self {
        let scope = Scope {
            account: account.unwrap_or_default().to_owned(),
            livemode,
        };
        Self {
            scope: Some(scope),
            ..self
        }
    }

    pub(crate) fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// Whether the receiver has read this row as that of its event's object.
    pub(in crate::store) fn has_read(&self, key: &RowKey) -> bool {
        self.read_row.as_ref().is_some_and(|read| read.key == *key)
    }

    pub(in crate::store) fn read_row_mut(&mut self) -> Option<&mut ReadRow> {
        self.read_row.as_deref_mut()
    }

    /// The types of object whose versions are kept.
    pub(in crate::store) fn kept_types(&self) -> &KeptTypes {
        &self.kept
    }

    /// The event of the receiver's run that the writes belong to.
    pub(crate) fn event_id(&self) -> Option<&str> {
        self.origin.as_ref().map(|origin| &*origin.event_id)
    }

    pub(crate) fn origin_mut(&mut self) -> Option<&mut Origin> {
        self.origin.as_mut()
    }

    /// The kind of database.
    pub fn backend(&self) -> Backend {
        match self.connection {
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => Backend::Postgres,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => Backend::Sqlite,
        }
    }

    /// The connection of the backend in use.
    pub fn connection(&mut self) -> Connection<'_> {
        match &mut self.connection {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => Connection::Postgres(connection),
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => Connection::Sqlite(connection),
        }
    }

    /// The connection to PostgreSQL.
    ///
    /// # Errors
    /// [`DbError::OtherBackend`] if the application runs on another database.
    #[cfg(feature = "postgres")]
    pub fn postgres(&mut self) -> Result<&mut diesel_async::AsyncPgConnection, DbError> {
        match &mut self.connection {
            Connection::Postgres(connection) => Ok(connection),
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => Err(DbError::OtherBackend {
                requested: Backend::Postgres,
                actual: Backend::Sqlite,
            }),
        }
    }

    /// The connection to SQLite.
    ///
    /// # Errors
    /// [`DbError::OtherBackend`] if the application runs on another database.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&mut self) -> Result<&mut SqliteConnection, DbError> {
        match &mut self.connection {
            Connection::Sqlite(connection) => Ok(connection),
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => Err(DbError::OtherBackend {
                requested: Backend::Sqlite,
                actual: Backend::Postgres,
            }),
        }
    }

    /// Runs statements without values and without rows, such as an application's `CREATE TABLE`.
    ///
    /// # Errors
    /// The database's error for the first statement that fails.
    pub async fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        match &mut self.connection {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => connection.batch_execute(sql).await,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => connection.batch_execute(sql).await,
        }
    }
}

impl fmt::Debug for Db<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Db")
            .field("backend", &self.backend())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Connection<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// Why a [`Db`] has no connection of the requested kind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The application runs on the other backend.
    #[error("the database is {actual}, not {requested}")]
    OtherBackend {
        /// The requested backend.
        requested: Backend,
        /// The backend that the application runs on.
        actual: Backend,
    },
}

/// Runs the same diesel expression on the backend of a [`Db`]: `with_db!(db, connection => …)`.
///
/// The expression is compiled once for each backend that is built in, so each of them must be able
/// to run it. For a query that one of them alone can run, take [`Db::postgres`] or [`Db::sqlite`].
///
/// `execute`, `load` and the other methods that run a query need no import inside it. Outside of it,
/// don't import diesel's `RunQueryDsl`: it gives every type a method `first`, so
/// `subscription.items.first()` would no longer be the slice's.
/// [`store::prelude`](crate::store::prelude) is diesel's prelude without it.
///
/// ```
/// use djstripe_core::store::diesel::{result::Error, sql_query, sql_types::Text};
/// use djstripe_core::{Db, with_db};
///
/// async fn mark_paid(db: &mut Db<'_>, order: &str) -> Result<usize, Error> {
///     let update = sql_query("UPDATE orders SET paid = TRUE WHERE id = $1").bind::<Text, _>(order);
///     with_db!(db, connection => update.execute(connection).await)
/// }
/// ```
///
/// A table that is declared with diesel's `table!` needs diesel in the application's `Cargo.toml`,
/// because `table!` expands to code that names it:
///
/// ```toml
/// diesel = { version = "2.3", default-features = false, features = ["32-column-tables"] }
/// ```
///
/// ```
/// use djstripe_core::store::prelude::*;
/// use djstripe_core::{Db, with_db};
///
/// diesel::table! {
///     orders (id) { id -> Text, paid -> Bool }
/// }
///
/// async fn mark_paid(db: &mut Db<'_>, order: &str) -> Result<usize, diesel::result::Error> {
///     let update = diesel::update(orders::table.find(order)).set(orders::paid.eq(true));
///     with_db!(db, connection => update.execute(connection).await)
/// }
/// ```
#[cfg(all(feature = "postgres", feature = "sqlite"))]
#[macro_export]
macro_rules! with_db {
    ($db:expr, $connection:ident => $body:expr) => {
        match $db.connection() {
            $crate::store::Connection::Postgres($connection) => {
                #[allow(unused_imports)]
                use $crate::store::RunQueryDsl as _;
                $body
            }
            $crate::store::Connection::Sqlite($connection) => {
                #[allow(unused_imports)]
                use $crate::store::RunQueryDsl as _;
                $body
            }
        }
    };
}

/// Runs a diesel expression on a [`Db`]: `with_db!(db, connection => …)`.
#[cfg(all(feature = "postgres", not(feature = "sqlite")))]
#[macro_export]
macro_rules! with_db {
    ($db:expr, $connection:ident => $body:expr) => {
        match $db.connection() {
            $crate::store::Connection::Postgres($connection) => {
                #[allow(unused_imports)]
                use $crate::store::RunQueryDsl as _;
                $body
            }
        }
    };
}

/// Runs a diesel expression on a [`Db`]: `with_db!(db, connection => …)`.
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
#[macro_export]
macro_rules! with_db {
    ($db:expr, $connection:ident => $body:expr) => {
        match $db.connection() {
            $crate::store::Connection::Sqlite($connection) => {
                #[allow(unused_imports)]
                use $crate::store::RunQueryDsl as _;
                $body
            }
        }
    };
}
