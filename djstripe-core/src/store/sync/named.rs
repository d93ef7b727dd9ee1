//! Objects that other objects name and that have no row.
//!
//! In: the fields that hold ids of a type of object. Out: how many of these ids have no row, not
//! even a tombstone, and which ones.

use diesel::sql_types::{BigInt, Bool, Text};

use super::PARENTS;
use crate::store::backend::connection::Backend;
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::row::TableName;

const OF_TEST_CLOCK_POSTGRES: &str = "SELECT id FROM stripe_customer \
     WHERE account = ? AND livemode = ? AND deleted_at IS NULL AND id > ? \
         AND stripe_data ->> 'test_clock' = ? ORDER BY id LIMIT ?";
const OF_TEST_CLOCK_SQLITE: &str = "SELECT id FROM stripe_customer \
     WHERE account = ? AND livemode = ? AND deleted_at IS NULL AND id > ? \
         AND json_extract(stripe_data, '$.test_clock') = ? ORDER BY id LIMIT ?";

/// A field of mirrored objects that holds ids of a type of object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamingField {
    pub(crate) table: TableName,
    /// The names of the fields from the object down to it.
    pub(crate) path: &'static [&'static str],
    /// The column that holds it, if there is one.
    pub(crate) column: Option<&'static str>,
    /// The start of the ids that belong to the type, if the field holds ids of several types.
    pub(crate) prefix: Option<&'static str>,
}

impl NamingField {
    /// The rows and the id as SQL reads it from each, also where the object is expanded. A field of
    /// the path may hold an array, and then each of its elements counts.
    fn rows_and_id(&self, backend: Backend) -> RowsAndId {
        let table = self.table;
        if let Some(column) = self.column {
            return RowsAndId {
                rows: format!("{table} AS naming"),
                id: format!("naming.\"{column}\""),
            };
        }
        match backend {
            // A lax path goes through arrays.
            Backend::Postgres => RowsAndId {
                rows: format!(
                    "{table} AS naming CROSS JOIN LATERAL \
                     jsonb_path_query(naming.stripe_data, 'lax $.\"{}\"[*]') AS value",
                    self.path.join("\".\"")
                ),
                id: "CASE jsonb_typeof(value) WHEN 'string' THEN value #>> '{}' \
                     WHEN 'object' THEN value ->> 'id' END"
                    .to_owned(),
            },
            Backend::Sqlite => RowsAndId {
                rows: format!(
                    "{table} AS naming CROSS JOIN json_tree(naming.stripe_data) AS value \
                     ON ({})",
                    sqlite_places(self.path)
                ),
                id: "CASE value.type WHEN 'text' THEN value.atom \
                     WHEN 'object' THEN json_extract(value.value, '$.id') END"
                    .to_owned(),
            },
        }
    }
}

/// Where a query reads ids from, and how.
struct RowsAndId {
    rows: String,
    id: String,
}

/// The condition that a value stands at a path, of which each field may hold an array.
fn sqlite_places(path: &[&str]) -> String {
    let mut places = vec!["$".to_owned()];
    for field in path {
        // As SQLite writes it.
        let field = if field.chars().all(char::is_alphanumeric) {
            (*field).to_owned()
        } else {
            format!("\"{field}\"")
        };
        let elements = places.iter().map(|place| format!("{place}.{field}[[]*]"));
        let plain = places.iter().map(|place| format!("{place}.{field}"));
        places = plain.chain(elements).collect();
    }
    let conditions = places
        .iter()
        .map(|place| format!("value.fullkey GLOB '{place}'"));
    conditions.collect::<Vec<_>>().join(" OR ")
}

/// How many objects of a type have no row in one account and mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedCount {
    pub(crate) account: String,
    pub(crate) livemode: bool,
    pub(crate) count: u64,
}

/// Which rows name objects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NamingRows<'a> {
    /// Only rows of this account; empty for the platform's own.
    pub(crate) account: Option<&'a str>,
    pub(crate) livemode: bool,
}

impl Store {
    /// How many objects of the table `target` these fields name that have no row, by account and
    /// mode. Accounts without any are left out.
    pub(crate) async fn count_named(
        &self,
        target: TableName,
        fields: &[NamingField],
        rows: NamingRows<'_>,
    ) -> Result<Vec<NamedCount>, StoreError> {
        if fields.is_empty() {
            return Ok(Vec::new());
        }
        let select =
            Statement::<(Text, Bool, BigInt)>::new("SELECT account, livemode, count(*) FROM (");
        let select = self
            .missing(select, target, fields, rows, None)
            .sql(") AS missing GROUP BY account, livemode ORDER BY account, livemode");

        let counts: Vec<(String, bool, i64)> = load!(self, PARENTS, select)?;
        let count = |(account, livemode, count)| NamedCount {
            account,
            livemode,
            count: u64::try_from(count).unwrap_or_default(),
        };
        Ok(counts.into_iter().map(count).collect())
    }

    /// Ids of objects of the table `target` that these fields name and that have no row: those
    /// after `after`, in the order of the ids.
    pub(crate) async fn named_ids(
        &self,
        target: TableName,
        fields: &[NamingField],
        rows: NamingRows<'_>,
        after: &str,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        if fields.is_empty() {
            return Ok(Vec::new());
        }
        let select = Statement::<Text>::new("SELECT id FROM (");
        let select = self
            .missing(select, target, fields, rows, Some(after))
            .sql(") AS missing ORDER BY id LIMIT ?")
            .bind(limit);
        load!(self, PARENTS, select)
    }

    /// Ids of live customers of a test clock after `after`, in the order of the ids.
    pub(crate) async fn test_clock_customers(
        &self,
        account: &str,
        livemode: bool,
        clock: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        let select = match self.backend() {
            Backend::Postgres => OF_TEST_CLOCK_POSTGRES,
            Backend::Sqlite => OF_TEST_CLOCK_SQLITE,
        };
        let select = Statement::<Text>::new(select)
            .bind(account.to_owned())
            .bind(livemode)
            .bind(after.to_owned())
            .bind(clock.to_owned())
            .bind(limit);
        load!(self, PARENTS, select)
    }

    /// Appends a query for account, mode and id of the objects that have no row, each of them once.
    fn missing<'a, Row>(
        &self,
        mut select: Statement<'a, Row>,
        target: TableName,
        fields: &[NamingField],
        rows: NamingRows<'_>,
        after: Option<&str>,
    ) -> Statement<'a, Row> {
        for (number, field) in fields.iter().enumerate() {
            let union = if number == 0 { "" } else { " UNION " };
            let RowsAndId { rows: from, id } = field.rows_and_id(self.backend());
            select = select
                .sql(&format!(
                    "{union}SELECT DISTINCT named.account, named.livemode, named.id FROM ( \
                         SELECT naming.account, naming.livemode, {id} AS id FROM {from} \
                         WHERE naming.livemode = ? AND naming.deleted_at IS NULL"
                ))
                .bind(rows.livemode);
            if let Some(account) = rows.account {
                let account = account.to_owned();
                select = select.sql(" AND naming.account = ?").bind(account);
            }

            select = select
                .sql(&format!(
                    ") AS named WHERE named.id > ? AND NOT EXISTS (SELECT 1 FROM {target} AS target \
                         WHERE target.account = named.account AND target.livemode = named.livemode \
                             AND target.id = named.id)"
                ))
                .bind(after.unwrap_or_default().to_owned());
            if let Some(prefix) = field.prefix {
                let length = prefix.len();
                select = select
                    .sql(&format!(" AND substr(named.id, 1, {length}) = ?"))
                    .bind(prefix);
            }
        }
        select
    }
}
