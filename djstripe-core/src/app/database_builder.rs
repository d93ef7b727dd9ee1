//! The builder's settings of the database.

use secrecy::SecretString;

use super::builder::Builder;
use super::database::Place;
#[cfg(doc)]
use super::defaults::DEFAULT_DATABASE_URL;
#[cfg(feature = "postgres")]
use crate::store::Pool;
use crate::store::{self, MigrationSet, Store, StoreError};

impl Builder {
    /// Sets the database: `sqlite:PATH` or `postgres://…`. Default: [`DEFAULT_DATABASE_URL`]. Of
    /// this and [`pool`](Self::pool) the last one counts.
    #[must_use]
    pub fn database_url(mut self, url: impl Into<String>) -> Self {
        self.database.place = Place::Url(url.into());
        self
    }

    /// Sets the URL of the PostgreSQL server itself, for a database URL that leads to a pooler which
    /// gives each transaction another connection. One connection goes to the server and listens for
    /// new events. Without it, workers behind such a pooler poll every 0.5 s for events of other
    /// processes, and the log says so.
    ///
    /// In a [command line](crate::cli), the flag `--direct-database-url` and the variable
    /// `DIRECT_DATABASE_URL` replace it.
    ///
    /// ```
    /// let builder = djstripe_core::Djstripe::builder()
    ///     .database_url("postgres://pooler.internal:6432/shop")
    ///     .direct_database_url("postgres://db.internal/shop");
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn direct_database_url(mut self, url: impl Into<String>) -> Self {
        self.database.options.direct_url = Some(SecretString::from(url.into()));
        self
    }

    /// Takes the connections to PostgreSQL of a pool that the application made, instead of a pool of
    /// its own. Three of four connections are for receivers that take [`Db`](crate::Db); one more,
    /// which is taken out of the pool, listens for events.
    ///
    /// Make the connections with `AsyncPgConnection::establish` or `try_from_client_and_connection`:
    /// others pass no notifications on, so workers poll every 0.5 s for events of other processes, and
    /// the log says so. Of poolers, those that pool sessions work, and those that pool transactions
    /// and keep prepared statements; the latter need a [direct URL](Self::direct_database_url) to be
    /// notified.
    ///
    /// In a [command line](crate::cli), the flag `--database-url` and the variable `DATABASE_URL` count instead.
    ///
    /// ```
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::store::Pool;
    /// use djstripe_core::store::diesel_async::pooled_connection::AsyncDieselConnectionManager;
    ///
    /// # fn pool() -> Result<(), Box<dyn std::error::Error>> {
    /// let manager = AsyncDieselConnectionManager::new("postgres://localhost/shop");
    /// let pool = Pool::builder(manager).max_size(16).build()?;
    /// let builder = Djstripe::builder().pool(pool.clone());
    /// # let _ = builder;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "postgres")]
    #[must_use]
    pub fn pool(mut self, pool: Pool) -> Self {
        self.database.place = Place::Pool(pool);
        self
    }

    /// Puts the tables into a schema of the PostgreSQL database, which [`build`](Self::build) creates
    /// if it isn't there. Default: the first schema of the role's search path, which is `public`
    /// unless it was changed.
    ///
    /// The search path of each connection is then the schema, `"$user"` and `public`, so that
    /// receivers still find the application's own tables. It is a start-up option of the
    /// connection; a pooler that pools transactions refuses it. With a [`pool`](Self::pool) of the
    /// application, set the search path in the pool's setup instead.
    ///
    /// ```
    /// let builder = djstripe_core::Djstripe::builder().schema("billing");
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.database.options.schema = Some(name.into());
        self
    }

    /// The product groups, such as `billing` and `tax`, whose tables a new database gets besides the
    /// core tables (customers, charges, payments and what belongs to them). Default: all groups. They
    /// have the names of the cargo features of `djstripe-models`.
    ///
    /// An event of another group is stored and its receivers run, but its object is not mirrored;
    /// `events show` says why. A database that exists keeps the tables that it has: a group that
    /// it lacks makes [`build`](Self::build) fail with [`StoreError::NoTables`].
    ///
    /// ```
    /// let builder = djstripe_core::Djstripe::builder().table_groups(["billing", "checkout"]);
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn table_groups(mut self, groups: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let groups = groups.into_iter().map(Into::into).collect();
        self.database.options.table_groups = Some(groups);
        self
    }

    /// Keeps the states that objects of these types had, such as `customer` and `invoice`: each state
    /// that an event or a fetch brings and that differs from the one before it is stored with its
    /// time and event. [`Store::object_versions`](crate::store::Store::object_versions) and the
    /// command `objects history` show them, `prune` deletes old ones. Default: none.
    ///
    /// Set it for every process that writes objects. A name that no type of object with rows has makes
    /// [`build`](Self::build) fail with [`StoreError::VersionedType`].
    ///
    /// In a [command line](crate::cli), the flag `--keep-versions-of` and the variable
    /// `DJSTRIPE_VERSIONS` replace it.
    ///
    /// ```
    /// let builder = djstripe_core::Djstripe::builder().keep_versions_of(["customer", "invoice"]);
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn keep_versions_of(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let types = types.into_iter().map(Into::into).collect();
        self.database.options.keep_versions_of = types;
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
    /// SQLite it has no effect. If the server or the role allows fewer, the application waits for
    /// those that are open.
    ///
    /// In a [command line](crate::cli), the flag `--connections` and the variable
    /// `DJSTRIPE_CONNECTIONS` replace it.
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

    /// Fails for a SQLite file that is missing, instead of creating it.
    #[cfg(feature = "cli")]
    pub(crate) fn without_creating(mut self) -> Self {
        self.database.options.create_file = false;
        self
    }

    /// The URL of the database, which may contain a password; `None` if the application made the
    /// pool.
    #[cfg(feature = "dev")]
    pub(crate) fn url_of_database(&self) -> Option<&str> {
        self.database.url()
    }

    /// The name of a set of migrations that SQLite has none of.
    #[cfg(feature = "dev")]
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
        let mut options = self.database.options.clone();
        // The application's migrations may refer to the mirror's tables.
        options.migrations.insert(0, store::mirror_tables());
        self.database.open(options).await
    }
}
