//! Migrating a SQLite file.

use std::collections::HashSet;

use diesel::QueryResult;
use diesel::SqliteConnection as Raw;
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;

use super::step::{
    CREATE_LIST, CREATE_TABLE, MigrationFailure, READ_APPLIED, READ_TABLES, Step, Target,
    insert_applied, label, pending, select_applied, sql_of, whole,
};
use super::tables::{Applied, Groups, MirrorTables, only};
use crate::store::backend::statement::Statement;

/// Runs what is pending of one set.
pub(super) fn migrate(
    raw: &mut Raw,
    steps: &[Step],
    groups: &Groups,
) -> Result<Vec<String>, MigrationFailure> {
    raw.immediate_transaction(|raw| {
        raw.batch_execute(CREATE_TABLE)
            .map_err(MigrationFailure::during(CREATE_LIST))?;
        let applied = read_applied(raw).map_err(MigrationFailure::during(READ_APPLIED))?;
        let existing = tables(raw).map_err(MigrationFailure::during(READ_TABLES))?;
        let tables = MirrorTables::after_migrations(&applied, &existing, groups);

        let whole = whole(steps, &applied);
        if let (Some(whole), [first, ..]) = (whole, steps) {
            raw.batch_execute(&only(whole, &tables))
                .map_err(MigrationFailure::of(first))?;
        }

        let target = Target {
            tables,
            has_lz4: false,
        };
        let mut labels = Vec::new();
        for step in pending(steps, &applied) {
            if whole.is_none() {
                raw.batch_execute(&sql_of(step, &target))
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
    match table.load_on::<String>(raw)?.is_empty() {
        true => Ok(Applied::new()),
        false => read_applied(raw),
    }
}

fn read_applied(raw: &mut Raw) -> QueryResult<Applied> {
    Ok(select_applied().load_on(raw)?.into_iter().collect())
}

pub(super) fn tables(raw: &mut Raw) -> QueryResult<HashSet<String>> {
    let tables = Statement::<Text>::new("SELECT name FROM sqlite_master WHERE type = 'table'");
    Ok(tables.load_on(raw)?.into_iter().collect())
}
