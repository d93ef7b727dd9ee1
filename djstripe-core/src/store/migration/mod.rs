//! Migrating the schema. The pending migrations of a set run in one transaction under a lock, so any
//! number of processes may start at once, and a process that dies halfway leaves no half of a set
//! behind. Each set has a transaction of its own: while the mirror's tables are rewritten, those
//! that deliveries are stored in are not locked.
//!
//! Of the mirror's migrations, only what is about the tables that the database has, or is to get,
//! runs: see [`tables`].

pub(crate) mod sets;
pub(crate) mod tables;

use std::borrow::Cow;
use std::collections::HashSet;

use diesel::QueryResult;
use diesel::sql_types::Text;
#[cfg(feature = "sqlite")]
use djstripe_models::{MIGRATIONS_SQLITE, TABLES_SQLITE};

#[cfg(feature = "postgres")]
use super::backend::schema::Schema;
use super::backend::statement::Statement;
use super::backend::store::{Database, Store};
use super::error::StoreError;
use crate::timestamp::Timestamp;
pub(crate) use sets::mirror_tables;
use sets::{MIRROR, Migration, inbox};
use tables::{Applied, Groups, MirrorTables, only};

const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS djstripe_migration ( \
     migration_set text NOT NULL, name text NOT NULL, applied_at bigint NOT NULL, PRIMARY KEY (migration_set, name))";
/// The table of applied migrations.
#[cfg(feature = "postgres")]
const MIGRATIONS: &str = "djstripe_migration";
const READ_APPLIED: &str = "read the list of applied migrations";
const READ_TABLES: &str = "read the list of tables";

impl Store {
    /// Brings the schema up to date; returns `set/name` of the migrations that ran, oldest first.
    /// Safe to call from many processes at once: one migrates while the others wait for it.
    ///
    /// # Errors
    /// [`StoreError::Migration`] names the migration that failed. The tables of its set are then
    /// unchanged; the sets before it stay migrated. [`StoreError::NoTables`] and
    /// [`StoreError::Schema`], before any migration runs.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.mirror_tables().await?;
        let steps = self.steps();
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                if let Some(schema) = self.schema() {
                    postgres::create(connection, schema).await?;
                }
                let mut labels = Vec::new();
                for set in sets_of(&steps) {
                    let migrated =
                        postgres::migrate(connection, set, self.schema(), self.groups()).await?;
                    labels.extend(migrated);
                }
                Ok(labels)
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let groups = self.groups().clone();
                database
                    .write_with(move |raw| {
                        let mut labels = Vec::new();
                        for set in sets_of(&steps) {
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
        let applied = self.applied().await?;
        let existing = super::backend::run::on_backend!(
            self, READ_TABLES,
            postgres(connection) => postgres::tables(connection, self.schema()),
            sqlite.read => sqlite::tables,
        )?;
        let tables = MirrorTables::after_migrations(&applied, &existing, self.groups());
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
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn pending_sql(&self) -> Result<String, StoreError> {
        let (applied, tables) = (self.applied().await?, self.mirror_tables().await?);
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
            script.push_str(&script_of(step, &tables));
        }
        Ok(script)
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

/// Name of a set and one of its migrations.
type Step = (Cow<'static, str>, Migration);

fn pending<'a>(steps: &'a [Step], applied: &Applied) -> impl Iterator<Item = &'a Step> {
    steps.iter().filter(|(set, migration)| {
        !applied.contains(&(set.to_string(), migration.name.to_string()))
    })
}

/// The steps of each set.
fn sets_of(steps: &[Step]) -> impl Iterator<Item = &[Step]> {
    steps.chunk_by(|(one, _), (other, _)| one == other)
}

/// The statements that do what all migrations of a set do, on a database that has none of them. Only
/// the mirror's tables on SQLite have them; see [`TABLES_SQLITE`].
#[cfg(feature = "sqlite")]
fn whole(set: &[Step], applied: &Applied) -> Option<&'static str> {
    let is_mirror = set.len() == MIGRATIONS_SQLITE.len()
        && set
            .iter()
            .zip(MIGRATIONS_SQLITE)
            .all(|((_, migration), mirror)| migration.sql == mirror.sql);
    let is_new = pending(set, applied).count() == set.len();
    (is_mirror && is_new).then_some(TABLES_SQLITE)
}

/// What a step does in a database that has these of the mirror's tables.
fn sql_of<'a>((set, migration): &'a Step, tables: &MirrorTables) -> Cow<'a, str> {
    if set == MIRROR {
        only(&migration.sql, tables).into()
    } else {
        Cow::Borrowed(&migration.sql)
    }
}

fn label((set, migration): &Step) -> String {
    format!("{set}/{}", migration.name)
}

/// A failure of one migration, or around all of them.
struct MigrationFailure {
    step: Option<(String, String)>,
    source: diesel::result::Error,
}

impl MigrationFailure {
    fn of((set, migration): &Step) -> impl FnOnce(diesel::result::Error) -> Self {
        move |source| Self {
            step: Some((set.to_string(), migration.name.to_string())),
            source,
        }
    }
}

impl From<diesel::result::Error> for MigrationFailure {
    fn from(source: diesel::result::Error) -> Self {
        Self { step: None, source }
    }
}

impl From<MigrationFailure> for StoreError {
    fn from(MigrationFailure { step, source }: MigrationFailure) -> Self {
        match step {
            Some((set, name)) => Self::Migration { set, name, source },
            None => Self::Query {
                operation: READ_APPLIED,
                source,
            },
        }
    }
}

/// A migration and its record, in one transaction.
fn script_of(step @ (set, migration): &Step, tables: &MirrorTables) -> String {
    let text = |value: &str| format!("'{}'", value.replace('\'', "''"));
    let sql = sql_of(step, tables);
    let sql = sql.trim_end().trim_end_matches(';');
    format!(
        "\n-- {}\nBEGIN;\n{sql};\nINSERT INTO djstripe_migration (migration_set, name, applied_at) \
         VALUES ({}, {}, {});\nCOMMIT;\n",
        label(step),
        text(set),
        text(&migration.name),
        Timestamp::now().micros()
    )
}

fn select_applied() -> Statement<'static, (Text, Text)> {
    Statement::new("SELECT migration_set, name FROM djstripe_migration")
}

fn insert_applied((set, migration): &Step) -> Statement<'_> {
    Statement::new(
        "INSERT INTO djstripe_migration (migration_set, name, applied_at) VALUES (?, ?, ?)",
    )
    .bind(&**set)
    .bind(&*migration.name)
    .bind(Timestamp::now().micros())
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::SqliteConnection as Raw;
    use diesel::connection::SimpleConnection;

    use super::{
        Applied, CREATE_TABLE, Groups, HashSet, MigrationFailure, MirrorTables, QueryResult,
        Statement, Step, Text, insert_applied, label, only, pending, select_applied, sql_of, whole,
    };

    pub(super) fn migrate(
        raw: &mut Raw,
        steps: &[Step],
        groups: &Groups,
    ) -> Result<Vec<String>, MigrationFailure> {
        raw.immediate_transaction(|raw| {
            raw.batch_execute(CREATE_TABLE)?;
            let applied = applied(raw)?;
            let tables = MirrorTables::after_migrations(&applied, &tables(raw)?, groups);

            let whole = whole(steps, &applied);
            if let (Some(whole), [first, ..]) = (whole, steps) {
                raw.batch_execute(&only(whole, &tables))
                    .map_err(MigrationFailure::of(first))?;
            }

            let mut labels = Vec::new();
            for step in pending(steps, &applied) {
                if whole.is_none() {
                    raw.batch_execute(&sql_of(step, &tables))
                        .map_err(MigrationFailure::of(step))?;
                }
                insert_applied(step)
                    .execute_on(raw)
                    .map_err(MigrationFailure::of(step))?;
                labels.push(label(step));
            }
            Ok(labels)
        })
    }

    pub(super) fn applied(raw: &mut Raw) -> QueryResult<Applied> {
        let table = Statement::<Text>::new(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'djstripe_migration'",
        );
        if table.load_on::<String>(raw)?.is_empty() {
            return Ok(Applied::new());
        }
        Ok(select_applied().load_on(raw)?.into_iter().collect())
    }

    pub(super) fn tables(raw: &mut Raw) -> QueryResult<HashSet<String>> {
        let tables = Statement::<Text>::new("SELECT name FROM sqlite_master WHERE type = 'table'");
        Ok(tables.load_on(raw)?.into_iter().collect())
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use diesel::sql_types::Bool;
    use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

    use super::{
        Applied, CREATE_TABLE, Groups, HashSet, MIGRATIONS, MigrationFailure, MirrorTables,
        QueryResult, Schema, Statement, Step, StoreError, Text, insert_applied, label, pending,
        select_applied, sql_of,
    };

    /// Key of the advisory lock that migrations queue for; any number that no other lock uses.
    const LOCK: i64 = 0x646a_7374_7269_7002;

    /// Creates the schema if it isn't there.
    pub(super) async fn create(
        connection: &mut AsyncPgConnection,
        schema: &Schema,
    ) -> Result<(), StoreError> {
        let create = async {
            // `IF NOT EXISTS` needs the right to create one even if it is there.
            let is_there = Statement::<Bool>::new("SELECT to_regnamespace(?) IS NOT NULL");
            let is_there = is_there.bind(schema.to_string());
            if is_there.get_result::<bool>(connection).await? {
                return Ok(());
            }
            connection
                .batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {schema}"))
                .await
        };
        create.await.map_err(|source| StoreError::Schema {
            name: schema.to_string(),
            source,
        })
    }

    pub(super) async fn migrate(
        connection: &mut AsyncPgConnection,
        steps: &[Step],
        schema: Option<&Schema>,
        groups: &Groups,
    ) -> Result<Vec<String>, MigrationFailure> {
        connection
            .transaction(async |connection| {
                Statement::<()>::new("SELECT pg_advisory_xact_lock(?)")
                    .bind(LOCK)
                    .execute(connection)
                    .await?;

                // PostgreSQL logs a notice for each table that exists already, on each start.
                connection
                    .batch_execute("SET LOCAL client_min_messages = warning")
                    .await?;
                connection.batch_execute(CREATE_TABLE).await?;
                let applied = applied(connection, schema).await?;
                let existing = tables(connection, schema).await?;
                let tables = MirrorTables::after_migrations(&applied, &existing, groups);

                let mut labels = Vec::new();
                for step in pending(steps, &applied) {
                    connection
                        .batch_execute(&sql_of(step, &tables))
                        .await
                        .map_err(MigrationFailure::of(step))?;
                    insert_applied(step)
                        .execute(connection)
                        .await
                        .map_err(MigrationFailure::of(step))?;
                    labels.push(label(step));
                }
                Ok(labels)
            })
            .await
    }

    pub(super) async fn applied(
        connection: &mut AsyncPgConnection,
        schema: Option<&Schema>,
    ) -> QueryResult<Applied> {
        let table = Statement::<Bool>::new("SELECT to_regclass(?) IS NOT NULL");
        let table = table.bind(Schema::table(schema, MIGRATIONS));
        if !table.get_result::<bool>(connection).await? {
            return Ok(Applied::new());
        }
        Ok(select_applied()
            .load(connection)
            .await?
            .into_iter()
            .collect())
    }

    /// The tables of the schema that the table of migrations is in.
    pub(super) async fn tables(
        connection: &mut AsyncPgConnection,
        schema: Option<&Schema>,
    ) -> QueryResult<HashSet<String>> {
        let tables = Statement::<Text>::new(
            "SELECT CAST(relname AS text) FROM pg_class WHERE relkind IN ('r', 'p') \
             AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass(?))",
        );
        let tables = tables.bind(Schema::table(schema, MIGRATIONS));
        Ok(tables.load(connection).await?.into_iter().collect())
    }
}
