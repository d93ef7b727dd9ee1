//! What the database is, and what time it has.

use diesel::sql_types::{BigInt, Text};

use super::run::load;
use super::statement::Statement;
use crate::store::error::StoreError;
use crate::store::{Backend, Store};
use crate::timestamp::Timestamp;

impl Store {
    /// Version of the database's program, and its clock. Needs no tables.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn server(&self) -> Result<(String, Timestamp), StoreError> {
        let select = Statement::<(Text, BigInt)>::new(match self.backend() {
            Backend::Postgres => {
                "SELECT current_setting('server_version'), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
            }
            Backend::Sqlite => {
                "SELECT sqlite_version(), CAST(round((julianday('now') - 2440587.5) * 86400000000.0) AS INTEGER)"
            }
        });
        let rows: Vec<(String, i64)> = load!(self, "ask the database what it is", select);
        let (version, clock) = rows.into_iter().next().unwrap_or_default();
        Ok((version, Timestamp::from_micros(clock)))
    }
}
