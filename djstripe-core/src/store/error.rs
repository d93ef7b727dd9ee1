//! What can go wrong between this program and its database. No variant holds a URL, as URLs contain
//! passwords.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::error::BoxError;
use crate::webhook::spelling::suggestion;

/// Why an operation of the [`Store`](super::Store) failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The URL names no known kind of database.
    #[error("unknown database URL; expected `sqlite:PATH`, `postgres://…` or `postgresql://…`")]
    UnknownUrl,
    /// Marks of forgotten customers wait for transactions that don't end.
    #[error(
        "transactions of other programs have been open for a minute, so that nothing can be marked as \
         redacted; end them, or stop their programs, and redact again"
    )]
    RedactionWaits,
    /// An in-memory database loses its events when the program ends.
    #[error("`sqlite::memory:` keeps nothing; name a file, `sqlite:PATH`")]
    InMemory,
    /// A plain path with the signs of a URI, which mean nothing in it.
    #[error(
        "in a plain path `?` and `%` stand for themselves, which `{path}` doesn't look like; write a \
         URI, `sqlite:file:{path}`, if they are parameters and escapes, and `%3F` and `%25` in it if \
         they are part of the file's name"
    )]
    SqlitePath {
        /// The path.
        path: String,
    },
    /// There is no such SQLite file, and this operation creates none.
    #[error("there is no file `{path}`; correct the path, or run `migrate` to create it")]
    NoFile {
        /// The file.
        path: String,
    },
    /// What is written to the open file is lost when the program ends.
    #[error(
        "the SQLite file `{path}` was deleted or replaced while it was open; put it back, and restart \
         the program"
    )]
    FileGone {
        /// The file.
        path: String,
    },
    /// The program was built without the backend that the URL names.
    #[error("this program was built without the cargo feature `{feature}`")]
    FeatureOff {
        /// The feature to turn on.
        feature: &'static str,
    },
    /// The PostgreSQL URL is invalid.
    #[error("invalid PostgreSQL URL")]
    InvalidUrl(#[source] Option<BoxError>),
    /// The PostgreSQL URL names no server, and the environment doesn't either.
    #[error(
        "the PostgreSQL URL names no server; write `postgres://HOST/DATABASE`, or \
         `postgres:///DATABASE?host=/run/postgresql` for a Unix socket, or set PGHOST"
    )]
    NoHost,
    /// A parameter of the PostgreSQL URL, or a variable in its place, can't be obeyed.
    #[error("`{setting}` of the PostgreSQL URL can't be obeyed: {why}")]
    PostgresSetting {
        /// The parameter or the variable.
        setting: &'static str,
        /// Why, and what to do.
        why: &'static str,
    },
    /// The direct URL is of no use.
    #[error(
        "the direct URL is that of the PostgreSQL server behind a pooler, `postgres://…`; leave it \
         out on another database"
    )]
    DirectUrl,
    /// A pooler loses prepared statements.
    #[error(
        "a pooler gives each transaction another connection to PostgreSQL and loses prepared \
         statements: let it pool sessions (PgBouncer: `pool_mode = session`), or take PgBouncer \
         1.21 or newer with `max_prepared_statements` above 0, or connect to the server itself"
    )]
    PoolsTransactions,
    /// A pooler closes the connection when a transaction begins.
    #[error(
        "a pooler closes the connection when a transaction begins: let it pool sessions or \
         transactions, not statements (PgBouncer: `pool_mode = session`), or connect to the server \
         itself"
    )]
    PoolsStatements,
    /// A pooler leaves out the search path that the connection starts with.
    #[error(
        "a pooler leaves out the search path that `.schema(..)` sets; connect to the server \
         itself, or leave `.schema(..)` out and `ALTER ROLE … SET search_path`"
    )]
    IgnoredSchema,
    /// The database doesn't notify this process of new events.
    #[error("{why}")]
    NotNotified {
        /// Why, and what to do.
        why: &'static str,
    },
    /// The file given as `sslcert` or `sslkey` is missing or invalid.
    #[error("failed to read the client's certificate or key from `{path}`")]
    ClientCertificate {
        /// The file.
        path: String,
        /// Why it can't be used.
        source: BoxError,
    },
    /// The file given as `sslrootcert` is missing or invalid.
    #[error("failed to read root certificates from `{path}`")]
    RootCertificates {
        /// The file.
        path: String,
        /// Why it can't be used.
        source: BoxError,
    },
    /// The schema's name would have to be escaped.
    #[error(
        "`{name}` can't be the name of the schema; use letters, digits and `_`, 63 at most, the \
         first no digit, and no `pg_` in front"
    )]
    SchemaName {
        /// The name.
        name: String,
    },
    /// This kind of database has no schemas.
    #[error("SQLite has no schemas; leave `.schema(..)` out, or use PostgreSQL")]
    SchemaOfSqlite,
    /// The pool that the application gave has a search path of its own.
    #[error(
        "the connections of a pool have the search path that the pool's setup gives them; leave \
         `.schema(..)` out, and set the search path there"
    )]
    SchemaOfPool,
    /// The schema isn't there and can't be created.
    #[error(
        "failed to create the schema `{name}`; create it as a role that may, and grant this role \
         USAGE and CREATE on it"
    )]
    Schema {
        /// The schema.
        name: String,
        /// The database's error.
        source: DieselError,
    },
    /// PostgreSQL lacks what the tables need.
    #[error("PostgreSQL {version} is too old; the oldest that works is 12")]
    ServerVersion {
        /// The server's version.
        version: String,
    },
    /// The database can't hold every name.
    #[error(
        "the database's encoding is {encoding}, which lacks characters that names and addresses have; \
         use a database that was made with `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`"
    )]
    Encoding {
        /// The database's encoding.
        encoding: String,
    },
    /// A newer program has changed the tables in a way that this one can't work with.
    #[error(
        "the database has migrations that this program doesn't know and can't work with: {}; run the \
         newer program, or restore the backup from before its upgrade",
        migrations.join(", ")
    )]
    NewerSchema {
        /// `set/name` of each of them.
        migrations: Vec<String>,
    },
    /// There is no such product group.
    #[error(
        "`{name}` is no product group; the groups are {}",
        groups.join(", ")
    )]
    TableGroup {
        /// The name.
        name: String,
        /// The names of all groups.
        groups: Vec<&'static str>,
    },
    /// Versions are to be kept of a type of object that has no rows.
    #[error(
        "versions of `{object}` can't be kept, for no type of object with rows has this name{}",
        suggestion(.nearest.as_ref())
    )]
    VersionedType {
        /// The name.
        object: String,
        /// The type that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The database was made without the tables of these product groups.
    #[error(
        "the database was made without the tables of the product groups {}; leave them out of \
         `.table_groups(..)`, or use a new database",
        groups.join(", ")
    )]
    NoTables {
        /// The groups.
        groups: Vec<&'static str>,
    },
    /// The database is unreachable or refuses the connection.
    #[error("failed to connect to the database")]
    Connect(#[source] BoxError),
    /// Every connection was in use for too long.
    #[error("no database connection became free within {waited:?}")]
    Exhausted {
        /// How long this operation waited.
        waited: Duration,
    },
    /// A statement failed.
    #[error("failed to {operation}")]
    Query {
        /// What the statement was for.
        operation: &'static str,
        /// The database's error.
        source: DieselError,
    },
    /// A query of the [operator](super::operator) ran into its time limit.
    #[error("failed to {operation} within {limit:?}; narrow the filter")]
    TooSlow {
        /// What the query was for.
        operation: &'static str,
        /// The time limit.
        limit: Duration,
    },
    /// A migration failed; all migrations of this call were rolled back.
    #[error("migration `{name}` of `{set}` failed")]
    Migration {
        /// Set that the migration belongs to.
        set: String,
        /// Name of the migration.
        name: String,
        /// The database's error.
        source: DieselError,
    },
    /// The lease expired and another worker claimed the event: the transaction was rolled back.
    #[error("the lease of {} is lost", events.join(", "))]
    LeaseLost {
        /// Ids of the events.
        events: Vec<String>,
    },
    /// The event's object changed while the receiver ran: the transaction was rolled back.
    #[error("the object changed while its receiver ran")]
    ObjectChanged,
    /// The receiver committed or rolled back the transaction that it ran in.
    #[error("a receiver ended the transaction it ran in")]
    TransactionEnded(#[source] DieselError),
    /// A statement of the receiver failed, and the receiver went on and succeeded. Nothing of it is
    /// kept.
    #[error(
        "a statement failed and its error was dropped{}; return the error, or run the statement in \
         a savepoint, `connection.transaction(..)`",
        error.as_ref().map_or_else(String::new, |error| format!(" ({error})"))
    )]
    DroppedError {
        /// What the database said, if that is known.
        error: Option<String>,
    },
    /// A row holds a value that this version doesn't know.
    #[error("unknown value `{value}` in column `{column}`; was it written by a newer version?")]
    UnknownValue {
        /// The column.
        column: &'static str,
        /// The value.
        value: String,
    },
    /// The connection was closed after an earlier error.
    #[error("the connection was closed after an earlier error")]
    ConnectionClosed,
    /// The asynchronous runtime is shutting down.
    #[error("the runtime is shutting down")]
    ShuttingDown,
}

impl StoreError {
    /// Whether the same operation may succeed later, because the database is unreachable,
    /// overloaded or resolved a conflict against this operation.
    ///
    /// PostgreSQL's errors without a kind of their own (deadlocks, shutdowns) count as transient.
    ///
    /// ```
    /// use djstripe_core::store::StoreError;
    ///
    /// assert!(!StoreError::UnknownUrl.is_transient());
    /// ```
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect(_)
            | Self::PoolsTransactions
            | Self::PoolsStatements
            | Self::NotNotified { .. }
            | Self::Exhausted { .. }
            | Self::ConnectionClosed
            | Self::FileGone { .. }
            | Self::ShuttingDown => true,
            Self::Query { source, .. } | Self::Migration { source, .. } => is_transient(source),
            _ => false,
        }
    }

    /// Whether the database answered a query with an error, such as a missing right or a deadlock. It
    /// is there, so other queries may succeed.
    pub(crate) fn is_refusal(&self) -> bool {
        let Self::Query { source, .. } = self else {
            return false;
        };
        match source {
            DieselError::DatabaseError(kind, _) => !matches!(
                kind,
                DatabaseErrorKind::UnableToSendCommand
                    | DatabaseErrorKind::ReadOnlyTransaction
                    | DatabaseErrorKind::ClosedConnection
            ),
            DieselError::BrokenTransactionManager => false,
            _ => true,
        }
    }

    /// The value among `all` that a word of the database names.
    pub(super) fn known_word<T: Copy, const COUNT: usize>(
        column: &'static str,
        word: &str,
        all: [T; COUNT],
        as_str: impl Fn(T) -> &'static str,
    ) -> Result<T, Self> {
        let known = all.into_iter().find(|value| as_str(*value) == word);
        known.ok_or_else(|| Self::UnknownValue {
            column,
            value: word.to_owned(),
        })
    }

    /// Names the operation that a database error interrupted.
    pub(super) fn query(operation: &'static str) -> impl FnOnce(DieselError) -> Self {
        move |source| match is_lost_statement(&source) {
            true => Self::PoolsTransactions,
            false => Self::Query { operation, source },
        }
    }

    /// Wraps an error of a connection that isn't ready for use yet.
    #[cfg(feature = "postgres")]
    pub(super) fn connect(source: DieselError) -> Self {
        match is_lost_statement(&source) {
            true => Self::PoolsTransactions,
            false => Self::Connect(source.into()),
        }
    }
}

/// Whether PostgreSQL doesn't know a statement that this client has prepared, or another client has
/// prepared one of that name on the same connection.
fn is_lost_statement(error: &DieselError) -> bool {
    let DieselError::DatabaseError(_, information) = error else {
        return false;
    };
    let message = information.message();
    message.starts_with("prepared statement \"s")
        && (message.ends_with("\" does not exist") || message.ends_with("\" already exists"))
}

fn is_transient(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(kind, _) => matches!(
            kind,
            DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::ReadOnlyTransaction
                | DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::Unknown
        ),
        DieselError::BrokenTransactionManager => true,
        _ => false,
    }
}
