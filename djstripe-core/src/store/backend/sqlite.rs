//! SQLite: one writer that the tasks of this process queue for, one reader beside it.
//!
//! Invariant: an operation runs to its end on its own task, whatever becomes of the task that asked for it; dropping
//! a running query of diesel-async would block the thread and panic on a single-threaded runtime.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::result::{ConnectionError, QueryResult};
use diesel::{Connection as _, SqliteConnection as Raw};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::connection::SqliteConnection;
use crate::store::error::StoreError;

/// A connection that is opened on first use and after it was thrown away.
type Slot = Arc<Mutex<Option<SqliteConnection>>>;

/// One database file.
pub(in crate::store) struct Database {
    path: String,
    busy_timeout: Duration,
    writer: Slot,
    reader: Slot,
}

/// The writer, held by one task.
pub(in crate::store) struct Writer(OwnedMutexGuard<Option<SqliteConnection>>);

impl Database {
    /// Opens the file and creates it if there is none.
    pub(in crate::store) async fn open(
        path: &str,
        busy_timeout: Duration,
    ) -> Result<Self, StoreError> {
        let database = Self {
            path: path.to_owned(),
            busy_timeout,
            writer: Slot::default(),
            reader: Slot::default(),
        };
        database.writer().await?;
        Ok(database)
    }

    /// Waits for the writer.
    pub(in crate::store) async fn writer(&self) -> Result<Writer, StoreError> {
        self.lock(&self.writer).await.map(Writer)
    }

    /// A connection of its own, outside the queue.
    pub(in crate::store) async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        let (path, busy_timeout) = (self.path.clone(), self.busy_timeout);
        let raw = crate::store::backend::finish(
            tokio::task::spawn_blocking(move || establish(&path, busy_timeout)).await,
        )?;
        raw.map(SqliteConnection::new)
            .map_err(|error| StoreError::Connect(error.into()))
    }

    /// Runs a transaction on the writer: all of `work`, or nothing of it.
    pub(in crate::store) async fn write<R: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Raw) -> QueryResult<R> + Send + 'static,
    ) -> Result<R, StoreError> {
        let guard = self.lock(&self.writer).await?;
        run(guard, move |raw| raw.immediate_transaction(work))
            .await
            .map_err(StoreError::query(operation))
    }

    /// Runs `work` on the writer; it begins and ends its own transaction.
    pub(in crate::store) async fn write_with<R: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Raw) -> R + Send + 'static,
    ) -> Result<R, StoreError> {
        let guard = self.lock(&self.writer).await?;
        run(guard, move |raw| Ok(work(raw)))
            .await
            .map_err(StoreError::query(operation))
    }

    /// Runs queries beside the writer.
    pub(in crate::store) async fn read<R: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Raw) -> QueryResult<R> + Send + 'static,
    ) -> Result<R, StoreError> {
        let guard = self.lock(&self.reader).await?;
        run(guard, work).await.map_err(StoreError::query(operation))
    }

    async fn lock(
        &self,
        slot: &Slot,
    ) -> Result<OwnedMutexGuard<Option<SqliteConnection>>, StoreError> {
        // Bounded: a receiver that holds the writer and asks for it again would wait for itself.
        let mut guard = tokio::time::timeout(self.busy_timeout, Arc::clone(slot).lock_owned())
            .await
            .map_err(|_| StoreError::Exhausted {
                waited: self.busy_timeout,
            })?;
        if guard.is_none() {
            *guard = Some(self.connect().await?);
        }
        Ok(guard)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Database")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// The connection, unless it was thrown away.
    pub(in crate::store) fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.0.as_mut().ok_or(StoreError::ThrownAway)
    }

    /// Closes the connection, which rolls back whatever is open on it. The next task opens another.
    pub(in crate::store) fn discard(&mut self) {
        self.0.take();
    }
}

/// Runs `work` on the blocking pool; a connection that it fails on is thrown away, as its state is unknown.
async fn run<R: Send + 'static>(
    mut guard: OwnedMutexGuard<Option<SqliteConnection>>,
    work: impl FnOnce(&mut Raw) -> QueryResult<R> + Send + 'static,
) -> QueryResult<R> {
    let task = tokio::spawn(async move {
        let result = match guard.as_mut() {
            Some(connection) => connection.spawn_blocking(work).await,
            None => Err(diesel::result::Error::BrokenTransactionManager),
        };
        if result.is_err() {
            guard.take();
        }
        result
    });
    crate::store::backend::finish(task.await)
        .map_err(|_| diesel::result::Error::BrokenTransactionManager)?
}

fn establish(path: &str, busy_timeout: Duration) -> Result<Raw, ConnectionError> {
    let mut connection = Raw::establish(path)?;
    // The timeout comes first: turning a new file to WAL needs a lock too. FULL makes a commit survive a power cut.
    let settings = format!(
        "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        busy_timeout.as_millis()
    );
    connection
        .batch_execute(&settings)
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}
