//! What can go wrong between this program and its database. No variant holds a URL: URLs carry passwords.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::error::BoxError;

/// Why an operation of the [`Store`](super::Store) failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The URL names no database that is known.
    #[error("database URL is none of `sqlite:PATH`, `postgres://…` and `postgresql://…`")]
    UnknownUrl,
    /// A database in memory forgets its events when the program ends.
    #[error("`sqlite::memory:` keeps nothing; name a file, `sqlite:PATH`")]
    InMemory,
    /// The program was built without the backend that the URL names.
    #[error("this program was built without the cargo feature `{feature}`")]
    FeatureOff {
        /// The feature to turn on.
        feature: &'static str,
    },
    /// The PostgreSQL URL can't be read.
    #[error("PostgreSQL URL can't be read")]
    InvalidUrl(#[source] Option<BoxError>),
    /// The file given as `sslrootcert` can't be used.
    #[error("root certificates can't be read from `{path}`")]
    RootCertificates {
        /// The file.
        path: String,
        /// Why not.
        source: BoxError,
    },
    /// The database can't be reached or refuses the connection.
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
        /// The database's answer.
        source: DieselError,
    },
    /// A migration failed; none of this run's migrations was kept.
    #[error("migration `{name}` of `{set}` failed")]
    Migration {
        /// Set that the migration belongs to.
        set: String,
        /// Name of the migration.
        name: String,
        /// The database's answer.
        source: DieselError,
    },
    /// The lease ran out and someone else took the event: nothing of this transaction was kept.
    #[error("the lease of {} is lost", events.join(", "))]
    LeaseLost {
        /// Ids of the events.
        events: Vec<String>,
    },
    /// The transaction was ended by the receiver that ran inside it.
    #[error("a receiver ended the transaction it ran in")]
    TransactionEnded(#[source] DieselError),
    /// A row holds a state or an outcome that this version doesn't know.
    #[error("`{value}` in column `{column}` is unknown; was it written by a newer version?")]
    UnknownValue {
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
    },
    /// The connection was thrown away after an earlier error.
    #[error("the connection was thrown away after an earlier error")]
    ThrownAway,
    /// The asynchronous runtime is shutting down.
    #[error("the runtime is shutting down")]
    ShuttingDown,
}

impl StoreError {
    /// Whether the same operation may succeed later: the database is away, overloaded or in conflict with another.
    ///
    /// PostgreSQL's errors without a kind of their own (deadlocks, shutdowns) count as passing.
    ///
    /// ```
    /// use djstripe_core::store::StoreError;
    ///
    /// assert!(!StoreError::UnknownUrl.is_transient());
    /// ```
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Exhausted { .. } | Self::ThrownAway | Self::ShuttingDown => {
                true
            }
            Self::Query { source, .. } | Self::Migration { source, .. } => is_passing(source),
            _ => false,
        }
    }

    /// Names the operation that a database error interrupted.
    pub(super) fn query(operation: &'static str) -> impl FnOnce(DieselError) -> Self {
        move |source| Self::Query { operation, source }
    }
}

fn is_passing(error: &DieselError) -> bool {
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
