//! Schema changes, embedded in the program. All that are pending run in one transaction under a lock, so any number of
//! processes may start at once; a process that dies halfway leaves nothing behind.

use std::borrow::Cow;
use std::collections::HashSet;

use diesel::QueryResult;
use diesel::sql_types::Text;

use super::backend::statement::Statement;
use super::backend::{Database, Store};
use super::error::StoreError;
use crate::timestamp::Timestamp;

/// One schema change. It never changes once it was released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its name in the set; migrations run in the order of the list, not of the names.
    pub name: Cow<'static, str>,
    /// Statements, without `BEGIN`, `COMMIT` and `CREATE INDEX CONCURRENTLY`.
    pub sql: Cow<'static, str>,
}

/// A list of schema changes for each backend, such as an application's own tables.
///
/// ```
/// use djstripe_core::store::{Migration, MigrationSet};
///
/// let create = Migration { name: "0001_orders".into(), sql: "CREATE TABLE orders (id text PRIMARY KEY)".into() };
/// let set = MigrationSet { name: "shop".into(), postgres: vec![create.clone()], sqlite: vec![create] };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationSet {
    /// Name of the set; its migrations are known by it and their own name.
    pub name: Cow<'static, str>,
    /// For PostgreSQL, oldest first.
    pub postgres: Vec<Migration>,
    /// For SQLite, oldest first.
    pub sqlite: Vec<Migration>,
}

/// The tables of the inbox.
pub(super) fn inbox() -> MigrationSet {
    let migration = |name, sql| Migration {
        name: Cow::Borrowed(name),
        sql: Cow::Borrowed(sql),
    };
    MigrationSet {
        name: "inbox".into(),
        postgres: vec![
            migration(
                "0001_inbox",
                include_str!("../../migrations/postgres/0001_inbox.sql"),
            ),
            migration(
                "0002_webhook_endpoint",
                include_str!("../../migrations/postgres/0002_webhook_endpoint.sql"),
            ),
            migration(
                "0003_account",
                include_str!("../../migrations/postgres/0003_account.sql"),
            ),
            migration(
                "0004_pause",
                include_str!("../../migrations/postgres/0004_pause.sql"),
            ),
            migration(
                "0005_outbox",
                include_str!("../../migrations/postgres/0005_outbox.sql"),
            ),
            migration(
                "0006_queue",
                include_str!("../../migrations/postgres/0006_queue.sql"),
            ),
            migration(
                "0007_sync",
                include_str!("../../migrations/postgres/0007_sync.sql"),
            ),
            migration(
                "0008_reconcile",
                include_str!("../../migrations/postgres/0008_reconcile.sql"),
            ),
            migration(
                "0009_permanent",
                include_str!("../../migrations/postgres/0009_permanent.sql"),
            ),
        ],
        sqlite: vec![
            migration(
                "0001_inbox",
                include_str!("../../migrations/sqlite/0001_inbox.sql"),
            ),
            migration(
                "0002_webhook_endpoint",
                include_str!("../../migrations/sqlite/0002_webhook_endpoint.sql"),
            ),
            migration(
                "0003_account",
                include_str!("../../migrations/sqlite/0003_account.sql"),
            ),
            migration(
                "0004_pause",
                include_str!("../../migrations/sqlite/0004_pause.sql"),
            ),
            migration(
                "0005_outbox",
                include_str!("../../migrations/sqlite/0005_outbox.sql"),
            ),
            migration(
                "0006_queue",
                include_str!("../../migrations/sqlite/0006_queue.sql"),
            ),
            migration(
                "0007_sync",
                include_str!("../../migrations/sqlite/0007_sync.sql"),
            ),
            migration(
                "0008_reconcile",
                include_str!("../../migrations/sqlite/0008_reconcile.sql"),
            ),
            migration(
                "0009_permanent",
                include_str!("../../migrations/sqlite/0009_permanent.sql"),
            ),
        ],
    }
}

/// The tables of Stripe's objects.
pub(crate) fn mirror_tables() -> MigrationSet {
    let list = |migrations: &[djstripe_models::Migration]| {
        migrations
            .iter()
            .map(|migration| Migration {
                name: migration.name.into(),
                sql: migration.sql.into(),
            })
            .collect()
    };
    MigrationSet {
        name: "mirror".into(),
        postgres: list(djstripe_models::MIGRATIONS_POSTGRES),
        sqlite: list(djstripe_models::MIGRATIONS_SQLITE),
    }
}

const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS djstripe_migration ( \
     migration_set text NOT NULL, name text NOT NULL, applied_at bigint NOT NULL, PRIMARY KEY (migration_set, name))";
const READ_APPLIED: &str = "read the list of applied migrations";

/// Name of a set and one of its migrations.
type Step = (Cow<'static, str>, Migration);

/// A migration that failed, or a failure around all of them.
struct Failed {
    step: Option<(String, String)>,
    source: diesel::result::Error,
}

impl Store {
    /// Brings the schema up to date; returns `set/name` of what it ran, oldest first. Safe to call from many processes
    /// at once: one does the work, the others wait for it.
    ///
    /// # Errors
    /// [`StoreError::Migration`] names the migration that failed; the schema is then as it was before.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        let steps = self.steps();
        let applied = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                postgres::migrate(connection, &steps).await
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let work = move |raw: &mut diesel::SqliteConnection| sqlite::migrate(raw, &steps);
                database.write_with(READ_APPLIED, work).await?
            }
        };
        applied.map_err(|Failed { step, source }| match step {
            Some((set, name)) => StoreError::Migration { set, name, source },
            None => StoreError::Query {
                operation: READ_APPLIED,
                source,
            },
        })
    }

    /// `set/name` of each migration that [`migrate`](Self::migrate) would run.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let applied = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                postgres::applied(connection)
                    .await
                    .map_err(StoreError::query(READ_APPLIED))?
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => database.read(READ_APPLIED, sqlite::applied).await?,
        };
        Ok(pending(&self.steps(), &applied).map(label).collect())
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

/// Set and name of what the database has.
type Applied = HashSet<(String, String)>;

fn pending<'a>(steps: &'a [Step], applied: &Applied) -> impl Iterator<Item = &'a Step> {
    steps.iter().filter(|(set, migration)| {
        !applied.contains(&(set.to_string(), migration.name.to_string()))
    })
}

fn label((set, migration): &Step) -> String {
    format!("{set}/{}", migration.name)
}

fn failed((set, migration): &Step) -> impl FnOnce(diesel::result::Error) -> Failed {
    move |source| Failed {
        step: Some((set.to_string(), migration.name.to_string())),
        source,
    }
}

impl From<diesel::result::Error> for Failed {
    fn from(source: diesel::result::Error) -> Self {
        Self { step: None, source }
    }
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
        Applied, CREATE_TABLE, Failed, QueryResult, Statement, Step, Text, failed, insert_applied,
        label, pending, select_applied,
    };

    pub(super) fn migrate(raw: &mut Raw, steps: &[Step]) -> Result<Vec<String>, Failed> {
        raw.immediate_transaction(|raw| {
            raw.batch_execute(CREATE_TABLE)?;
            let applied = applied(raw)?;
            let mut labels = Vec::new();
            for step in pending(steps, &applied) {
                raw.batch_execute(&step.1.sql).map_err(failed(step))?;
                insert_applied(step).execute_on(raw).map_err(failed(step))?;
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
        Applied, CREATE_TABLE, Failed, QueryResult, Statement, Step, failed, insert_applied, label,
        pending, select_applied,
    };

    /// Key of the advisory lock that migrations queue for; any number that nobody else uses.
    const LOCK: i64 = 0x646a_7374_7269_7002;

    pub(super) async fn migrate(
        connection: &mut AsyncPgConnection,
        steps: &[Step],
    ) -> Result<Vec<String>, Failed> {
        connection
            .transaction(async |connection| {
                Statement::<()>::new("SELECT pg_advisory_xact_lock(?)")
                    .bind(LOCK)
                    .execute(connection)
                    .await?;
                // PostgreSQL notes every table that is there already, on each start.
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
                        .map_err(failed(step))?;
                    insert_applied(step)
                        .execute(connection)
                        .await
                        .map_err(failed(step))?;
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
