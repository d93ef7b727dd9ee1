//! PostgreSQL and SQLite behind one set of operations: connections, statements, listening.

pub(crate) mod url;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "postgres")]
pub(crate) mod postgres_tls;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
pub(crate) mod connection;
pub(crate) mod statement;
pub(crate) mod run;
pub(crate) mod listen;
#[cfg(feature = "cli")]
pub(crate) mod server;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::StoreError;
use super::migration::MigrationSet;
use connection::Backend;
use url::DatabaseUrl;

/// The database of one application. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    database: Database,
    options: StoreOptions,
}

pub(in crate::store) enum Database {
    #[cfg(feature = "postgres")]
    Postgres(postgres::Database),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Database),
}

/// Settings of a [`Store`], each with a default that fits a server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreOptions {
    /// Connections to PostgreSQL at most; more than its cores only slow it down. Default 8.
    pub connections: u32,
    /// Longest wait for a connection to be free or made. Default 10 s.
    pub connect_timeout: Duration,
    /// Longest wait for whoever else writes to the SQLite file, in this process or in another. Default 10 s.
    pub busy_timeout: Duration,
    /// How many refused requests are kept. Default 1,000.
    pub refused_deliveries: u32,
    /// How much of a refused request's body is kept. Default 16 KiB.
    pub refused_body_bytes: usize,
    /// Schema changes beside the inbox's own, in the order in which they run.
    pub migrations: Vec<MigrationSet>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            connections: 8,
            connect_timeout: Duration::from_secs(10),
            busy_timeout: Duration::from_secs(10),
            refused_deliveries: 1_000,
            refused_body_bytes: 16 * 1024,
            migrations: Vec::new(),
        }
    }
}

impl Store {
    /// Connects to the database that `url` names: `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    ///
    /// ```
    /// use djstripe_core::store::{EventFilter, Store, StoreOptions};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite:{}", folder.path().join("shop.db").display());
    /// let store = Store::connect(&url, StoreOptions::default()).await?;
    /// store.migrate().await?;
    /// assert!(store.events(&EventFilter::default()).await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::UnknownUrl`], [`StoreError::InMemory`], [`StoreError::FeatureOff`], [`StoreError::InvalidUrl`],
    /// [`StoreError::RootCertificates`], and [`StoreError::Connect`] if the database can't be reached now.
    pub async fn connect(url: &str, options: StoreOptions) -> Result<Self, StoreError> {
        let database = match DatabaseUrl::parse(url)? {
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres { url } => {
                Database::Postgres(postgres::Database::open(url, &options).await?)
            }
            #[cfg(not(feature = "postgres"))]
            DatabaseUrl::Postgres { .. } => {
                return Err(StoreError::FeatureOff {
                    feature: "postgres",
                });
            }
            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite { path } => {
                Database::Sqlite(sqlite::Database::open(path, options.busy_timeout).await?)
            }
            #[cfg(not(feature = "sqlite"))]
            DatabaseUrl::Sqlite { .. } => return Err(StoreError::FeatureOff { feature: "sqlite" }),
        };
        Ok(Self(Arc::new(Inner { database, options })))
    }

    /// The kind of database.
    pub fn backend(&self) -> Backend {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => Backend::Postgres,
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => Backend::Sqlite,
        }
    }

    /// Connections that receivers may hold at a time, so that some are left for what goes on beside them.
    pub(crate) fn receiver_connections(&self) -> usize {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => (self.options().connections.max(4) as usize / 4) * 3,
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => 1,
        }
    }

    pub(in crate::store) fn database(&self) -> &Database {
        &self.0.database
    }

    pub(in crate::store) fn options(&self) -> &StoreOptions {
        &self.0.options
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Store")
            .field("backend", &self.backend())
            .finish_non_exhaustive()
    }
}

/// The result of a task; its panic goes on here.
pub(in crate::store) fn finish<R>(
    joined: Result<R, tokio::task::JoinError>,
) -> Result<R, StoreError> {
    joined.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => StoreError::ShuttingDown,
    })
}
