//! Reading what rows hold, for comparing them with Stripe: by their ids, page by page, or some of them by chance.

use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::TableName;
use crate::store::Backend;
use crate::store::backend::run::load;
use crate::store::backend::statement::{Bind, Statement};
use crate::store::backend::{Database, Store};
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const READ: &str = "read objects";

/// What a row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectContent {
    /// Id of the object.
    pub(crate) id: String,
    /// Its JSON.
    pub(crate) stripe_data: String,
    /// When that was its content.
    pub(crate) observed_at: Timestamp,
    /// Whether the row is a tombstone.
    pub(crate) deleted: bool,
}

type Types = (Text, Text, BigInt, Bool);

impl From<(String, String, i64, bool)> for ObjectContent {
    fn from((id, stripe_data, observed_at, deleted): (String, String, i64, bool)) -> Self {
        Self {
            id,
            stripe_data,
            observed_at: Timestamp::from_micros(observed_at),
            deleted,
        }
    }
}

/// The live rows of one table that belong to one account in one mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LiveRows<'a> {
    pub(crate) table: TableName,
    pub(crate) account: &'a str,
    pub(crate) livemode: bool,
    /// Only those whose content was observed before.
    pub(crate) before: Option<Timestamp>,
}

impl Store {
    /// What the rows with these ids hold, tombstones included, in any order.
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
        // One statement, however many ids there are, so that the connection keeps one.
        let (one_of, ids): (&str, Bind<'static>) = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => (
                "= ANY (?)",
                Bind::Texts(ids.iter().map(|id| Some((*id).to_owned().into())).collect()),
            ),
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => (
                "IN (SELECT value FROM json_each(?))",
                serde_json::Value::from(ids).to_string().into(),
            ),
        };
        let select = self.select(
            table,
            &format!("account = ? AND livemode = ? AND id {one_of}"),
        );
        let select = select.bind(account.to_owned()).bind(livemode).bind(ids);
        let rows: Vec<(String, String, i64, bool)> = load!(self, READ, select);
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Ids of live rows, in their order, after this one.
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
        let ids: Vec<String> = load!(self, READ, select);
        Ok(ids)
    }

    /// Ids of so many live rows, taken by chance. Reads the keys of all of them.
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
        let ids: Vec<String> = load!(self, READ, select);
        Ok(ids)
    }

    /// How many live rows there are.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn count_live(&self, rows: LiveRows<'_>) -> Result<u64, StoreError> {
        let table = rows.table;
        let select = Statement::<BigInt>::new(format!("SELECT count(*) FROM {table} WHERE {LIVE}"));
        let counts: Vec<i64> = load!(self, READ, rows.bind(select));
        Ok(counts
            .first()
            .map_or(0, |count| u64::try_from(*count).unwrap_or(0)))
    }

    /// When the oldest of the live rows was made at Stripe. The table has a column `created`.
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
        let oldest: Vec<Option<i64>> = load!(self, READ, rows.bind(select));
        Ok(oldest.into_iter().flatten().next())
    }

    fn select(&self, table: TableName, condition: &str) -> Statement<'static, Types> {
        let data = match self.backend() {
            Backend::Postgres => "stripe_data::text",
            Backend::Sqlite => "stripe_data",
        };
        Statement::new(format!(
            "SELECT id, {data}, observed_at, deleted_at IS NOT NULL FROM {table} WHERE {condition}"
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
