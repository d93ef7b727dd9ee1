//! The handle of an application's database.

use std::fmt;
use std::sync::Arc;

use super::connection::Backend;
use super::options::StoreOptions;
#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "postgres")]
use super::postgres::Pool;
use super::schema::Schema;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::url::DatabaseUrl;
use super::writes::Writes;
use crate::store::error::StoreError;
use crate::store::migration::tables::{self, Groups};
use crate::store::objects::versions::kept::KeptTypes;

/// The database of one application. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    database: Database,
    options: StoreOptions,
    schema: Option<Schema>,
    groups: Groups,
    kept: KeptTypes,
    writes: Writes,
}

pub(in crate::store) enum Database {
    #[cfg(feature = "postgres")]
    Postgres(postgres::Database),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Database),
}

impl Store {
    /// Connects to the database at `url`: `sqlite:PATH`, `postgres://…` or `postgresql://…`.
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
    /// [`StoreError::UnknownUrl`], [`StoreError::InMemory`], [`StoreError::SqlitePath`],
    /// [`StoreError::NoFile`], [`StoreError::FeatureOff`], [`StoreError::InvalidUrl`],
    /// [`StoreError::NoHost`], [`StoreError::PostgresSetting`], [`StoreError::DirectUrl`],
    /// [`StoreError::RootCertificates`], [`StoreError::ClientCertificate`],
    /// [`StoreError::SchemaName`], [`StoreError::SchemaOfSqlite`], [`StoreError::IgnoredSchema`],
    /// [`StoreError::TableGroup`], [`StoreError::VersionedType`],
    /// [`StoreError::PoolsTransactions`], and [`StoreError::Connect`] if the database is
    /// unreachable.
    pub async fn connect(url: &str, options: StoreOptions) -> Result<Self, StoreError> {
        let url = DatabaseUrl::parse(url)?;
        let groups = tables::groups(options.table_groups.as_deref())?;
        let kept = KeptTypes::named(&options.keep_versions_of)?;
        let schema = Schema::of(&options, &url)?;
        let database = match url {
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres { url } => {
                let open = postgres::Database::open(url, schema.as_ref(), &options);
                let database = Box::pin(open).await?;
                Database::Postgres(database)
            }
            #[cfg(not(feature = "postgres"))]
            DatabaseUrl::Postgres { .. } => {
                return Err(StoreError::FeatureOff {
                    feature: "postgres",
                });
            }

            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite { .. } if options.direct_url.is_some() => {
                return Err(StoreError::DirectUrl);
            }
            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite { path } => {
                let (create, busy_timeout) = (options.create_file, options.busy_timeout);
                Database::Sqlite(sqlite::Database::open(path, create, busy_timeout).await?)
            }
            #[cfg(not(feature = "sqlite"))]
            DatabaseUrl::Sqlite { .. } => return Err(StoreError::FeatureOff { feature: "sqlite" }),
        };
        Ok(Self(Arc::new(Inner {
            database,
            options,
            schema,
            groups,
            kept,
            writes: Writes::default(),
        })))
    }

    /// The database of a pool that the application made; see
    /// [`Builder::pool`](crate::Builder::pool). [`StoreOptions::connections`] has no effect.
    ///
    /// # Errors
    /// [`StoreError::SchemaOfPool`] if the options name a schema, [`StoreError::TableGroup`],
    /// [`StoreError::VersionedType`], and [`StoreError::Connect`] if the database is unreachable.
    #[cfg(feature = "postgres")]
    pub async fn from_pool(pool: Pool, options: StoreOptions) -> Result<Self, StoreError> {
        if options.schema.is_some() {
            return Err(StoreError::SchemaOfPool);
        }
        let groups = tables::groups(options.table_groups.as_deref())?;
        let kept = KeptTypes::named(&options.keep_versions_of)?;
        let database = postgres::Database::of_pool(pool, &options).await?;
        Ok(Self(Arc::new(Inner {
            database: Database::Postgres(database),
            options,
            schema: None,
            groups,
            kept,
            writes: Writes::default(),
        })))
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

    /// Number of connections that receivers may hold at once. On PostgreSQL the rest is left for
    /// the inbox and the workers.
    pub(crate) fn receiver_connections(&self) -> usize {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => (database.connections().max(4) / 4) * 3,
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

    /// Fails if the SQLite file was deleted or replaced.
    pub(in crate::store) fn check_file(&self) -> Result<(), StoreError> {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => Ok(()),
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => database.file().check(),
        }
    }

    /// What is known of the last writes.
    pub(in crate::store) fn writes(&self) -> &Writes {
        &self.0.writes
    }

    /// The schema that the options name.
    pub(in crate::store) fn schema(&self) -> Option<&Schema> {
        self.0.schema.as_ref()
    }

    /// The types of object whose versions are kept.
    pub(in crate::store) fn kept_types(&self) -> &KeptTypes {
        &self.0.kept
    }

    /// The product groups whose tables a new database gets.
    pub(in crate::store) fn groups(&self) -> &Groups {
        &self.0.groups
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
