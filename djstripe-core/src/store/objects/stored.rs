//! The row of one object, and which version of it was read.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::rows::RowSource;
use crate::store::backend::connection::{Backend, Db};
use crate::store::backend::run::{load, on_connection};
use crate::store::backend::statement::{ByName, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::row::{RowKey, RowVersion};
use crate::timestamp::Timestamp;

const READ: &str = "read an object";

/// A row.
#[derive(Debug)]
pub(crate) struct StoredObject {
    pub(crate) stripe_data: String,
    pub(crate) api_version: Option<String>,
    pub(crate) version: RowVersion,
}

impl StoredObject {
    /// Whether only other objects have shown it, so that it may be out of date.
    pub(crate) fn is_copy(&self) -> bool {
        self.version.source.as_deref() == Some(RowSource::Copy.as_str())
    }
}

impl Store {
    /// The row of an object; a tombstone is one, too.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn stored_object(
        &self,
        key: &RowKey,
    ) -> Result<Option<StoredObject>, StoreError> {
        let rows: Vec<Row> = load!(self, READ, select(key))?;
        Ok(rows.into_iter().next().map(StoredObject::from))
    }

    /// The version of an object's row; `None` if there is no row.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn row_version(&self, key: &RowKey) -> Result<Option<RowVersion>, StoreError> {
        let rows: Vec<VersionRow> = load!(self, READ, select_version(key))?;
        Ok(rows.into_iter().next().map(RowVersion::from))
    }
}

impl Db<'_> {
    /// The row of an object; a tombstone is one, too.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn stored_object(
        &mut self,
        key: &RowKey,
    ) -> Result<Option<StoredObject>, StoreError> {
        let select = select(key);
        let rows: Vec<Row> = on_connection!(
            self, READ,
            postgres(connection) => diesel_async::RunQueryDsl::load(select, connection),
            sqlite => move |raw| select.load_on(raw),
        )?;
        Ok(rows.into_iter().next().map(StoredObject::from))
    }

    /// The version of an object's row; `None` if there is no row.
    pub(in crate::store) async fn row_version(
        &mut self,
        key: &RowKey,
    ) -> Result<Option<RowVersion>, StoreError> {
        let select = select_version(key);
        let rows: Vec<VersionRow> = on_connection!(
            self, READ,
            postgres(connection) => diesel_async::RunQueryDsl::load(select, connection),
            sqlite => move |raw| select.load_on(raw),
        )?;
        Ok(rows.into_iter().next().map(RowVersion::from))
    }

    /// Whether a row is still what this run has read of it. The row is locked, so that it stays so
    /// until the run has written it. True for rows that it has not read.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn is_as_read(&mut self, key: &RowKey) -> Result<bool, StoreError> {
        if !self.has_read(key) {
            return Ok(true);
        }
        let select = match self.backend() {
            Backend::Postgres => select_version(key).sql(" FOR UPDATE"),
            Backend::Sqlite => select_version(key),
        };
        let rows: Vec<VersionRow> = on_connection!(
            self, READ,
            postgres(connection) => diesel_async::RunQueryDsl::load(select, connection),
            sqlite => move |raw| select.load_on(raw),
        )?;
        let version = rows.into_iter().next().map(RowVersion::from);
        Ok(self
            .read_row_mut()
            .is_none_or(|read| read.version == version))
    }

    /// Accepts the current version of a row, after this run itself has written it.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn accept_own_write(&mut self, key: &RowKey) -> Result<(), StoreError> {
        if !self.has_read(key) {
            return Ok(());
        }
        let version = self.row_version(key).await?;
        if let Some(read) = self.read_row_mut() {
            read.version = version;
        }
        Ok(())
    }
}

const VERSION_COLUMNS: &str =
    "observed_at, deleted_at IS NOT NULL AS deleted, djstripe_source, djstripe_events";

/// The version of a row.
pub(in crate::store) fn select_version(key: &RowKey) -> Statement<'static, ByName> {
    select_columns(VERSION_COLUMNS, key)
}

fn select(key: &RowKey) -> Statement<'static, ByName> {
    let columns =
        format!("CAST(stripe_data AS text) AS stripe_data, api_version, {VERSION_COLUMNS}");
    select_columns(&columns, key)
}

fn select_columns(columns: &str, key: &RowKey) -> Statement<'static, ByName> {
    let sql = format!(
        "SELECT {columns} FROM {} WHERE account = ? AND livemode = ? AND id = ?",
        key.table
    );
    Statement::<ByName>::new(sql)
        .bind(key.account.clone())
        .bind(key.livemode)
        .bind(key.id.clone())
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    stripe_data: String,
    #[diesel(sql_type = Nullable<Text>)]
    api_version: Option<String>,
    #[diesel(embed)]
    version: VersionRow,
}

/// A row of [`select_version`].
#[derive(QueryableByName)]
pub(in crate::store) struct VersionRow {
    #[diesel(sql_type = BigInt)]
    observed_at: i64,
    #[diesel(sql_type = Bool)]
    deleted: bool,
    #[diesel(sql_type = Nullable<Text>)]
    djstripe_source: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    djstripe_events: Option<String>,
}

impl From<VersionRow> for RowVersion {
    fn from(row: VersionRow) -> Self {
        Self {
            observed_at: Timestamp::from_micros(row.observed_at),
            is_deleted: row.deleted,
            source: row.djstripe_source,
            events: row.djstripe_events,
        }
    }
}

impl From<Row> for StoredObject {
    fn from(row: Row) -> Self {
        Self {
            stripe_data: row.stripe_data,
            api_version: row.api_version,
            version: row.version.into(),
        }
    }
}
