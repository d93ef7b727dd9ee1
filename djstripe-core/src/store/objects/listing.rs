//! Reading rows of objects, including the columns that only the database knows.

use std::collections::HashSet;

#[cfg(feature = "sqlite")]
use diesel::QueryResult;
use diesel::sql_types::{Bool, Text};
use djstripe_models::{Column, ColumnKind, DESCRIPTORS};

use crate::store::backend::run::{load, on_backend};
use crate::store::backend::statement::{Bind, Statement};
use crate::store::backend::store::{Database, Store};
use crate::store::error::StoreError;
use crate::store::row::TableName;

const LIST: &str = "list objects";

/// Which rows to list.
#[derive(Clone, Debug, Default)]
pub struct ObjectFilter {
    /// Whether to list the tombstones of deleted objects too.
    pub deleted: bool,
    /// Only those of this connected account; empty for the platform's own.
    pub account: Option<String>,
    /// Only those of this mode.
    pub livemode: Option<bool>,
    /// Only the one with this id.
    pub id: Option<String>,
    /// Only those whose columns have these values. The columns are [Stripe's
    /// fields](djstripe_models::ModelDescriptor::columns) of the type; a value is written as text: `open`,
    /// `42`, `true`.
    pub columns: Vec<(&'static str, String)>,
    /// Maximum number of rows. Default 100.
    pub limit: Option<u32>,
    /// Only those after this one: account, mode and id of the last row of the previous page.
    pub after: Option<(String, bool, String)>,
}

/// A row of an object's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// The connected account that it belongs to; empty for the platform's own.
    pub account: String,
    /// Whether it is of live mode.
    pub livemode: bool,
    /// Its id.
    pub id: String,
    /// All columns as one JSON object on one line, including `stripe_data`.
    pub json: String,
}

pub(in crate::store) type ListedTypes = (Text, Bool, Text, Text);

impl From<(String, bool, String, String)> for ListedObject {
    fn from((account, livemode, id, json): (String, bool, String, String)) -> Self {
        Self {
            account,
            livemode,
            id,
            json,
        }
    }
}

impl Store {
    /// Lists rows of objects in the order of their keys.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn objects(
        &self,
        table: TableName,
        filter: &ObjectFilter,
    ) -> Result<Vec<ListedObject>, StoreError> {
        let rows: Vec<(String, bool, String, String)> = on_backend!(
            self, LIST,
            postgres(connection) => diesel_async::RunQueryDsl::load(
                filtered(select_postgres(), table, filter, None),
                connection
            ),
            sqlite.read => {
                let filter = filter.clone();
                move |raw| filtered(select_sqlite(raw, table)?, table, &filter, None).load_on(raw)
            },
        )?;
        Ok(rows.into_iter().map(ListedObject::from).collect())
    }

    /// The statement that reads rows with all their columns, up to them.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(unused_variables, reason = "PostgreSQL needs no names of columns")
    )]
    pub(in crate::store) async fn select_objects(
        &self,
        table: TableName,
    ) -> Result<Statement<'static, ListedTypes>, StoreError> {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => Ok(select_postgres()),
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                database
                    .read(LIST, move |raw| select_sqlite(raw, table))
                    .await
            }
        }
    }

    /// The number of rows that a filter finds, but at most `limit`. The filter's own limit doesn't count.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    #[cfg(feature = "cli")]
    pub(crate) async fn count_objects(
        &self,
        table: TableName,
        filter: &ObjectFilter,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let filter = ObjectFilter {
            limit: Some(limit),
            ..filter.clone()
        };
        let select = Statement::<Text>::new("SELECT id");
        self.count(filtered(select, table, &filter, None)).await
    }

    /// Those of `ids` for which the table has no row, not even a tombstone.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn missing_objects(
        &self,
        table: TableName,
        account: &str,
        livemode: bool,
        ids: &[&str],
    ) -> Result<Vec<String>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (one_of, bound) = self.one_of(ids);
        let select = Statement::<Text>::new(format!(
            "SELECT id FROM {table} WHERE account = ? AND livemode = ? AND id {one_of}"
        ))
        .bind(account.to_owned())
        .bind(livemode)
        .bind(bound);

        let present: Vec<String> = load!(self, LIST, select)?;
        let present: HashSet<&str> = present.iter().map(String::as_str).collect();
        let missing = ids.iter().filter(|id| !present.contains(*id));
        Ok(missing.map(|id| (*id).to_owned()).collect())
    }

    /// The condition that a column is one of `ids`, and its value, on this backend. The SQL is the same for any
    /// number of ids, so that the connection caches one statement.
    pub(in crate::store) fn one_of(
        &self,
        ids: &[impl AsRef<str>],
    ) -> (&'static str, Bind<'static>) {
        let ids = ids.iter().map(|id| id.as_ref().to_owned());
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => ("= ANY (?)", Bind::texts(ids)),
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => (
                "IN (SELECT value FROM json_each(?))",
                serde_json::Value::from_iter(ids).to_string().into(),
            ),
        }
    }
}

/// Adds the table, the conditions, the order and the limit of a list. If `most_read` is set, conditions
/// on columns without an index are only applied to so many rows, the first that the others leave.
pub(in crate::store) fn filtered<Row>(
    select: Statement<'static, Row>,
    table: TableName,
    filter: &ObjectFilter,
    most_read: Option<u32>,
) -> Statement<'static, Row> {
    let mut select = match most_read {
        None => with_index(select, table, filter),
        Some(most) => with_index(select.sql(" FROM (SELECT *"), table, filter)
            .sql(&format!("{BY_KEY} LIMIT {most}) AS listed WHERE true")),
    };
    for (column, value) in &filter.columns {
        if !is_indexed(table, column) {
            select = has_value(select, table, column, value);
        }
    }
    select
        .sql(BY_KEY)
        .sql(" LIMIT ?")
        .bind(i64::from(filter.limit.unwrap_or(100)))
}

/// The order of a list.
pub(in crate::store) const BY_KEY: &str = " ORDER BY account, livemode, id";

/// Adds the table, and all conditions but those on columns without an index.
pub(in crate::store) fn with_index<Row>(
    select: Statement<'static, Row>,
    table: TableName,
    filter: &ObjectFilter,
) -> Statement<'static, Row> {
    let mut select =
        select
            .sql(&format!(" FROM {table} AS listed WHERE "))
            .sql(match filter.deleted {
                true => "true",
                false => "deleted_at IS NULL",
            });
    if let Some(account) = &filter.account {
        select = select.sql(" AND account = ?").bind(account.clone());
    }
    if let Some(livemode) = filter.livemode {
        select = select.sql(" AND livemode = ?").bind(livemode);
    }
    if let Some(id) = &filter.id {
        select = select.sql(" AND id = ?").bind(id.clone());
    }
    for (column, value) in &filter.columns {
        if is_indexed(table, column) {
            select = has_value(select, table, column, value);
        }
    }
    if let Some((account, livemode, id)) = &filter.after {
        select = select
            .sql(" AND (account, livemode, id) > (?, ?, ?)")
            .bind(account.clone())
            .bind(*livemode)
            .bind(id.clone());
    }
    select
}

/// A column of Stripe's fields.
fn column(table: TableName, name: &str) -> Option<&'static Column> {
    let mut descriptors = DESCRIPTORS.iter();
    let descriptor = descriptors.find(|it| it.table == Some(table.as_str()))?;
    descriptor.columns.iter().find(|it| it.name == name)
}

/// Whether a column has an index.
pub(in crate::store) fn is_indexed(table: TableName, name: &str) -> bool {
    column(table, name).is_some_and(|it| it.indexed)
}

/// Adds the condition that a column has a value, which its index can find. A number and a boolean are
/// compared as such: what is neither equals none.
fn has_value<Row>(
    select: Statement<'static, Row>,
    table: TableName,
    name: &str,
    value: &str,
) -> Statement<'static, Row> {
    let quoted = name.replace('"', "\"\"");
    let is = format!(" AND \"{quoted}\" = ?");
    match column(table, name).map(|it| it.kind) {
        Some(ColumnKind::Integer | ColumnKind::Time) => match value.parse::<i64>() {
            Ok(number) => select.sql(&is).bind(number),
            Err(_) => select.sql(" AND false"),
        },
        Some(ColumnKind::Boolean) => match value.parse::<bool>() {
            Ok(boolean) => select.sql(&is).bind(boolean),
            Err(_) => select.sql(" AND false"),
        },
        Some(ColumnKind::Text | ColumnKind::Id) => select.sql(&is).bind(value.to_owned()),
        None => select.sql(" AND false"),
    }
}

#[cfg(feature = "postgres")]
fn select_postgres() -> Statement<'static, ListedTypes> {
    Statement::new("SELECT account, livemode, id, row_to_json(listed)::text")
}

#[cfg(feature = "sqlite")]
fn select_sqlite(
    raw: &mut diesel::SqliteConnection,
    table: TableName,
) -> QueryResult<Statement<'static, ListedTypes>> {
    let columns = Statement::<(Text, Text)>::new(
        "SELECT name, upper(type) FROM pragma_table_xinfo(?) WHERE hidden <> 1",
    );
    let columns: Vec<(String, String)> = columns.bind(table.as_str()).load_on(raw)?;
    let arguments: Vec<String> = columns
        .into_iter()
        .map(|(name, declared)| json_argument(&name, &declared))
        .collect();
    Ok(Statement::new(format!(
        "SELECT account, livemode, id, json_object({})",
        arguments.join(", ")
    )))
}

/// A column as two arguments of `json_object`: its name and its value as JSON.
#[cfg(feature = "sqlite")]
fn json_argument(name: &str, declared_type: &str) -> String {
    let (key, column) = (name.replace('\'', "''"), name.replace('"', "\"\""));
    if name == "stripe_data" {
        format!("'{key}', json(\"{column}\")")
    } else if declared_type.starts_with("BOOL") {
        format!(
            "'{key}', json(iif(\"{column}\" IS NULL, 'null', iif(\"{column}\", 'true', 'false')))"
        )
    } else {
        format!("'{key}', \"{column}\"")
    }
}
