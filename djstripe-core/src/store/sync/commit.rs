//! Reading and writing the progress of a list in a transaction.
//!
//! In: the run of a list with its fence, and the position of its parts. Out: rows that commit
//! together with the objects of the list, or the fact that the lease is lost.

use super::range::{SyncPosition, SyncRange};
use super::{SyncCounts, WRITE, renewal};
use crate::store::backend::connection::Db;
use crate::store::backend::statement::{Bind, Statement};
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const WRITE_RANGE: &str = "INSERT INTO djstripe_sync_range (run_id, number, from_at, to_at, cursor_id, cursor_at, \
         newest_id, newest_at, pages, phase) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT (run_id, number) DO UPDATE SET from_at = excluded.from_at, to_at = excluded.to_at, \
         cursor_id = excluded.cursor_id, cursor_at = excluded.cursor_at, newest_id = excluded.newest_id, \
         newest_at = excluded.newest_at, pages = excluded.pages, phase = excluded.phase";
const ADD_COUNTS: &str = "UPDATE djstripe_sync_list SET through = coalesce(?, through), inserted = inserted + ?, \
         updated = updated + ?, unchanged = unchanged + ?, stale = stale + ?, pages = pages + ? WHERE run_id = ?";
const FINISH: &str = "UPDATE djstripe_sync_list SET state = ?, reason = ?, finished_at = ?, lease_until = 0 \
     WHERE run_id = ?";
const STOP: &str = "UPDATE djstripe_sync_list SET reason = ?, lease_until = 0 WHERE run_id = ?";

impl Db<'_> {
    /// Extends the lease of a list and locks it until the end of this transaction; false if the
    /// lease is lost.
    pub(crate) async fn hold_sync(
        &mut self,
        run_id: &str,
        fence: i64,
        lease_until: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = renewal(run_id, fence, lease_until);
        Ok(self.execute(WRITE, update).await? == 1)
    }

    /// Writes the position of a part of a list.
    pub(crate) async fn write_sync_range(
        &mut self,
        run_id: &str,
        range: &SyncRange,
    ) -> Result<(), StoreError> {
        let id = |position: &Option<SyncPosition>| position.as_ref().map(|place| place.id.clone());
        let at = |position: &Option<SyncPosition>| {
            Bind::BigInt(position.as_ref().and_then(|place| place.at))
        };
        let insert = Statement::<()>::new(WRITE_RANGE)
            .bind(run_id.to_owned())
            .bind(range.number)
            .bind(Bind::BigInt(range.from))
            .bind(Bind::BigInt(range.to))
            .bind(id(&range.cursor))
            .bind(at(&range.cursor))
            .bind(id(&range.newest))
            .bind(at(&range.newest))
            .bind(range.pages)
            .bind(range.phase.as_str());
        self.execute(WRITE, insert).await.map(drop)
    }

    /// Writes the last parent whose list is done, if there is one, and adds to the counts of a
    /// list.
    pub(crate) async fn write_sync(
        &mut self,
        run_id: &str,
        through: Option<&str>,
        counts: &SyncCounts,
    ) -> Result<(), StoreError> {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let update = Statement::<()>::new(ADD_COUNTS)
            .bind(through.map(str::to_owned))
            .bind(number(counts.inserted))
            .bind(number(counts.updated))
            .bind(number(counts.unchanged))
            .bind(number(counts.stale))
            .bind(number(counts.pages))
            .bind(run_id.to_owned());
        self.execute(WRITE, update).await.map(drop)
    }

    /// Finishes a run of a list. With a reason, Stripe refuses the list.
    pub(crate) async fn finish_sync(
        &mut self,
        run_id: &str,
        skipped: Option<&str>,
    ) -> Result<(), StoreError> {
        let state = if skipped.is_some() { "skipped" } else { "done" };
        let update = Statement::<()>::new(FINISH)
            .bind(state)
            .bind(skipped.map(str::to_owned))
            .bind(Timestamp::now().micros())
            .bind(run_id.to_owned());
        self.execute(WRITE, update).await?;

        let delete = Statement::new("DELETE FROM djstripe_sync_range WHERE run_id = ?")
            .bind(run_id.to_owned());
        self.execute(WRITE, delete).await.map(drop)
    }

    /// Records why a run of a list stopped. The next process to claim the list resumes the run.
    pub(crate) async fn stop_sync(&mut self, run_id: &str, reason: &str) -> Result<(), StoreError> {
        let update = Statement::new(STOP)
            .bind(reason.to_owned())
            .bind(run_id.to_owned());
        self.execute(WRITE, update).await.map(drop)
    }
}
