//! The database server's version and clock.

use diesel::sql_types::{BigInt, Text};

use super::connection::Backend;
use super::run::load;
use super::statement::Statement;
use super::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const POSTGRES: &str = "SELECT current_setting('server_version'), \
     (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
const SQLITE: &str = "SELECT sqlite_version(), \
     CAST(round((julianday('now') - 2440587.5) * 86400000000.0) AS INTEGER)";

impl Store {
    /// The server's version and its clock. Needs no tables.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn server(&self) -> Result<(String, Timestamp), StoreError> {
        let select = Statement::<(Text, BigInt)>::new(match self.backend() {
            Backend::Postgres => POSTGRES,
            Backend::Sqlite => SQLITE,
        });
        let rows: Vec<(String, i64)> = load!(self, "read the database's version", select)?;
        let (version, clock) = rows.into_iter().next().unwrap_or_default();
        Ok((version, Timestamp::from_micros(clock)))
    }
}
