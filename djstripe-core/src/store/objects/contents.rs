//! Reading the content of rows, to compare it with Stripe: by ids, page by page, or a random
//! sample.

use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::store::backend::connection::Backend;
use crate::store::backend::run::load;
use crate::store::backend::statement::{ByName, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::row::TableName;
use crate::timestamp::Timestamp;

const READ: &str = "read objects";

/// The content of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectContent {
    /// Id of the object.
    pub(crate) id: String,
    /// Its JSON.
    pub(crate) stripe_data: String,
    /// The API version of its JSON, if it is known.
    pub(crate) api_version: Option<String>,
    /// When the object had this content.
    pub(crate) observed_at: Timestamp,
    /// Whether the row is a tombstone.
    pub(crate) deleted: bool,
    /// Paths of the lists of which the row knows only the first page, separated by commas.
    pub(crate) incomplete: Option<String>,
}

#[derive(diesel::QueryableByName)]
struct ContentRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    data: String,
    #[diesel(sql_type = Nullable<Text>)]
    api_version: Option<String>,
    #[diesel(sql_type = BigInt)]
    observed_at: i64,
    #[diesel(sql_type = Bool)]
    deleted: bool,
    #[diesel(sql_type = Nullable<Text>)]
    djstripe_incomplete: Option<String>,
}

impl From<ContentRow> for ObjectContent {
    fn from(row: ContentRow) -> Self {
        Self {
            id: row.id,
            stripe_data: row.data,
            api_version: row.api_version,
            observed_at: Timestamp::from_micros(row.observed_at),
            deleted: row.deleted,
            incomplete: row.djstripe_incomplete,
        }
    }
}

/// A child, and the object in whose list it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChildOf {
    pub(crate) id: String,
    /// Type and id of the parent.
    pub(crate) object: String,
    pub(crate) parent_id: String,
}

/// The live rows of one table that belong to one account in one mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LiveRows<'a> {
    pub(crate) table: TableName,
    pub(crate) account: &'a str,
    pub(crate) livemode: bool,
    /// Only rows whose content was observed before this time.
    pub(crate) before: Option<Timestamp>,
}

impl Store {
    /// The content of the rows with these ids, including tombstones, in any order.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn object_contents(
        &self,
        table: TableName,
        account: &str,
        livemode: bool,
        ids: &[&str],
    ) -> Result<Vec<ObjectContent>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (one_of, ids) = self.one_of(ids);
        let condition = format!("account = ? AND livemode = ? AND id {one_of}");
        let select = self
            .select(table, &condition)
            .bind(account.to_owned())
            .bind(livemode)
            .bind(ids);
        let rows: Vec<ContentRow> = load!(self, READ, select)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// The parents of children with these ids, as far as they are known. The table must be one of
    /// children.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn parents_of(
        &self,
        table: TableName,
        account: &str,
        livemode: bool,
        ids: &[&str],
    ) -> Result<Vec<ChildOf>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (one_of, ids) = self.one_of(ids);
        let select = Statement::<(Text, Text, Text)>::new(format!(
            "SELECT id, parent_type, parent_id FROM {table} \
             WHERE account = ? AND livemode = ? AND id {one_of} \
                 AND parent_type IS NOT NULL AND parent_id IS NOT NULL"
        ))
        .bind(account.to_owned())
        .bind(livemode)
        .bind(ids);
        let rows: Vec<(String, String, String)> = load!(self, READ, select)?;
        let child = |(id, object, parent_id)| ChildOf {
            id,
            object,
            parent_id,
        };
        Ok(rows.into_iter().map(child).collect())
    }

    /// Ids of live rows after this one, in the order of the ids.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn live_ids(
        &self,
        rows: LiveRows<'_>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let table = rows.table;
        let select = Statement::<Text>::new(format!(
            "SELECT id FROM {table} WHERE {LIVE} AND id > ? ORDER BY id LIMIT ?"
        ));
        let select = rows
            .bind(select)
            .bind(after.to_owned())
            .bind(i64::from(limit));
        load!(self, READ, select)
    }

    /// Ids of a random sample of live rows. Reads the keys of all live rows.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn random_ids(
        &self,
        rows: LiveRows<'_>,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let table = rows.table;
        let select = Statement::<Text>::new(format!(
            "SELECT id FROM {table} WHERE {LIVE} ORDER BY random() LIMIT ?"
        ));
        let select = rows.bind(select).bind(i64::from(limit));
        load!(self, READ, select)
    }

    /// Number of live rows.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn count_live(&self, rows: LiveRows<'_>) -> Result<u64, StoreError> {
        let table = rows.table;
        let select = Statement::<BigInt>::new(format!("SELECT count(*) FROM {table} WHERE {LIVE}"));
        let counts: Vec<i64> = load!(self, READ, rows.bind(select))?;
        Ok(counts
            .first()
            .map_or(0, |count| u64::try_from(*count).unwrap_or(0)))
    }

    /// When the oldest of the live rows' objects was created. The table must have a column
    /// `created`.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn oldest_created(
        &self,
        rows: LiveRows<'_>,
    ) -> Result<Option<i64>, StoreError> {
        let table = rows.table;
        let select = Statement::<Nullable<BigInt>>::new(format!(
            "SELECT min(created) FROM {table} WHERE {LIVE}"
        ));
        let oldest: Vec<Option<i64>> = load!(self, READ, rows.bind(select))?;
        Ok(oldest.into_iter().flatten().next())
    }

    fn select(&self, table: TableName, condition: &str) -> Statement<'static, ByName> {
        let data = match self.backend() {
            Backend::Postgres => "stripe_data::text",
            Backend::Sqlite => "stripe_data",
        };
        Statement::new(format!(
            "SELECT id, {data} AS data, api_version, observed_at, deleted_at IS NOT NULL AS deleted, \
             djstripe_incomplete \
             FROM {table} WHERE {condition}"
        ))
    }
}

const LIVE: &str = "account = ? AND livemode = ? AND deleted_at IS NULL AND observed_at < ?";

impl LiveRows<'_> {
    fn bind<Row>(&self, statement: Statement<'static, Row>) -> Statement<'static, Row> {
        let before = self.before.map_or(i64::MAX, Timestamp::micros);
        statement
            .bind(self.account.to_owned())
            .bind(self.livemode)
            .bind(before)
    }
}
