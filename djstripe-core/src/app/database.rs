//! The settings of the database.

use super::build_error::BuildError;
use crate::store::{Store, StoreOptions};

/// The settings of the database.
#[derive(Clone, Default)]
pub(super) struct DatabaseSettings {
    pub(super) url: Option<String>,
    pub(super) options: StoreOptions,
    /// Whether a database that lacks migrations is refused instead of migrated.
    pub(super) is_unmigrated_refused: bool,
}

impl DatabaseSettings {
    /// Migrates the database or, if that is not wanted, refuses one that lacks migrations.
    pub(super) async fn migrate_or_refuse(&self, store: &Store) -> Result<(), BuildError> {
        if !self.is_unmigrated_refused {
            store.migrate().await?;
            return Ok(());
        }
        let pending = store.pending_migrations().await?;
        if pending.is_empty() {
            Ok(())
        } else {
            Err(BuildError::Unmigrated { pending })
        }
    }
}
