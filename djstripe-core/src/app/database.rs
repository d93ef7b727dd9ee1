//! The settings of the database.

use super::build_error::BuildError;
use super::defaults::DEFAULT_DATABASE_URL;
#[cfg(feature = "postgres")]
use crate::store::Pool;
use crate::store::{Store, StoreError, StoreOptions};

/// Where the database is.
#[derive(Clone, Default)]
pub(super) enum Place {
    #[default]
    Default,
    Url(String),
    /// A pool that the application made.
    #[cfg(feature = "postgres")]
    Pool(Pool),
}

/// The settings of the database.
#[derive(Clone, Default)]
pub(super) struct DatabaseSettings {
    pub(super) place: Place,
    pub(super) options: StoreOptions,
    /// Whether a database that lacks migrations is refused instead of migrated.
    pub(super) is_unmigrated_refused: bool,
}

impl DatabaseSettings {
    /// The database's URL; `None` if the application made the pool.
    #[cfg(feature = "dev")]
    pub(super) fn url(&self) -> Option<&str> {
        match &self.place {
            Place::Default => Some(DEFAULT_DATABASE_URL),
            Place::Url(url) => Some(url),
            #[cfg(feature = "postgres")]
            Place::Pool(_) => None,
        }
    }

    pub(super) async fn open(&self, options: StoreOptions) -> Result<Store, StoreError> {
        match &self.place {
            Place::Default => Store::connect(DEFAULT_DATABASE_URL, options).await,
            Place::Url(url) => Store::connect(url, options).await,
            #[cfg(feature = "postgres")]
            Place::Pool(pool) => Store::from_pool(pool.clone(), options).await,
        }
    }

    /// Migrates the database or, if that is not wanted, refuses one that lacks migrations. Refuses one
    /// with migrations of a newer program that don't fit this one.
    pub(super) async fn migrate_or_refuse(&self, store: &Store) -> Result<(), BuildError> {
        let (pending, newer) = store.compatible_migrations().await?;
        if !newer.is_empty() {
            tracing::warn!(
                migrations = newer.join(", "),
                "the database has migrations of a newer program, with which this one works"
            );
        }
        if pending.is_empty() {
            return Ok(());
        }
        if self.is_unmigrated_refused {
            return Err(BuildError::Unmigrated { pending });
        }
        store.migrate().await?;
        Ok(())
    }
}
