//! The row of one object, read in a transaction.

use diesel::sql_types::{BigInt, Nullable, Text};

use super::rows::TableName;
use crate::store::backend::connection::Db;
use crate::store::backend::run::on_connection;
use crate::store::backend::statement::{ByName, Statement};
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const READ: &str = "read an object";

/// Identifies the row of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowKey<'a> {
    pub(crate) table: TableName,
    /// The account; empty for the platform's own.
    pub(crate) account: &'a str,
    pub(crate) livemode: bool,
    pub(crate) id: &'a str,
}

/// The row of an object.
#[derive(Debug)]
pub(crate) struct StoredObject {
    pub(crate) stripe_data: String,
    pub(crate) api_version: Option<String>,
    pub(crate) observed_at: Timestamp,
    pub(crate) is_deleted: bool,
}

impl Db<'_> {
    /// The row of an object; a tombstone is one, too.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn stored_object(
        &mut self,
        key: RowKey<'_>,
    ) -> Result<Option<StoredObject>, StoreError> {
        let select = Statement::<ByName>::new(format!(
            "SELECT CAST(stripe_data AS text) AS stripe_data, api_version, observed_at, deleted_at FROM {} \
             WHERE account = ? AND livemode = ? AND id = ?",
            key.table
        ))
        .bind(key.account.to_owned())
        .bind(key.livemode)
        .bind(key.id.to_owned());
        let rows: Vec<Row> = on_connection!(
            self, READ,
            postgres(connection) => diesel_async::RunQueryDsl::load(select, connection),
            sqlite => move |raw| select.load_on(raw),
        )?;
        Ok(rows.into_iter().next().map(StoredObject::from))
    }
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    stripe_data: String,
    #[diesel(sql_type = Nullable<Text>)]
    api_version: Option<String>,
    #[diesel(sql_type = BigInt)]
    observed_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    deleted_at: Option<i64>,
}

impl From<Row> for StoredObject {
    fn from(row: Row) -> Self {
        Self {
            stripe_data: row.stripe_data,
            api_version: row.api_version,
            observed_at: Timestamp::from_micros(row.observed_at),
            is_deleted: row.deleted_at.is_some(),
        }
    }
}
