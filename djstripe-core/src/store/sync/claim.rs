//! Who works on a list.
//!
//! In: a list and who asks for it. Out: the lease and where a former run stopped, or why somebody else has the list.

use diesel::sql_types::{BigInt, Nullable, Text};

use super::range::{SyncPhase, SyncPosition, SyncRange};
use super::{CLAIM, KEY, READ, SyncClaim, SyncKey, keyed};
use crate::store::Store;
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

impl Store {
    /// Takes a list, if nobody is at work on it. `to` is where a new run ends; what was finished, or begun and given up,
    /// before `begun` is begun anew.
    pub(crate) async fn claim_sync(
        &self,
        key: &SyncKey,
        owner: &str,
        begun: Timestamp,
        lease_until: Timestamp,
        to: i64,
    ) -> Result<SyncClaim, StoreError> {
        let now = Timestamp::now().micros();
        let run_id = uuid::Uuid::new_v4().to_string();
        let insert = Statement::<()>::new(
            "INSERT INTO djstripe_sync_list (account, livemode, object, since, receivers, run_id, state, owner, fence, \
                 lease_until, to_at, started_at) \
             VALUES (?, ?, ?, ?, ?, ?, 'running', ?, 1, ?, ?, ?) ON CONFLICT DO NOTHING",
        );
        let insert = keyed(insert, key)
            .bind(run_id.clone())
            .bind(owner.to_owned())
            .bind(lease_until.micros());
        if self.execute(CLAIM, insert.bind(to).bind(now)).await? == 1 {
            return Ok(SyncClaim::Ours {
                run_id,
                fence: 1,
                to,
                through: None,
                ranges: Vec::new(),
            });
        }
        let take_over = Statement::<()>::new(
            "UPDATE djstripe_sync_list SET owner = ?, fence = fence + 1, lease_until = ?, reason = NULL",
        );
        let take_over = take_over.bind(owner.to_owned()).bind(lease_until.micros());
        let take_over = keyed(take_over.sql(&format!(" WHERE {KEY}")), key);
        let take_over = take_over
            .sql(" AND state = 'running' AND lease_until <= ?")
            .bind(now);
        let take_over = take_over.sql(" AND started_at >= ?").bind(begun.micros());
        let taken_over = self.execute(CLAIM, take_over).await? == 1;
        if !taken_over {
            let begin = Statement::<()>::new(
                "UPDATE djstripe_sync_list SET owner = ?, fence = fence + 1, lease_until = ?, run_id = ?, \
                     state = 'running', to_at = ?, through = NULL, inserted = 0, updated = 0, unchanged = 0, stale = 0, \
                     pages = 0, reason = NULL, started_at = ?, finished_at = NULL",
            );
            let begin = begin
                .bind(owner.to_owned())
                .bind(lease_until.micros())
                .bind(run_id)
                .bind(to)
                .bind(now);
            let begin = keyed(begin.sql(&format!(" WHERE {KEY}")), key);
            let begin = begin
                .sql(" AND (state <> 'running' AND finished_at < ?")
                .bind(begun.micros());
            let begin = begin
                .sql(" OR state = 'running' AND lease_until <= ?")
                .bind(now);
            let begin = begin.sql(" AND started_at < ?)").bind(begun.micros());
            if self.execute(CLAIM, begin).await? == 1 {
                // The parts of the run that was given up, whose id nothing holds any more.
                let delete = "DELETE FROM djstripe_sync_range WHERE run_id NOT IN (SELECT run_id FROM djstripe_sync_list)";
                self.execute(CLAIM, Statement::new(delete)).await?;
            }
        }
        self.sync_claim(key, owner).await
    }

    /// Whose a list is, after an attempt to take it.
    async fn sync_claim(&self, key: &SyncKey, owner: &str) -> Result<SyncClaim, StoreError> {
        type Types = (
            Text,
            Text,
            Text,
            BigInt,
            BigInt,
            Nullable<Text>,
            Nullable<Text>,
        );
        type Row = (
            String,
            String,
            String,
            i64,
            i64,
            Option<String>,
            Option<String>,
        );
        let select = "SELECT run_id, state, owner, fence, to_at, through, reason FROM djstripe_sync_list WHERE ";
        let select = keyed(Statement::<Types>::new(format!("{select}{KEY}")), key);
        let rows: Vec<Row> = load!(self, READ, select);
        match rows.into_iter().next() {
            Some((run_id, state, held, fence, to, through, _))
                if state == "running" && held == owner =>
            {
                let ranges = self.sync_ranges(&run_id).await?;
                Ok(SyncClaim::Ours {
                    run_id,
                    fence,
                    to,
                    through,
                    ranges,
                })
            }
            Some((_, state, .., reason)) if state != "running" => {
                Ok(SyncClaim::FinishedMeanwhile {
                    skipped: reason.filter(|_| state == "skipped"),
                })
            }
            _ => Ok(SyncClaim::Theirs),
        }
    }

    async fn sync_ranges(&self, run_id: &str) -> Result<Vec<SyncRange>, StoreError> {
        type Types = (
            BigInt,
            Nullable<BigInt>,
            Nullable<BigInt>,
            Nullable<Text>,
            Nullable<BigInt>,
            Nullable<Text>,
            Nullable<BigInt>,
            BigInt,
            Text,
        );
        type At = Option<i64>;
        type Row = (
            i64,
            At,
            At,
            Option<String>,
            At,
            Option<String>,
            At,
            i64,
            String,
        );
        let select = Statement::<Types>::new(
            "SELECT number, from_at, to_at, cursor_id, cursor_at, newest_id, newest_at, pages, phase \
             FROM djstripe_sync_range WHERE run_id = ? ORDER BY number",
        );
        let rows: Vec<Row> = load!(self, READ, select.bind(run_id.to_owned()));
        let range =
            |(number, from, to, cursor, cursor_at, newest, newest_at, pages, phase): Row| {
                let position = |id: Option<String>, at| id.map(|id| SyncPosition { id, at });
                Ok(SyncRange {
                    number,
                    from,
                    to,
                    cursor: position(cursor, cursor_at),
                    newest: position(newest, newest_at),
                    pages,
                    phase: SyncPhase::parse(&phase)?,
                })
            };
        rows.into_iter().map(range).collect()
    }
}
