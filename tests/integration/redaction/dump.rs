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

/// A table, and the expression that makes one text of a row.
#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    row: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

const TABLES_POSTGRES: &str = "SELECT table_name::text AS name, string_agg('coalesce(' || \
         CASE data_type WHEN 'bytea' THEN format('encode(%I, ''escape'')', column_name) \
             ELSE format('%I::text', column_name) END || ', '''')', ' || ''|'' || ' ORDER BY ordinal_position) AS row \
     FROM information_schema.columns WHERE table_schema = current_schema() GROUP BY table_name";
const TABLES_SQLITE: &str = "SELECT tables.name AS name, group_concat('coalesce(CAST(\"' || columns.name || '\" AS text), '''')', \
         ' || ''|'' || ') AS row \
     FROM sqlite_master AS tables JOIN pragma_table_xinfo(tables.name) AS columns \
     WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%' GROUP BY tables.name";

impl Shop {
    /// Every row of every table as one text, generated columns and binary ones included.
    pub(super) async fn dump(&self) -> Dump {
        let mut session = self.app.store().session().await.unwrap();
        let mut db = session.db().unwrap();
        let tables = match db.backend() {
            Backend::Postgres => TABLES_POSTGRES,
            _ => TABLES_SQLITE,
        };
        let tables: Vec<Table> =
            with_db!(db, connection => sql_query(tables).load(connection).await).unwrap();

        let mut dump = BTreeMap::new();
        for Table { name, row } in tables {
            let rows = format!("SELECT {row} AS line FROM \"{name}\" ORDER BY 1");
            let rows: Vec<Line> =
                with_db!(db, connection => sql_query(rows).load(connection).await).unwrap();
            let rows: Vec<String> = rows.into_iter().filter_map(|row| row.line).collect();
            dump.insert(name, rows);
        }
        // What is written by itself.
        for table in [
            "heartbeat",
            "minute",
            "process",
            "receiver_hour",
            "receiver_minute",
        ] {
            dump.remove(&format!("djstripe_{table}"));
        }
        Dump(dump)
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
}

fn contains(row: &str, text: &str) -> bool {
    row.to_lowercase().contains(&text.to_lowercase())
}
