//! Migrating the schema. The pending migrations of a set run in one transaction under a lock, so any
//! number of processes may start at once, and a process that dies halfway leaves no half of a set
//! behind. Each set has a transaction of its own: while the mirror's tables are rewritten, those
//! that deliveries are stored in are not locked.

pub(crate) mod sets;

use std::borrow::Cow;
use std::collections::HashSet;

use diesel::QueryResult;
use diesel::sql_types::Text;
#[cfg(feature = "sqlite")]
use djstripe_models::{MIGRATIONS_SQLITE, TABLES_SQLITE};

use super::backend::statement::Statement;
use super::backend::store::{Database, Store};
use super::error::StoreError;
use crate::timestamp::Timestamp;
pub(crate) use sets::mirror_tables;
use sets::{Migration, inbox};

const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS djstripe_migration ( \
     migration_set text NOT NULL, name text NOT NULL, applied_at bigint NOT NULL, PRIMARY KEY (migration_set, name))";
const READ_APPLIED: &str = "read the list of applied migrations";

impl Store {
    /// Brings the schema up to date; returns `set/name` of the migrations that ran, oldest first.
    /// Safe to call from many processes at once: one migrates while the others wait for it.
    ///
    /// # Errors
    /// [`StoreError::Migration`] names the migration that failed. The tables of its set are then
    /// unchanged; the sets before it stay migrated.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        let steps = self.steps();
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let mut labels = Vec::new();
                for set in sets_of(&steps) {
                    labels.extend(postgres::migrate(pooled.connection()?, set).await?);
                }
                Ok(labels)
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                database
                    .write_with(move |raw| {
                        let mut labels = Vec::new();
                        for set in sets_of(&steps) {
                            labels.extend(sqlite::migrate(raw, set)?);
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
        let applied = super::backend::run::on_backend!(
            self, READ_APPLIED,
            postgres(connection) => postgres::applied(connection),
            sqlite.read => sqlite::applied,
        )?;
        Ok(pending(&self.steps(), &applied).map(label).collect())
    }

    /// The SQL that [`migrate`](Self::migrate) would run, with the records that it leaves, to be run
    /// in one go by another tool. Empty if the schema is up to date.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn pending_sql(&self) -> Result<String, StoreError> {
        let applied = super::backend::run::on_backend!(
            self, READ_APPLIED,
            postgres(connection) => postgres::applied(connection),
            sqlite.read => sqlite::applied,
        )?;
        let steps = self.steps();
        let mut script = String::new();
        for step in pending(&steps, &applied) {
            if script.is_empty() {
                script.push_str(&format!("{CREATE_TABLE};\n"));
            }
            script.push_str(&script_of(step));
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

/// Set and name of each migration that the database has.
type Applied = HashSet<(String, String)>;

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
fn script_of(step @ (set, migration): &Step) -> String {
    let text = |value: &str| format!("'{}'", value.replace('\'', "''"));
    let sql = migration.sql.trim_end().trim_end_matches(';');
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
        Applied, CREATE_TABLE, MigrationFailure, QueryResult, Statement, Step, Text,
        insert_applied, label, pending, select_applied, whole,
    };

    pub(super) fn migrate(raw: &mut Raw, steps: &[Step]) -> Result<Vec<String>, MigrationFailure> {
        raw.immediate_transaction(|raw| {
            raw.batch_execute(CREATE_TABLE)?;
            let applied = applied(raw)?;

            let whole = whole(steps, &applied);
            if let (Some(whole), [first, ..]) = (whole, steps) {
                raw.batch_execute(whole)
                    .map_err(MigrationFailure::of(first))?;
            }

            let mut labels = Vec::new();
            for step in pending(steps, &applied) {
                if whole.is_none() {
                    raw.batch_execute(&step.1.sql)
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
}

#[cfg(feature = "postgres")]
mod postgres {
    use diesel::sql_types::Bool;
    use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

    use super::{
        Applied, CREATE_TABLE, MigrationFailure, QueryResult, Statement, Step, insert_applied,
        label, pending, select_applied,
    };

    /// Key of the advisory lock that migrations queue for; any number that no other lock uses.
    const LOCK: i64 = 0x646a_7374_7269_7002;

    pub(super) async fn migrate(
        connection: &mut AsyncPgConnection,
        steps: &[Step],
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
                let applied = applied(connection).await?;

                let mut labels = Vec::new();
                for step in pending(steps, &applied) {
                    connection
                        .batch_execute(&step.1.sql)
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

    pub(super) async fn applied(connection: &mut AsyncPgConnection) -> QueryResult<Applied> {
        let table = Statement::<Bool>::new("SELECT to_regclass('djstripe_migration') IS NOT NULL");
        if !table.get_result::<bool>(connection).await? {
            return Ok(Applied::new());
        }
        Ok(select_applied()
            .load(connection)
            .await?
            .into_iter()
            .collect())
    }
}
