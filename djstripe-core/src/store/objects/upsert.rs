//! The upsert: of all observations of an object one becomes its row.

use super::observation::{Batch, Kept, UpsertResults, complete};
use super::rows::ObjectRow;
#[cfg(feature = "postgres")]
use super::upsert_postgres;
#[cfg(feature = "sqlite")]
use super::upsert_sqlite;
use crate::store::backend::connection::Db;
use crate::store::backend::run::{on_backend, on_connection};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::row::TableName;
use crate::timestamp::Timestamp;

const UPSERT: &str = "write objects";

impl Db<'_> {
    /// Writes observations of objects into one table, in this transaction.
    ///
    /// The results are in the order of the rows. A row that can't be stored doesn't affect the
    /// others.
    ///
    /// # Errors
    /// [`StoreError::Query`]; then nothing of the batch was written.
    pub(crate) async fn upsert_objects(
        &mut self,
        table: TableName,
        rows: &[ObjectRow<'_>],
    ) -> Result<UpsertResults, StoreError> {
        let object = self.kept_types().of(table);
        let Batch {
            rows,
            outdone,
            answers,
        } = Batch::new(rows, object.is_some());
        let now = Timestamp::now().micros();
        let written = on_connection!(
            self, UPSERT,
            postgres(connection) => upsert_postgres::upsert(
                connection, table, &rows, Kept::of(object, &outdone), now
            ),
            sqlite => move |raw| upsert_sqlite::upsert(raw, table, &rows, Kept::of(object, &outdone), now),
        )?;
        Ok(complete(answers, &written))
    }
}

impl Store {
    /// Writes observations of objects into one table, in a transaction of its own.
    ///
    /// # Errors
    /// As [`Db::upsert_objects`], and the errors of connecting.
    pub(crate) async fn upsert_objects(
        &self,
        table: TableName,
        rows: &[ObjectRow<'_>],
    ) -> Result<UpsertResults, StoreError> {
        let object = self.kept_types().of(table);
        let Batch {
            rows,
            outdone,
            answers,
        } = Batch::new(rows, object.is_some());
        let now = Timestamp::now().micros();
        let written = on_backend!(
            self, UPSERT,
            postgres(connection) => upsert_postgres::upsert(
                connection, table, &rows, Kept::of(object, &outdone), now
            ),
            sqlite.write => move |raw| upsert_sqlite::upsert(raw, table, &rows, Kept::of(object, &outdone), now),
        )?;
        Ok(complete(answers, &written))
    }
}
