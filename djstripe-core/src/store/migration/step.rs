//! One migration of a set: what it runs, how it is recorded, and what its first lines say about
//! programs that don't know it.

use std::borrow::Cow;

use diesel::result::Error as DieselError;
use diesel::sql_types::Text;
#[cfg(feature = "sqlite")]
use djstripe_models::{MIGRATIONS_SQLITE, TABLES_SQLITE};

use super::sets::{INBOX, MIRROR, Migration};
use super::tables::{Applied, MirrorTables, only};
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

pub(super) const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS djstripe_migration ( \
     migration_set text NOT NULL, name text NOT NULL, applied_at bigint NOT NULL, PRIMARY KEY (migration_set, name))";
pub(super) const READ_APPLIED: &str = "read the list of applied migrations";
pub(super) const READ_TABLES: &str = "read the list of tables";
pub(super) const READ_METHODS: &str = "read the server's methods of compression";
pub(super) const CREATE_LIST: &str = "create the list of applied migrations";
const COMMIT: &str = "begin or commit migrations";

/// From this migration of the inbox on, a record says what the migration means for older programs.
pub(super) const FIRST_MARKED: &str = "0018";

/// The start of a line, among the comments that a migration begins with, which says what the
/// migration means for programs that don't know it.
const MARK: &str = "-- Older programs: ";
pub(super) const COMPATIBLE: &str = "compatible";
const INCOMPATIBLE: &str = "incompatible";

/// How a migration makes the column of an object's JSON on PostgreSQL, and how it does so on a
/// server that has lz4, which costs a fraction of the default compression.
const JSON_COLUMN: &str = "stripe_data jsonb NOT NULL";
const JSON_COLUMN_LZ4: &str = "stripe_data jsonb COMPRESSION lz4 NOT NULL";

/// Name of a set and one of its migrations.
pub(super) type Step = (Cow<'static, str>, Migration);

/// What a database has and can, as far as it changes what migrations run.
pub(super) struct Target {
    pub(super) tables: MirrorTables,
    /// Whether the server compresses with lz4.
    pub(super) has_lz4: bool,
}

pub(super) fn pending<'a>(steps: &'a [Step], applied: &Applied) -> impl Iterator<Item = &'a Step> {
    steps.iter().filter(|(set, migration)| {
        !applied.contains(&(set.to_string(), migration.name.to_string()))
    })
}

/// The steps of each set.
pub(super) fn sets_of(steps: &[Step]) -> impl Iterator<Item = &[Step]> {
    steps.chunk_by(|(one, _), (other, _)| one == other)
}

/// The statements that do what all migrations of a set do, on a database that has none of them. Only
/// the mirror's tables on SQLite have them; see [`TABLES_SQLITE`].
#[cfg(feature = "sqlite")]
pub(super) fn whole(set: &[Step], applied: &Applied) -> Option<&'static str> {
    let is_mirror = set.len() == MIGRATIONS_SQLITE.len()
        && set
            .iter()
            .zip(MIGRATIONS_SQLITE)
            .all(|((_, migration), mirror)| migration.sql == mirror.sql);
    let is_new = pending(set, applied).count() == set.len();
    (is_mirror && is_new).then_some(TABLES_SQLITE)
}

/// What a step does in this database.
pub(super) fn sql_of<'a>((set, migration): &'a Step, target: &Target) -> Cow<'a, str> {
    if set != MIRROR {
        return Cow::Borrowed(&migration.sql);
    }
    let sql = only(&migration.sql, &target.tables);
    if target.has_lz4 {
        sql.replace(JSON_COLUMN, JSON_COLUMN_LZ4).into()
    } else {
        sql.into()
    }
}

pub(super) fn label((set, migration): &Step) -> String {
    format!("{set}/{}", migration.name)
}

/// A failure of one migration, or around all of them.
pub(super) struct MigrationFailure {
    place: Place,
    source: DieselError,
}

enum Place {
    Step { set: String, name: String },
    Around(&'static str),
}

impl MigrationFailure {
    pub(super) fn of((set, migration): &Step) -> impl FnOnce(DieselError) -> Self {
        move |source| Self {
            place: Place::Step {
                set: set.to_string(),
                name: migration.name.to_string(),
            },
            source,
        }
    }

    pub(super) fn during(operation: &'static str) -> impl FnOnce(DieselError) -> Self {
        move |source| Self {
            place: Place::Around(operation),
            source,
        }
    }
}

impl From<DieselError> for MigrationFailure {
    fn from(source: DieselError) -> Self {
        Self::during(COMMIT)(source)
    }
}

impl From<MigrationFailure> for StoreError {
    fn from(MigrationFailure { place, source }: MigrationFailure) -> Self {
        match place {
            Place::Step { set, name } => Self::Migration { set, name, source },
            Place::Around(operation) => Self::Query { operation, source },
        }
    }
}

/// A migration and its record, in one transaction.
pub(super) fn script_of(step @ (set, migration): &Step, target: &Target) -> String {
    let text = |value: &str| format!("'{}'", value.replace('\'', "''"));
    let sql = sql_of(step, target);
    let sql = sql.trim_end().trim_end_matches(';');

    let mark = older_programs(&migration.sql).map_or_else(|| "NULL".to_owned(), text);
    let (column, mark) = if has_mark(step) {
        (", older_programs", format!(", {mark}"))
    } else {
        ("", String::new())
    };
    format!(
        "\n-- {}\nBEGIN;\n{sql};\nINSERT INTO djstripe_migration (migration_set, name, applied_at{column}) \
         VALUES ({}, {}, {}{mark});\nCOMMIT;\n",
        label(step),
        text(set),
        text(&migration.name),
        Timestamp::now().micros()
    )
}

pub(super) fn select_applied() -> Statement<'static, (Text, Text)> {
    Statement::new("SELECT migration_set, name FROM djstripe_migration")
}

pub(super) fn insert_applied(step @ (set, migration): &Step) -> Statement<'_> {
    let columns = if has_mark(step) {
        "(migration_set, name, applied_at, older_programs) VALUES (?, ?, ?, ?)"
    } else {
        "(migration_set, name, applied_at) VALUES (?, ?, ?)"
    };
    let insert = Statement::new("INSERT INTO djstripe_migration ")
        .sql(columns)
        .bind(&**set)
        .bind(&*migration.name)
        .bind(Timestamp::now().micros());
    if has_mark(step) {
        insert.bind(older_programs(&migration.sql))
    } else {
        insert
    }
}

/// Whether the list has the column for the mark once this step has run. The inbox is migrated first.
fn has_mark((set, migration): &Step) -> bool {
    set != INBOX || &*migration.name >= FIRST_MARKED
}

/// What a migration says about programs that don't know it.
pub(super) fn older_programs(sql: &str) -> Option<&'static str> {
    let comments = sql.lines().take_while(|line| line.starts_with("--"));
    let word = comments.filter_map(|line| line.strip_prefix(MARK)).next()?;
    [COMPATIBLE, INCOMPATIBLE]
        .into_iter()
        .find(|known| *known == word.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migration::sets::{inbox, mirror_tables};

    #[test]
    fn a_migration_says_in_its_first_lines_what_it_means_for_older_programs() {
        let check = |sql: &str, expected: Option<&str>| assert_eq!(older_programs(sql), expected);
        check("-- Older programs: compatible\nSELECT 1", Some(COMPATIBLE));
        check(
            "-- Generated.\n-- Older programs: incompatible\n\nSELECT 1",
            Some(INCOMPATIBLE),
        );
        check("-- Older programs: perhaps\nSELECT 1", None);
        check("SELECT 1;\n-- Older programs: compatible", None);
        check("", None);
    }

    #[test]
    fn each_new_migration_says_what_it_means_for_older_programs() {
        let is_marked = |migration: &Migration| older_programs(&migration.sql).is_some();
        let inbox = inbox();
        for migration in inbox.postgres.iter().chain(&inbox.sqlite) {
            let name = &*migration.name;
            assert!(
                name < FIRST_MARKED || is_marked(migration),
                "`{name}.sql` has to begin with `{MARK}{COMPATIBLE}` or `{MARK}{INCOMPATIBLE}`; \
                 CONTRIBUTING.md says which"
            );
        }

        // The generator writes the mark.
        let mirror = mirror_tables();
        for migration in mirror.postgres.iter().chain(&mirror.sqlite) {
            let name = &*migration.name;
            assert!(name < "0005" || is_marked(migration), "{name}");
        }
    }

    #[test]
    fn the_same_migrations_of_both_databases_say_the_same() {
        for set in [inbox(), mirror_tables()] {
            for (one, other) in set.postgres.iter().zip(&set.sqlite) {
                assert_eq!(one.name, other.name);
                assert_eq!(
                    older_programs(&one.sql),
                    older_programs(&other.sql),
                    "{}",
                    one.name
                );
            }
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn objects_are_compressed_with_lz4_where_the_server_has_it() {
        let set = mirror_tables();
        let step = (set.name.clone(), set.postgres[0].clone());
        let sql = |has_lz4: bool| {
            let tables = MirrorTables::after_migrations(
                &Applied::new(),
                &std::collections::HashSet::new(),
                &None,
            );
            sql_of(&step, &Target { tables, has_lz4 }).into_owned()
        };
        let tables = sql(false).matches("CREATE TABLE ").count();
        assert!(tables > 100, "{tables}");
        assert_eq!(sql(false).matches(JSON_COLUMN).count(), tables);
        assert_eq!(sql(true).matches(JSON_COLUMN_LZ4).count(), tables);
    }
}
