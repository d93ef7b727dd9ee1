//! The transaction that receivers run in, and connections without one.

pub(crate) mod open;
use std::fmt;
use std::future::Future;

use super::backend::connection::{Connection, Db};
use super::backend::{Database, Store};
use super::error::StoreError;
use super::events::rows::{ReceiverRun, Settlement};
use super::transaction::open::{Failure, Held, Marks};

const BEGIN: &str = "begin a transaction";

/// A transaction for the runs of receivers, their checkpoints and the state of their events. All of it commits
/// together, provided that the leases still hold.
///
/// Each receiver runs behind a savepoint, which it can't commit past, and which [`undo`](Self::undo) takes back alone,
/// so that the runs of many receivers may share one commit.
///
/// Dropping a transaction rolls it back and closes its connection.
pub struct Transaction {
    held: Held,
    /// Whether the savepoint holds the work of a receiver that is through.
    checked: bool,
    marks: Marks,
}

impl Store {
    /// Begins a transaction. On SQLite it waits for its turn among the writers of this process.
    ///
    /// ```
    /// use djstripe_core::store::{Claim, ReceiverRun, RunOutcome, Store, StoreError, Timestamp};
    ///
    /// async fn grant(store: &Store, claim: &Claim) -> Result<(), StoreError> {
    ///     let mut transaction = store.begin().await?;
    ///     let mut db = transaction.db().await?;
    ///     db.batch_execute("UPDATE grants SET active = true").await.map_err(|_| StoreError::ShuttingDown)?;
    ///     transaction.checkpoint(ReceiverRun {
    ///         event_id: claim.event_id.clone(),
    ///         fence: claim.fence,
    ///         receiver: "grant".to_owned(),
    ///         attempts: 1,
    ///         outcome: RunOutcome::Succeeded,
    ///         finished_at: Timestamp::now(),
    ///     });
    ///     transaction.commit().await
    /// }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        let mut held = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => Held::postgres(database.get().await?),
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => Held::sqlite(database.writer().await?),
        };
        detach(async move {
            held.begin()
                .await
                .map_err(|failure| failure.during(BEGIN))?;
            Ok(Transaction {
                held,
                checked: false,
                marks: Marks::default(),
            })
        })
        .await
    }

    /// A connection outside any transaction, for a receiver that asked for none. On SQLite it is one of its own.
    ///
    /// # Errors
    /// The errors of connecting.
    pub async fn session(&self) -> Result<Session, StoreError> {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                Ok(Session(Kind::Postgres(Box::new(database.get().await?))))
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                Ok(Session(Kind::Sqlite(Box::new(database.connect().await?))))
            }
        }
    }
}

impl Transaction {
    /// The connection for the next receiver, behind a savepoint of its own.
    ///
    /// # Errors
    /// [`StoreError::TransactionEnded`] if the receiver before it ended the transaction, and [`StoreError::Query`].
    pub async fn db(&mut self) -> Result<Db<'_>, StoreError> {
        if self.checked {
            self.held
                .renew_savepoint()
                .await
                .map_err(|failure| failure.during(BEGIN))?;
            self.checked = false;
        }
        self.held.connection().map(Db::new)
    }

    /// Takes back what was written through the last [`db`](Self::db). Receivers before that keep theirs.
    ///
    /// # Errors
    /// [`StoreError::TransactionEnded`] if the receiver ended the transaction; then the whole of it is lost.
    pub async fn undo(&mut self) -> Result<(), StoreError> {
        self.held
            .undo_savepoint()
            .await
            .map_err(|failure| failure.during("undo a receiver's writes"))
    }

    /// Adds the record of a run to the commit, with what was written through the last [`db`](Self::db); for a failed
    /// run, [`undo`](Self::undo) that first.
    pub fn checkpoint(&mut self, run: ReceiverRun) {
        self.checked = true;
        self.marks.runs.push(run);
    }

    /// Keeps what was written through the last [`db`](Self::db) when the next one is taken back.
    pub(crate) fn keep(&mut self) {
        self.checked = true;
    }

    /// Adds the state that an event is left in to the commit.
    pub fn settle(&mut self, settlement: Settlement) {
        self.marks.settlements.push(settlement);
    }

    /// Commits everything, if each lease that a checkpoint or a settlement names still holds. Runs to its end even if
    /// the caller is cancelled.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], [`StoreError::TransactionEnded`] or [`StoreError::Query`]; nothing was kept then.
    /// Only when the connection broke during the commit itself, it is open whether everything was kept or nothing.
    pub async fn commit(self) -> Result<(), StoreError> {
        let Self {
            mut held, marks, ..
        } = self;
        detach(async move {
            let lost = held
                .commit(marks)
                .await
                .map_err(|failure| failure.during("commit a transaction"))?;
            if lost.is_empty() {
                Ok(())
            } else {
                Err(StoreError::LeaseLost { events: lost })
            }
        })
        .await
    }

    /// Takes everything back. Unlike a drop it keeps the connection for others.
    ///
    /// # Errors
    /// [`StoreError::Query`]; the database rolls the transaction back then, as its connection is closed.
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        detach(async move {
            self.held
                .rollback()
                .await
                .map_err(|failure| failure.during("roll back a transaction"))
        })
        .await
    }
}

impl Failure {
    fn during(self, operation: &'static str) -> StoreError {
        match self {
            Self::Ended(source) => StoreError::TransactionEnded(source),
            Self::Query(source) => StoreError::Query { operation, source },
            Self::Gone(error) => error,
        }
    }
}

/// Runs on a task of its own, so that the work ends even if the caller is cancelled.
async fn detach<R: Send + 'static>(
    work: impl Future<Output = Result<R, StoreError>> + Send + 'static,
) -> Result<R, StoreError> {
    super::backend::finish(tokio::spawn(work).await)?
}

/// A connection without a transaction: every statement commits by itself.
pub struct Session(Kind);

enum Kind {
    #[cfg(feature = "postgres")]
    Postgres(Box<super::backend::postgres::Pooled>),
    #[cfg(feature = "sqlite")]
    Sqlite(Box<super::backend::connection::SqliteConnection>),
}

impl Session {
    /// The connection.
    ///
    /// # Errors
    /// [`StoreError::ThrownAway`] once the connection was thrown away.
    pub fn db(&mut self) -> Result<Db<'_>, StoreError> {
        match &mut self.0 {
            #[cfg(feature = "postgres")]
            Kind::Postgres(connection) => connection
                .connection()
                .map(Connection::Postgres)
                .map(Db::new),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(connection) => Ok(Db::new(Connection::Sqlite(connection))),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        match &mut self.0 {
            // Nobody knows what the receiver left open on it.
            #[cfg(feature = "postgres")]
            Kind::Postgres(connection) => connection.discard(),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(_) => {}
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").finish_non_exhaustive()
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Transaction")
            .field("runs", &self.marks.runs.len())
            .finish_non_exhaustive()
    }
}
