//! The builder's settings of the database.

use super::builder::Builder;
use super::defaults::DEFAULT_DATABASE_URL;
use crate::store::{self, MigrationSet, Store, StoreError};

impl Builder {
    /// Sets the database: `sqlite:PATH` or `postgres://…`. Default: [`DEFAULT_DATABASE_URL`].
    #[must_use]
    pub fn database_url(mut self, url: impl Into<String>) -> Self {
        self.database.url = Some(url.into());
        self
    }

    /// Adds migrations of the application's own tables, which run together with djstripe's.
    #[must_use]
    pub fn migrations(mut self, set: MigrationSet) -> Self {
        self.database.options.migrations.push(set);
        self
    }

    /// Sets the maximum number of connections to PostgreSQL that this application opens. Default 8.
    /// Three of four are for receivers that take [`Db`](crate::Db); one more listens for events. On
    /// SQLite it has no effect.
    ///
    /// ```
    /// let builder = djstripe_core::Djstripe::builder().connections(4);
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn connections(mut self, connections: u32) -> Self {
        self.database.options.connections = connections;
        self
    }

    /// Whether [`build`](Self::build) migrates the database. Default: yes. With `false`, a database
    /// that lacks migrations is refused: [`BuildError::Unmigrated`](crate::BuildError::Unmigrated). The application's role then needs
    /// no right to create tables. The command `migrate` migrates, and `migrate --print-sql` prints the
    /// SQL for a pipeline of your own.
    ///
    /// ```
    /// let builder = djstripe_core::Djstripe::builder().migrate(false);
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.database.is_unmigrated_refused = !migrate;
        self
    }

    /// The URL of the database, which may contain a password.
    #[cfg(feature = "cli")]
    pub(crate) fn url_of_database(&self) -> &str {
        self.database.url.as_deref().unwrap_or(DEFAULT_DATABASE_URL)
    }

    /// The name of a set of migrations that SQLite has none of.
    #[cfg(feature = "cli")]
    pub(crate) fn set_for_postgres_only(&self) -> Option<&str> {
        let mut sets = self.database.options.migrations.iter();
        let set = sets.find(|set| set.sqlite.is_empty() && !set.postgres.is_empty());
        set.map(|set| &*set.name)
    }

    /// Opens the database alone, without migrating it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_store(&self) -> Result<Store, StoreError> {
        let url = self.database.url.as_deref().unwrap_or(DEFAULT_DATABASE_URL);
        let mut options = self.database.options.clone();
        // The application's migrations may refer to the mirror's tables.
        options.migrations.insert(0, store::mirror_tables());
        Store::connect(url, options).await
    }
}
