//! Lists of schema changes, embedded in the program.

use std::borrow::Cow;

/// One schema change. It never changes after its release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its name in the set. Migrations run in the order of the list, not of their names.
    pub name: Cow<'static, str>,
    /// Statements, without `BEGIN`, `COMMIT` and `CREATE INDEX CONCURRENTLY`.
    ///
    /// Among the comments that they begin with, `-- Older programs: incompatible` says that programs
    /// which don't know this migration can't go on: they are not ready and don't start.
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
    /// Name of the set. The database identifies a migration by the names of its set and its own.
    pub name: Cow<'static, str>,
    /// For PostgreSQL, oldest first.
    pub postgres: Vec<Migration>,
    /// For SQLite, oldest first.
    pub sqlite: Vec<Migration>,
}

/// The migrations with these names in a folder below `migrations`.
macro_rules! embedded {
    ($folder:literal: $($name:literal),* $(,)?) => {
        vec![$(Migration {
            name: Cow::Borrowed($name),
            sql: Cow::Borrowed(include_str!(concat!("../../../migrations/", $folder, "/", $name, ".sql"))),
        }),*]
    };
}

/// The migrations of the inbox, which both backends have under the same names.
macro_rules! inbox_migrations {
    ($folder:literal) => {
        embedded!(
            $folder:
            "0001_inbox",
            "0002_webhook_endpoint",
            "0003_account",
            "0004_pause",
            "0005_outbox",
            "0006_queue",
            "0007_sync",
            "0008_reconcile",
            "0009_permanent",
            "0010_not_mirrored",
            "0011_sync_part",
            "0012_own_account",
            "0013_effects",
            "0014_runs",
            "0015_waiting_link",
            "0016_event_kind",
            "0017_destination",
            "0018_database",
            "0019_lists",
            "0020_version",
            "0021_operator",
            "0022_redaction",
            "0023_duration",
        )
    };
}

/// Name of the set of the inbox's tables.
pub(super) const INBOX: &str = "inbox";

/// Name of the set of the mirror's tables.
pub(super) const MIRROR: &str = "mirror";

/// The tables of the inbox.
pub(super) fn inbox() -> MigrationSet {
    MigrationSet {
        name: INBOX.into(),
        postgres: inbox_migrations!("postgres"),
        sqlite: inbox_migrations!("sqlite"),
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
        name: MIRROR.into(),
        postgres: list(djstripe_models::MIGRATIONS_POSTGRES),
        sqlite: list(djstripe_models::MIGRATIONS_SQLITE),
    }
}
