//! Migrating the schema. The pending migrations of a set run in one transaction under a lock, so any
//! number of processes may start at once, and a process that dies halfway leaves no half of a set
//! behind. Each set has a transaction of its own: while the mirror's tables are rewritten, those
//! that deliveries are stored in are not locked.
//!
//! Of the mirror's migrations, only what is about the tables that the database has, or is to get,
//! runs: see [`tables`].

pub(crate) mod sets;
pub(crate) mod tables;
mod step;
pub(crate) mod newer;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use super::backend::store::{Database, Store};
use super::error::StoreError;
use sets::inbox;
pub(crate) use sets::mirror_tables;
use step::{
    CREATE_TABLE, READ_APPLIED, READ_METHODS, READ_TABLES, Step, Target, label, pending, script_of,
    sets_of,
};
use tables::{Applied, MirrorTables};

impl Store {
    /// Brings the schema up to date; returns `set/name` of the migrations that ran, oldest first.
    /// Safe to call from many processes at once: one migrates while the others wait for it. A
    /// database that lacks none is only read.
    ///
    /// # Errors
    /// [`StoreError::Migration`] names the migration that failed. The tables of its set are then
    /// unchanged; the sets before it stay migrated. [`StoreError::NewerSchema`],
    /// [`StoreError::NoTables`], [`StoreError::ServerVersion`], [`StoreError::Encoding`] and
    /// [`StoreError::Schema`], before any migration runs. [`StoreError::NewerSchema`] also afterwards,
    /// if a newer program has migrated while this one waited for its lock.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        let applied = self.applied().await?;
        let (lacking, _) = self.compatible(&applied).await?;
        self.tables_after(&applied).await?;
        if lacking.is_empty() {
            return Ok(Vec::new());
        }

        self.check_server().await?;
        let labels = self.migrate_after(&applied).await?;
        // A newer program may have migrated while this one waited for its lock.
        self.compatible_migrations().await?;
        Ok(labels)
    }

    /// Runs the sets of which these migrations are not all.
    async fn migrate_after(&self, applied: &Applied) -> Result<Vec<String>, StoreError> {
        let steps = self.steps();
        let sets = sets_of(&steps).filter(|set| pending(set, applied).next().is_some());
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                if let Some(schema) = self.schema() {
                    postgres::create(connection, schema).await?;
                }
                let mut labels = Vec::new();
                for set in sets {
                    let migrated =
                        postgres::migrate(connection, set, self.schema(), self.groups()).await?;
                    labels.extend(migrated);
                }
                Ok(labels)
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let groups = self.groups().clone();
                let sets: Vec<Vec<Step>> = sets.map(<[Step]>::to_vec).collect();
                database
                    .write_with(move |raw| {
                        let mut labels = Vec::new();
                        for set in &sets {
                            labels.extend(sqlite::migrate(raw, set, &groups)?);
                        }
                        Ok(labels)
                    })
                    .await
            }
        }
    }

    /// `set/name` of each migration that [`migrate`](Self::migrate) would run.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let applied = self.applied().await?;
        Ok(pending(&self.steps(), &applied).map(label).collect())
    }

    /// Fails unless the tables can be made in this database: the server has to be new enough, and the
    /// database has to hold every character.
    ///
    /// # Errors
    /// [`StoreError::ServerVersion`], [`StoreError::Encoding`] and the errors of connecting.
    pub(crate) async fn check_server(&self) -> Result<(), StoreError> {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                postgres::check_server(pooled.connection()?).await
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => Ok(()),
        }
    }

    async fn applied(&self) -> Result<Applied, StoreError> {
        super::backend::run::on_backend!(
            self, READ_APPLIED,
            postgres(connection) => postgres::applied(connection, self.schema()),
            sqlite.read => sqlite::applied,
        )
    }

    /// The mirror's tables that the database has once it is migrated.
    ///
    /// # Errors
    /// [`StoreError::NoTables`] if it was made without those of a chosen product group, and the
    /// errors of connecting.
    pub(crate) async fn mirror_tables(&self) -> Result<MirrorTables, StoreError> {
        self.tables_after(&self.applied().await?).await
    }

    /// As [`mirror_tables`](Self::mirror_tables), of a list of migrations that was read already.
    async fn tables_after(&self, applied: &Applied) -> Result<MirrorTables, StoreError> {
        let existing = super::backend::run::on_backend!(
            self, READ_TABLES,
            postgres(connection) => postgres::tables(connection, self.schema()),
            sqlite.read => sqlite::tables,
        )?;
        let tables = MirrorTables::after_migrations(applied, &existing, self.groups());
        let groups = tables.missing_groups(self.groups());
        if groups.is_empty() {
            Ok(tables)
        } else {
            Err(StoreError::NoTables { groups })
        }
    }

    /// The SQL that [`migrate`](Self::migrate) would run, with the records that it leaves, to be run
    /// in one go by another tool. Empty if the schema is up to date.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`], [`StoreError::Query`] and the errors of connecting.
    pub async fn pending_sql(&self) -> Result<String, StoreError> {
        let applied = self.applied().await?;
        self.compatible(&applied).await?;
        let target = Target {
            tables: self.tables_after(&applied).await?,
            has_lz4: self.has_lz4().await?,
        };
        let steps = self.steps();
        let mut script = String::new();
        for step in pending(&steps, &applied) {
            if script.is_empty() {
                if let Some(schema) = self.schema() {
                    let path = schema.search_path();
                    script.push_str(&format!(
                        "CREATE SCHEMA IF NOT EXISTS {schema};\nSET search_path = {path};\n"
                    ));
                }
                script.push_str(&format!("{CREATE_TABLE};\n"));
            }
            script.push_str(&script_of(step, &target));
        }
        Ok(script)
    }

    async fn has_lz4(&self) -> Result<bool, StoreError> {
        super::backend::run::on_backend!(
            self, READ_METHODS,
            postgres(connection) => postgres::has_lz4(connection),
            sqlite.read => |_| Ok(false),
        )
    }

    fn steps(&self) -> Vec<Step> {
        let sets = std::iter::once(inbox()).chain(self.options().migrations.iter().cloned());
        sets.flat_map(|set| {
            let migrations = match self.database() {
                #[cfg(feature = "postgres")]
                Database::Postgres(_) => set.postgres,
                #[cfg(feature = "sqlite")]
                Database::Sqlite(_) => set.sqlite,
            };
            migrations
                .into_iter()
                .map(move |migration| (set.name.clone(), migration))
        })
        .collect()
    }
}
