//! Reading rows of objects, whatever columns their tables have.

use diesel::sql_types::{Bool, Text};

use super::TableName;
use crate::store::backend::statement::Statement;
use crate::store::backend::{Database, Store};
use crate::store::error::StoreError;

const LIST: &str = "list objects";

/// Which rows to list.
#[derive(Clone, Debug, Default)]
pub struct ObjectFilter {
    /// Also the tombstones of deleted objects.
    pub deleted: bool,
    /// Only those of this connected account; empty for the platform's own.
    pub account: Option<String>,
    /// Only those of this mode.
    pub livemode: Option<bool>,
    /// Only the one with this id.
    pub id: Option<String>,
    /// At most so many; 100 unless told.
    pub limit: Option<u32>,
    /// Only those that come after this one: account, mode and id of the last one seen.
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
    /// All columns as one JSON object on one line, `stripe_data` within it.
    pub json: String,
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
        type Types = (Text, Bool, Text, Text);
        let rows: Vec<(String, bool, String, String)> = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                use diesel_async::RunQueryDsl;

                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                let select = format!(
                    "SELECT account, livemode, id, row_to_json(row)::text FROM {table} AS row"
                );
                let select = filtered(Statement::<Types>::new(select), filter);
                select
                    .load(connection)
                    .await
                    .map_err(StoreError::query(LIST))?
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let filter = filter.clone();
                let list = move |raw: &mut diesel::SqliteConnection| {
                    let columns = sqlite_columns(raw, table)?;
                    let select = format!(
                        "SELECT account, livemode, id, json_object({columns}) FROM {table}"
                    );
                    filtered(Statement::<Types>::new(select), &filter).load_on(raw)
                };
                database.read(LIST, list).await?
            }
        };
        let listed = |(account, livemode, id, json)| ListedObject {
            account,
            livemode,
            id,
            json,
        };
        Ok(rows.into_iter().map(listed).collect())
    }

    /// Those of `ids` that the table has no row for, not even a tombstone.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn missing_objects(
        &self,
        table: TableName,
        account: &str,
        livemode: bool,
        ids: &[&str],
    ) -> Result<Vec<String>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let present: Vec<String> = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                use diesel_async::RunQueryDsl;

                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                let select = format!(
                    "SELECT id FROM {table} WHERE account = ? AND livemode = ? AND id = ANY (?)"
                );
                let ids = crate::store::backend::statement::Bind::Texts(
                    ids.iter().map(|id| Some((*id).into())).collect(),
                );
                let select = Statement::<Text>::new(select)
                    .bind(account)
                    .bind(livemode)
                    .bind(ids);
                select
                    .load(connection)
                    .await
                    .map_err(StoreError::query(LIST))?
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let (account, ids) = (
                    account.to_owned(),
                    ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>(),
                );
                let select = move |raw: &mut diesel::SqliteConnection| {
                    let mut present = Vec::new();
                    for id in ids {
                        let select = format!(
                            "SELECT id FROM {table} WHERE account = ? AND livemode = ? AND id = ?"
                        );
                        let select = Statement::<Text>::new(select)
                            .bind(&*account)
                            .bind(livemode)
                            .bind(id);
                        present.extend(select.load_on::<String>(raw)?);
                    }
                    Ok(present)
                };
                database.read(LIST, select).await?
            }
        };
        Ok(ids
            .iter()
            .filter(|id| !present.iter().any(|present| present == *id))
            .map(|id| (*id).to_owned())
            .collect())
    }
}

fn filtered<'a, Types>(
    select: Statement<'a, Types>,
    filter: &'a ObjectFilter,
) -> Statement<'a, Types> {
    let mut select = select.sql(if filter.deleted {
        " WHERE true"
    } else {
        " WHERE deleted_at IS NULL"
    });
    if let Some(account) = &filter.account {
        select = select.sql(" AND account = ?").bind(&**account);
    }
    if let Some(livemode) = filter.livemode {
        select = select.sql(" AND livemode = ?").bind(livemode);
    }
    if let Some(id) = &filter.id {
        select = select.sql(" AND id = ?").bind(&**id);
    }
    if let Some((account, livemode, id)) = &filter.after {
        select = select
            .sql(" AND (account, livemode, id) > (?, ?, ?)")
            .bind(&**account)
            .bind(*livemode)
            .bind(&**id);
    }
    let limit = i64::from(filter.limit.unwrap_or(100));
    select
        .sql(" ORDER BY account, livemode, id LIMIT ?")
        .bind(limit)
}

/// The arguments of `json_object` that spell every column, generated ones too.
#[cfg(feature = "sqlite")]
fn sqlite_columns(
    raw: &mut diesel::SqliteConnection,
    table: TableName,
) -> diesel::QueryResult<String> {
    let select = Statement::<(Text, Text)>::new(
        "SELECT name, upper(type) FROM pragma_table_xinfo(?) WHERE hidden <> 1",
    );
    let columns: Vec<(String, String)> = select.bind(table.as_str()).load_on(raw)?;
    let argument = |(name, declared): (String, String)| {
        let (key, column) = (name.replace('\'', "''"), name.replace('"', "\"\""));
        if name == "stripe_data" {
            format!("'{key}', json(\"{column}\")")
        } else if declared.starts_with("BOOL") {
            format!(
                "'{key}', json(iif(\"{column}\" IS NULL, 'null', iif(\"{column}\", 'true', 'false')))"
            )
        } else {
            format!("'{key}', \"{column}\"")
        }
    };
    Ok(columns
        .into_iter()
        .map(argument)
        .collect::<Vec<_>>()
        .join(", "))
}
