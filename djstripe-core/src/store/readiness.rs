//! Whether a delivery could be stored now: the schema fits this program, the SQLite file is still
//! there, and the database takes a write.

use std::fmt;
use std::time::Instant;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use uuid::Uuid;

use super::backend::run::on_backend;
use super::backend::statement::{Bind, Statement};
use super::backend::store::Store;
use super::backend::writes::{Probe, ProbeFailure};
use super::error::StoreError;
use super::migration::newer::NewerMigrations;
use crate::timestamp::Timestamp;

const WRITE: &str = "write to the database";

#[cfg(feature = "postgres")]
const SELECT_READ_ONLY: &str =
    "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'";

const BEAT: &str = "INSERT INTO djstripe_heartbeat (id, written_at, padding) VALUES (1, ?, ?) \
     ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at, \
         padding = coalesce(excluded.padding, djstripe_heartbeat.padding)";

/// Size of a full write, in bytes: that of a usual event, and more than a page has left.
const FULL: usize = 16 * 1024;

/// Why no delivery can be stored. Its text is for anybody.
#[derive(Debug)]
pub(crate) enum Unready {
    /// Migrations are pending.
    Pending(Vec<String>),
    /// A newer program has changed the tables in a way that this one can't work with.
    Newer(Vec<String>),
    /// The SQLite file was deleted or replaced.
    FileGone(StoreError),
    /// The database takes no writes: for a reason, and with an error unless a moment ago a probe
    /// had it.
    NotWritable(&'static str, Option<StoreError>),
    /// The database can't be asked: with an error unless a moment ago a probe had it.
    NoAnswer(Option<StoreError>),
}

const READ_ONLY: &str = "the database is read-only";
const NOT_WRITABLE: &str = "the database takes no writes";
const NO_ANSWER: &str = "the database does not answer";

impl fmt::Display for Unready {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending(migrations) => {
                write!(
                    formatter,
                    "migrations are pending: {}",
                    migrations.join(", ")
                )
            }
            Self::Newer(migrations) => write!(
                formatter,
                "the database has migrations of a newer program: {}",
                migrations.join(", ")
            ),
            Self::FileGone(_) => formatter.write_str("the SQLite file was deleted or replaced"),
            Self::NotWritable(reason, _) => formatter.write_str(reason),
            Self::NoAnswer(_) => formatter.write_str(NO_ANSWER),
        }
    }
}

impl Unready {
    /// The database's error.
    pub(crate) fn error(&self) -> Option<&StoreError> {
        match self {
            Self::Pending(_) | Self::Newer(_) => None,
            Self::FileGone(error) => Some(error),
            Self::NotWritable(_, error) | Self::NoAnswer(error) => error.as_ref(),
        }
    }
}

impl From<StoreError> for Unready {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::FileGone { .. } => Self::FileGone(error),
            error => Self::NoAnswer(Some(error)),
        }
    }
}

impl Store {
    /// Whether a delivery could be stored now, and the newer migrations with which it could.
    ///
    /// # Errors
    /// [`Unready`].
    pub(crate) async fn readiness(&self) -> Result<Vec<String>, Unready> {
        self.check_file()?;
        let (pending, newer) = self.compare_migrations().await?;
        let NewerMigrations {
            compatible,
            incompatible,
        } = newer;
        if !incompatible.is_empty() {
            return Err(Unready::Newer(incompatible));
        }
        if !pending.is_empty() {
            return Err(Unready::Pending(pending));
        }
        self.check_writes().await?;
        Ok(compatible)
    }

    /// Fails if the database takes no writes.
    async fn check_writes(&self) -> Result<(), Unready> {
        let _turn = self.writes().turn.lock().await;
        let began = Instant::now();
        let probe = self.writes().probe(began);
        match probe {
            Probe::Fresh => return Ok(()),
            Probe::Failed(ProbeFailure::NotWritable(reason)) => {
                return Err(Unready::NotWritable(reason, None));
            }
            Probe::Failed(ProbeFailure::NoAnswer) => return Err(Unready::NoAnswer(None)),
            Probe::Small | Probe::Full => {}
        }

        let written = self.beat(probe == Probe::Full).await;
        let failure = match &written {
            Ok(()) => None,
            Err(Unready::NotWritable(reason, _)) => Some(ProbeFailure::NotWritable(reason)),
            Err(Unready::NoAnswer(_)) => Some(ProbeFailure::NoAnswer),
            // The next call finds the others before it probes.
            Err(_) => return written,
        };
        self.writes().probed(began, probe, failure);
        written
    }

    /// Writes a row, in order to see whether that is possible.
    async fn beat(&self, full: bool) -> Result<(), Unready> {
        if self.is_read_only().await? {
            return Err(Unready::NotWritable(READ_ONLY, None));
        }
        // Content that can't be compressed.
        let random = || *Uuid::new_v4().as_bytes();
        let padding: Option<Vec<u8>> = full.then(|| {
            std::iter::repeat_with(random)
                .take(FULL / 16)
                .flatten()
                .collect()
        });
        let beat = Statement::new(BEAT)
            .bind(Timestamp::now().micros())
            .bind(Bind::Binary(padding.map(Into::into)));
        match self.execute(WRITE, beat).await {
            Ok(_) => Ok(()),
            Err(error) => Err(refused(error)),
        }
    }

    /// Whether PostgreSQL is a standby, or begins transactions that may not write.
    async fn is_read_only(&self) -> Result<bool, StoreError> {
        let read_only: Vec<bool> = on_backend!(
            self, WRITE,
            postgres(connection) => diesel_async::RunQueryDsl::load(
                Statement::<diesel::sql_types::Bool>::new(SELECT_READ_ONLY), connection),
            sqlite.read => |_| Ok(Vec::new()),
        )?;
        Ok(read_only.contains(&true))
    }
}

/// What it means that the write failed.
fn refused(error: StoreError) -> Unready {
    let StoreError::Query { source, .. } = &error else {
        return error.into();
    };
    let is_read_only = match source {
        DieselError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => true,
        DieselError::DatabaseError(_, information) => {
            information.message() == "attempt to write a readonly database"
        }
        _ => false,
    };
    if is_read_only {
        Unready::NotWritable(READ_ONLY, Some(error))
    } else if error.is_refusal() {
        Unready::NotWritable(NOT_WRITABLE, Some(error))
    } else {
        // The connection broke.
        error.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_failed_has_its_own_reason() {
        use DatabaseErrorKind::{
            ClosedConnection, ReadOnlyTransaction, UnableToSendCommand, Unknown,
        };
        let check = |kind: DatabaseErrorKind, message: &str, expected: &str| {
            let source = DieselError::DatabaseError(kind, Box::new(message.to_owned()));
            let error = StoreError::query(WRITE)(source);
            assert_eq!(refused(error).to_string(), expected, "{message}");
        };

        check(ReadOnlyTransaction, "cannot execute INSERT", READ_ONLY);
        check(Unknown, "attempt to write a readonly database", READ_ONLY);
        check(Unknown, "database or disk is full", NOT_WRITABLE);
        check(Unknown, "permission denied", NOT_WRITABLE);
        check(ClosedConnection, "connection closed", NO_ANSWER);
        check(UnableToSendCommand, "connection closed", NO_ANSWER);

        let unreachable = refused(StoreError::Connect("connection refused".into()));
        assert_eq!(unreachable.to_string(), NO_ANSWER);
    }
}
