//! What a transaction reads and writes of a list.
//!
//! In: the run of a list with its fence, and where its parts stand. Out: rows that commit together with the objects of
//! the list, or the word that the lease is somebody else's.

use diesel::sql_types::Text;

use super::range::{SyncPosition, SyncRange};
use super::{READ, SyncCounts, WRITE, renewal};
use crate::store::backend::connection::{Connection, Db};
use crate::store::backend::statement::{Bind, Statement};
use crate::store::error::StoreError;
use crate::store::objects::TableName;
use crate::timestamp::Timestamp;

impl Db<'_> {
    /// The content of a row; `None` if there is none, or only a tombstone.
    pub(crate) async fn stored_object(
        &mut self,
        table: TableName,
        account: &str,
        livemode: bool,
        id: &str,
    ) -> Result<Option<String>, StoreError> {
        let select = Statement::<Text>::new(format!(
            "SELECT CAST(stripe_data AS text) FROM {table} \
             WHERE account = ? AND livemode = ? AND id = ? AND deleted_at IS NULL"
        ));
        let select = select
            .bind(account.to_owned())
            .bind(livemode)
            .bind(id.to_owned());
        let rows: Vec<String> = match self.connection() {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => {
                diesel_async::RunQueryDsl::load(select, connection).await
            }
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => {
                connection
                    .spawn_blocking(move |raw| select.load_on(raw))
                    .await
            }
        }
        .map_err(StoreError::query(READ))?;
        Ok(rows.into_iter().next())
    }

    /// Extends the lease of a list and keeps others from it until the end of this transaction; false if it is
    /// somebody else's.
    pub(crate) async fn hold_sync(
        &mut self,
        run_id: &str,
        fence: i64,
        lease_until: Timestamp,
    ) -> Result<bool, StoreError> {
        let renewed = self
            .run(renewal(run_id, fence, lease_until))
            .await
            .map_err(StoreError::query(WRITE))?;
        Ok(renewed == 1)
    }

    /// Writes where a part of a list stands.
    pub(crate) async fn write_sync_range(
        &mut self,
        run_id: &str,
        range: &SyncRange,
    ) -> Result<(), StoreError> {
        let insert = Statement::<()>::new(
            "INSERT INTO djstripe_sync_range (run_id, number, from_at, to_at, cursor_id, cursor_at, newest_id, newest_at, \
                 pages, phase) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (run_id, number) DO UPDATE SET from_at = excluded.from_at, to_at = excluded.to_at, \
                 cursor_id = excluded.cursor_id, cursor_at = excluded.cursor_at, newest_id = excluded.newest_id, \
                 newest_at = excluded.newest_at, pages = excluded.pages, phase = excluded.phase",
        );
        let id = |mark: &Option<SyncPosition>| mark.as_ref().map(|mark| mark.id.clone());
        let at = |mark: &Option<SyncPosition>| Bind::BigInt(mark.as_ref().and_then(|mark| mark.at));
        let insert = insert.bind(run_id.to_owned()).bind(range.number);
        let insert = insert
            .bind(Bind::BigInt(range.from))
            .bind(Bind::BigInt(range.to));
        let insert = insert.bind(id(&range.cursor)).bind(at(&range.cursor));
        let insert = insert.bind(id(&range.newest)).bind(at(&range.newest));
        let insert = insert.bind(range.pages).bind(range.phase.as_str());
        self.run(insert)
            .await
            .map(drop)
            .map_err(StoreError::query(WRITE))
    }

    /// Writes the parent up to which a list is through, and adds to its counts.
    pub(crate) async fn write_sync(
        &mut self,
        run_id: &str,
        through: Option<&str>,
        counts: &SyncCounts,
    ) -> Result<(), StoreError> {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let update = Statement::<()>::new(
            "UPDATE djstripe_sync_list SET through = coalesce(?, through), inserted = inserted + ?, \
                 updated = updated + ?, unchanged = unchanged + ?, stale = stale + ?, pages = pages + ? WHERE run_id = ?",
        );
        let update = update
            .bind(through.map(str::to_owned))
            .bind(number(counts.inserted));
        let update = update
            .bind(number(counts.updated))
            .bind(number(counts.unchanged))
            .bind(number(counts.stale));
        let update = update.bind(number(counts.pages)).bind(run_id.to_owned());
        self.run(update)
            .await
            .map(drop)
            .map_err(StoreError::query(WRITE))
    }

    /// Ends a run of a list: it is done, or, with a reason, Stripe doesn't give it.
    pub(crate) async fn finish_sync(
        &mut self,
        run_id: &str,
        skipped: Option<&str>,
    ) -> Result<(), StoreError> {
        let update = Statement::<()>::new(
            "UPDATE djstripe_sync_list SET state = ?, reason = ?, finished_at = ?, lease_until = 0 WHERE run_id = ?",
        );
        let state = if skipped.is_some() { "skipped" } else { "done" };
        let update = update.bind(state).bind(skipped.map(str::to_owned));
        let update = update
            .bind(Timestamp::now().micros())
            .bind(run_id.to_owned());
        self.run(update).await.map_err(StoreError::query(WRITE))?;
        let delete = Statement::new("DELETE FROM djstripe_sync_range WHERE run_id = ?")
            .bind(run_id.to_owned());
        self.run(delete)
            .await
            .map(drop)
            .map_err(StoreError::query(WRITE))
    }

    /// Notes why a run of a list stopped; whoever comes next goes on with it.
    pub(crate) async fn stop_sync(&mut self, run_id: &str, reason: &str) -> Result<(), StoreError> {
        let update = "UPDATE djstripe_sync_list SET reason = ?, lease_until = 0 WHERE run_id = ?";
        let update = Statement::new(update)
            .bind(reason.to_owned())
            .bind(run_id.to_owned());
        self.run(update)
            .await
            .map(drop)
            .map_err(StoreError::query(WRITE))
    }
}
