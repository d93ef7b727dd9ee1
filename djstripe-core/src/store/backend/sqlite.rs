//! SQLite: one writer that the tasks of this process take in turns, and one reader next to it. The
//! queries of operators, which may take long, have a reader of their own.
//!
//! Invariant: no write counts as done if the file was deleted or replaced in the meantime.
//!
//! Invariant: an operation finishes on a task of its own even if its caller is cancelled. Dropping
//! a running query of diesel-async would block the thread, and panic on a single-threaded runtime.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::result::{ConnectionError, QueryResult};
use diesel::{Connection as _, SqliteConnection as Raw};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::connection::SqliteConnection;
use super::sqlite_file::SqliteFile;
use super::task::joined;
use crate::store::error::StoreError;

/// A connection that is opened on first use, and again after it was discarded.
type Slot = Arc<Mutex<Option<SqliteConnection>>>;
type SlotGuard = OwnedMutexGuard<Option<SqliteConnection>>;

/// One database file.
pub(in crate::store) struct Database {
    file: Arc<SqliteFile>,
    busy_timeout: Duration,
    writer: Slot,
    reader: Slot,
    operator: Slot,
}

/// The writer, locked by one task.
pub(in crate::store) struct Writer {
    guard: SlotGuard,
    file: Arc<SqliteFile>,
}

impl Database {
    /// Opens the file, and creates it if there is none and `create` allows it.
    pub(in crate::store) async fn open(
        path: &str,
        create: bool,
        busy_timeout: Duration,
    ) -> Result<Self, StoreError> {
        let file = SqliteFile::parse(path)?;
        file.make(create)?;
        let database = Self {
            file: Arc::new(file),
            busy_timeout,
            writer: Slot::default(),
            reader: Slot::default(),
            operator: Slot::default(),
        };
        database.writer().await?;
        database.file.opened();
        Ok(database)
    }

    /// The file.
    pub(in crate::store) fn file(&self) -> &SqliteFile {
        &self.file
    }

    /// Waits for the writer.
    pub(in crate::store) async fn writer(&self) -> Result<Writer, StoreError> {
        Ok(Writer {
            guard: self.lock(&self.writer).await?,
            file: Arc::clone(&self.file),
        })
    }

    /// Opens one more connection.
    pub(in crate::store) async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        let (file, busy_timeout) = (Arc::clone(&self.file), self.busy_timeout);
        let raw = tokio::task::spawn_blocking(move || {
            file.check()?;
            establish(file.uri(), busy_timeout).map_err(|error| file.failed(&error))
        });
        joined(raw.await)?.map(SqliteConnection::new)
    }

    /// Runs `work` in a transaction of the writer.
    pub(in crate::store) async fn write<R: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Raw) -> QueryResult<R> + Send + 'static,
    ) -> Result<R, StoreError> {
        self.write_with(move |raw| {
            raw.immediate_transaction(work)
                .map_err(StoreError::query(operation))
        })
        .await
    }

    /// Runs `work` on the writer. It begins and commits its own transaction.
    pub(in crate::store) async fn write_with<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Raw) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let file = Arc::clone(&self.file);
        run(self.lock(&self.writer).await?, move |raw| {
            file.check()?;
            let result = work(raw)?;
            file.check()?;
            Ok(result)
        })
        .await
    }

    /// Runs queries on the reader.
    pub(in crate::store) async fn read<R: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Raw) -> QueryResult<R> + Send + 'static,
    ) -> Result<R, StoreError> {
        let guard = self.lock(&self.reader).await?;
        run(guard, move |raw| {
            work(raw).map_err(StoreError::query(operation))
        })
        .await
    }

    /// Runs queries on the reader of operators. The caller waits for at most `limit`: SQLite can't be
    /// interrupted, so what takes longer finishes without it, and the next query waits for that.
    pub(in crate::store) async fn read_within<R: Send + 'static>(
        &self,
        operation: &'static str,
        limit: Duration,
        work: impl FnOnce(&mut Raw) -> QueryResult<R> + Send + 'static,
    ) -> Result<R, StoreError> {
        let read = async {
            let guard = self.lock(&self.operator).await?;
            run(guard, move |raw| {
                work(raw).map_err(StoreError::query(operation))
            })
            .await
        };
        let read = tokio::time::timeout(limit, read).await;
        read.unwrap_or(Err(StoreError::TooSlow { operation, limit }))
    }

    async fn lock(&self, slot: &Slot) -> Result<SlotGuard, StoreError> {
        // The wait has a limit, as a receiver that holds the writer and requests it again waits for
        // itself.
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
            .field("path", &self.file.path())
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// The connection, unless it was discarded.
    pub(in crate::store) fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.guard.as_mut().ok_or(StoreError::ConnectionClosed)
    }

    /// Fails if the file is not the one any more that was written to.
    pub(in crate::store) fn check_file(&self) -> Result<(), StoreError> {
        self.file.check()
    }

    /// Closes the connection, which rolls back a transaction that is open on it. The next task
    /// opens another.
    pub(in crate::store) fn discard(&mut self) {
        self.guard.take();
    }
}

/// Runs `work` on the blocking pool. A connection on which it fails is discarded, as its state is
/// unknown.
async fn run<R: Send + 'static>(
    mut guard: SlotGuard,
    work: impl FnOnce(&mut Raw) -> Result<R, StoreError> + Send + 'static,
) -> Result<R, StoreError> {
    let task = tokio::spawn(async move {
        let connection = guard.as_mut().ok_or(StoreError::ConnectionClosed)?;
        let result = connection
            .spawn_blocking(|raw| Ok(work(raw)))
            .await
            .map_err(|error| StoreError::Connect(error.into()))
            .and_then(|result| result);

        if result.is_err() {
            guard.take();
        }
        result
    });
    joined(task.await)?
}

fn establish(uri: &str, busy_timeout: Duration) -> Result<Raw, ConnectionError> {
    let mut connection = Raw::establish(uri)?;
    // The timeout comes first: switching a new file to WAL needs a lock too. FULL makes a commit
    // survive a power cut.
    let settings = format!(
        "PRAGMA busy_timeout = {}; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        busy_timeout.as_millis()
    );

    connection
        .batch_execute(&settings)
        .and_then(|()| switch_to_wal(&mut connection, busy_timeout))
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// Switches the file to WAL, which stays switched. SQLite reads the file's header before it writes
/// it, and a reader that wants to write while another does so is refused at once: its busy timeout
/// does not apply. So processes that open a new file at the same time wait for each other here.
fn switch_to_wal(connection: &mut Raw, busy_timeout: Duration) -> QueryResult<()> {
    let deadline = Instant::now() + busy_timeout;
    loop {
        match connection.batch_execute("PRAGMA journal_mode = WAL") {
            Err(error) if is_locked(&error) && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

/// Whether SQLite refused a statement for another connection's lock. diesel passes on the text of
/// [`SQLITE_BUSY`](https://sqlite.org/rescode.html#busy) alone.
fn is_locked(error: &diesel::result::Error) -> bool {
    matches!(error, diesel::result::Error::DatabaseError(_, information)
        if information.message() == "database is locked")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tempfile::TempDir;

    use super::*;

    /// A new file that another connection is about to write.
    struct LockedFile {
        path: String,
        other: Raw,
        _folder: TempDir,
    }

    impl LockedFile {
        fn open() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("new.db").display().to_string();
            let mut other = Raw::establish(&path).unwrap();
            other.batch_execute("BEGIN IMMEDIATE").unwrap();
            Self {
                path,
                other,
                _folder: folder,
            }
        }
    }

    #[test]
    fn a_new_file_is_opened_while_another_process_writes_it() {
        let mut file = LockedFile::open();
        let path = file.path.clone();

        let (opening, opens) = mpsc::channel();
        let opened = std::thread::spawn(move || {
            opening.send(()).unwrap();
            establish(&path, Duration::from_secs(60)).map(drop)
        });
        opens.recv().unwrap();
        std::thread::sleep(Duration::from_millis(100));
        file.other.batch_execute("ROLLBACK").unwrap();

        opened.join().unwrap().unwrap();
    }

    #[test]
    fn a_file_that_stays_locked_is_refused_after_the_busy_timeout() {
        let file = LockedFile::open();

        let refused = establish(&file.path, Duration::from_millis(20)).map(drop);

        assert!(matches!(
            refused,
            Err(ConnectionError::CouldntSetupConfiguration(error)) if is_locked(&error)
        ));
    }
}
