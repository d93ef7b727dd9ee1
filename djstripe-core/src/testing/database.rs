//! A database for one test.

use std::io;
use std::path::PathBuf;

use uuid::Uuid;

#[cfg(feature = "postgres")]
use crate::store::ScratchDatabase;

/// An empty database that is removed when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    place: Option<Place>,
}

enum Place {
    Folder(PathBuf),
    #[cfg(feature = "postgres")]
    Server(ScratchDatabase),
}

impl std::fmt::Debug for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => formatter.debug_tuple("Folder").field(folder).finish(),
            #[cfg(feature = "postgres")]
            Self::Server(server) => formatter
                .debug_tuple("Server")
                .field(&server.name())
                .finish(),
        }
    }
}

/// Why there is no database for a test.
#[derive(Debug, thiserror::Error)]
#[error("the test has no database")]
pub struct TestDatabaseError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl TestDatabase {
    /// A SQLite file in a folder of its own.
    ///
    /// ```
    /// use djstripe_core::testing::TestDatabase;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let database = TestDatabase::sqlite()?;
    /// assert!(database.url().starts_with("sqlite:"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the folder for temporary files can't be written to.
    pub fn sqlite() -> io::Result<Self> {
        let name = format!("djstripe-test-{}", Uuid::new_v4().simple());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder)?;
        Ok(Self {
            url: format!("sqlite:{}", folder.join("test.db").display()),
            place: Some(Place::Folder(folder)),
        })
    }

    /// A PostgreSQL database with a random name, on the server that this URL leads to. The role
    /// needs the right to create databases.
    ///
    /// ```no_run
    /// use djstripe_core::testing::TestDatabase;
    ///
    /// # async fn a_test() -> Result<(), Box<dyn std::error::Error>> {
    /// let database = TestDatabase::postgres("postgres://localhost/postgres").await?;
    /// println!("{}", database.url());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the server can't be reached, or the role lacks the right.
    #[cfg(feature = "postgres")]
    pub async fn postgres(url: &str) -> Result<Self, TestDatabaseError> {
        let made = ScratchDatabase::create(url).await;
        let server = made.map_err(|error| TestDatabaseError(Box::new(error)))?;
        Ok(Self {
            url: server.url(),
            place: Some(Place::Server(server)),
        })
    }

    /// The URL for [`Builder::database_url`](crate::Builder::database_url). It may contain a
    /// password.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let removed = match self.place.take() {
            None => Ok(()),
            Some(Place::Folder(folder)) => {
                std::fs::remove_dir_all(folder).map_err(|error| error.to_string())
            }
            #[cfg(feature = "postgres")]
            Some(Place::Server(server)) => drop_database(server),
        };
        if let Err(error) = removed {
            tracing::warn!(error, "the database of a test remains");
        }
    }
}

/// Drops a database. A thread of its own does, as this may be inside a runtime, which can't wait.
#[cfg(feature = "postgres")]
fn drop_database(server: ScratchDatabase) -> Result<(), String> {
    let removal = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let removed = runtime.block_on(server.remove());
        removed.map_err(|error| crate::error::describe(&error).to_string())
    });
    removal
        .join()
        .unwrap_or_else(|_| Err("the thread that drops it panicked".to_owned()))
}
