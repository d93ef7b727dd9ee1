//! Migrating a PostgreSQL database.
//!
//! Invariant: a database that lacks no migration is only read, so that a role without the right to
//! create tables, and one whose database is read-only, can start.

use std::collections::HashSet;

use diesel::QueryResult;
use diesel::sql_types::{Bool, Integer, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use super::sets::MIRROR;
use super::step::{
    CREATE_LIST, CREATE_TABLE, MigrationFailure, READ_APPLIED, READ_METHODS, READ_TABLES, Step,
    Target, insert_applied, label, pending, select_applied, sql_of,
};
use super::tables::{Applied, Groups, MirrorTables};
use crate::store::backend::schema::Schema;
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;

/// The table of applied migrations.
const MIGRATIONS: &str = "djstripe_migration";

/// Key of the advisory lock that migrations of this schema queue for; any number that no other lock
/// uses. In `public` it is that of all versions.
const LOCK: i64 = 0x646a_7374_7269_7002;
const TAKE_LOCK: &str = "SELECT pg_advisory_xact_lock(? # CASE current_schema() WHEN 'public' THEN 0 \
     ELSE (hashtext(current_schema()::text)::bigint & 4294967295) << 8 END)";

/// Oldest version that has generated columns.
const OLDEST: i32 = 120_000;

const SELECT_SERVER: &str = "SELECT current_setting('server_version_num')::integer, \
     current_setting('server_version'), current_setting('server_encoding')";

/// Asking for a method that the server lacks would be an error in its log.
const HAS_LZ4: &str = "SELECT EXISTS (SELECT FROM pg_settings \
     WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals))";

/// Fails unless the server is new enough and the database holds every character.
pub(super) async fn check_server(connection: &mut AsyncPgConnection) -> Result<(), StoreError> {
    let select = Statement::<(Integer, Text, Text)>::new(SELECT_SERVER);
    let (number, version, encoding): (i32, String, String) = select
        .get_result(connection)
        .await
        .map_err(StoreError::query("read the server's version"))?;
    check_version(number, version, encoding)
}

fn check_version(number: i32, version: String, encoding: String) -> Result<(), StoreError> {
    if number < OLDEST {
        return Err(StoreError::ServerVersion { version });
    }
    // SQL_ASCII converts nothing, so it returns each string as it came.
    if encoding != "UTF8" && encoding != "SQL_ASCII" {
        return Err(StoreError::Encoding { encoding });
    }
    Ok(())
}

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

/// Runs what is pending of one set.
pub(super) async fn migrate(
    connection: &mut AsyncPgConnection,
    steps: &[Step],
    schema: Option<&Schema>,
    groups: &Groups,
) -> Result<Vec<String>, MigrationFailure> {
    connection
        .transaction(async |connection| {
            Statement::<()>::new(TAKE_LOCK)
                .bind(LOCK)
                .execute(connection)
                .await
                .map_err(MigrationFailure::during("wait for other migrations"))?;
            create_list(connection, schema)
                .await
                .map_err(MigrationFailure::during(CREATE_LIST))?;

            let applied = read_applied(connection)
                .await
                .map_err(MigrationFailure::during(READ_APPLIED))?;
            let existing = tables(connection, schema)
                .await
                .map_err(MigrationFailure::during(READ_TABLES))?;
            let is_mirror = steps.iter().any(|(set, _)| set == MIRROR);
            let target = Target {
                tables: MirrorTables::after_migrations(&applied, &existing, groups),
                has_lz4: is_mirror
                    && has_lz4(connection)
                        .await
                        .map_err(MigrationFailure::during(READ_METHODS))?,
            };

            let mut labels = Vec::new();
            for step in pending(steps, &applied) {
                connection
                    .batch_execute(&sql_of(step, &target))
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

async fn create_list(
    connection: &mut AsyncPgConnection,
    schema: Option<&Schema>,
) -> QueryResult<()> {
    // `IF NOT EXISTS` needs the right to create a table even if it is there.
    if exists(connection, schema).await? {
        return Ok(());
    }
    connection.batch_execute(CREATE_TABLE).await
}

async fn exists(connection: &mut AsyncPgConnection, schema: Option<&Schema>) -> QueryResult<bool> {
    let table = Statement::<Bool>::new("SELECT to_regclass(?) IS NOT NULL");
    let table = table.bind(Schema::table(schema, MIGRATIONS));
    table.get_result(connection).await
}

pub(super) async fn applied(
    connection: &mut AsyncPgConnection,
    schema: Option<&Schema>,
) -> QueryResult<Applied> {
    match exists(connection, schema).await? {
        true => read_applied(connection).await,
        false => Ok(Applied::new()),
    }
}

async fn read_applied(connection: &mut AsyncPgConnection) -> QueryResult<Applied> {
    let rows: Vec<(String, String)> = select_applied().load(connection).await?;
    Ok(rows.into_iter().collect())
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

/// Whether the server compresses with lz4, if it is asked to.
pub(super) async fn has_lz4(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    Statement::<Bool>::new(HAS_LZ4).get_result(connection).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_are_too_old_and_encodings_that_lose_names_are_refused() {
        let check = |number: i32, version: &str, encoding: &str, expected: Option<&str>| {
            let checked = check_version(number, version.to_owned(), encoding.to_owned());
            let refused = checked.err().map(|error| error.to_string());
            match (refused, expected) {
                (None, None) => {}
                (Some(refused), Some(expected)) => assert!(refused.contains(expected), "{refused}"),
                (refused, expected) => panic!("{version} {encoding}: {refused:?}, {expected:?}"),
            }
        };

        check(
            110_022,
            "11.22",
            "UTF8",
            Some("PostgreSQL 11.22 is too old"),
        );
        check(120_000, "12.0", "UTF8", None);
        check(180_004, "18.4", "SQL_ASCII", None);
        for encoding in ["LATIN1", "WIN1252", "EUC_JP"] {
            let expected = format!("the database's encoding is {encoding}");
            check(150_018, "15.18", encoding, Some(&expected));
        }
    }
}
