//! All texts of all tables of a database.

use std::collections::BTreeMap;

use djstripe_core::store::Backend;
use djstripe_core::store::diesel::sql_types::{BigInt, Nullable, Text};
use djstripe_core::store::diesel::{QueryableByName, sql_query};
use djstripe_core::with_db;

use super::Shop;

/// Rows by table.
#[derive(Debug, PartialEq)]
pub(super) struct Dump(BTreeMap<String, Vec<String>>);

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Nullable<Text>)]
    line: Option<String>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

const TABLES_POSTGRES: &str = "SELECT table_name AS line FROM information_schema.tables \
     WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1";
const TABLES_SQLITE: &str = "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1";

impl Shop {
    /// Every row of every table as one text, generated columns and binary ones included.
    pub(super) async fn dump(&self) -> Dump {
        let is_postgres = self.app.store().backend() == Backend::Postgres;
        let tables = self
            .lines(if is_postgres {
                TABLES_POSTGRES
            } else {
                TABLES_SQLITE
            })
            .await;
        let mut dump = BTreeMap::new();
        for table in tables {
            // A heartbeat and leases change by themselves.
            if table == "djstripe_heartbeat" {
                continue;
            }
            let columns = match is_postgres {
                true => format!(
                    "SELECT CASE data_type WHEN 'bytea' THEN format('encode(%I, ''escape'')', column_name) \
                         ELSE format('%I::text', column_name) END AS line FROM information_schema.columns \
                     WHERE table_schema = current_schema() AND table_name = '{table}' ORDER BY ordinal_position"
                ),
                false => format!(
                    "SELECT 'CAST(\"' || name || '\" AS text)' AS line FROM pragma_table_xinfo('{table}') ORDER BY cid"
                ),
            };
            let columns = self.lines(&columns).await;
            let columns: Vec<String> = columns
                .iter()
                .map(|column| format!("coalesce({column}, '')"))
                .collect();
            let rows = format!(
                "SELECT {} AS line FROM \"{table}\" ORDER BY 1",
                columns.join(" || '|' || ")
            );
            dump.insert(table, self.lines(&rows).await);
        }
        Dump(dump)
    }

    async fn lines(&self, sql: &str) -> Vec<String> {
        let mut session = self.app.store().session().await.unwrap();
        let mut db = session.db().unwrap();
        let lines: Vec<Line> =
            with_db!(db, connection => sql_query(sql).load(connection).await).unwrap();
        lines.into_iter().filter_map(|line| line.line).collect()
    }

    pub(super) async fn count(&self, sql: &str) -> i64 {
        let sql = format!("SELECT CAST(count AS bigint) AS count FROM ({sql}) AS counted");
        let mut session = self.app.store().session().await.unwrap();
        let mut db = session.db().unwrap();
        let counts: Vec<Count> =
            with_db!(db, connection => sql_query(sql).load(connection).await).unwrap();
        counts[0].count
    }
}

impl Dump {
    /// Whether a row of a table has this text, in whatever case.
    pub(super) fn has(&self, table: &str, text: &str) -> bool {
        self.0[table].iter().any(|row| contains(row, text))
    }

    /// The rows that have it, each with its table.
    pub(super) fn lines_with(&self, text: &str) -> Vec<String> {
        let rows = self
            .0
            .iter()
            .flat_map(|(table, rows)| rows.iter().map(move |row| (table, row)));
        let rows = rows.filter(|(_, row)| contains(row, text));
        rows.map(|(table, row)| format!("{table}: {row}")).collect()
    }

    pub(super) fn places_of(&self, text: &str) -> Vec<String> {
        self.lines_with(text)
    }
}

fn contains(row: &str, text: &str) -> bool {
    row.to_lowercase().contains(&text.to_lowercase())
}
