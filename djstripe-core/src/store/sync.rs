//! How far the mirror is filled: lists under way, whose they are, and where each of their parts stands.
//!
//! A list belongs to whoever holds its lease. Each commit checks the fence in the transaction that writes its rows and
//! cursors, so what was lost can't be written any more, and a kill loses no more than what wasn't committed.

use diesel::sql_types::{BigInt, Nullable, Text};

use super::Store;
use super::connection::{Connection, Db};
use super::error::StoreError;
use super::mirror::TableName;
use super::run::load;
use super::statement::{Bind, Statement};
use super::timestamp::Timestamp;
use crate::sync::BackfillRuns;
use crate::sync::range::{Mark, Phase, Range};

const CLAIM: &str = "claim a list to be synced";
const READ: &str = "read how far a list is synced";
const WRITE: &str = "write how far a list is synced";
const PARENTS: &str = "list the parents of a list to be synced";

/// What a list is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SyncKey {
    /// The connected account; empty for the platform.
    pub(crate) account: String,
    pub(crate) livemode: bool,
    /// The type of its objects.
    pub(crate) object: &'static str,
    /// Objects created before this second are left out; 0 for none.
    pub(crate) since: i64,
    /// Whether receivers are called for what it holds.
    pub(crate) receivers: bool,
}

/// Whose a list is now.
#[derive(Debug)]
pub(crate) enum SyncClaim {
    /// Ours; begun anew, or with the places where a former run stopped.
    Ours { run_id: String, fence: i64, to: i64, through: Option<String>, ranges: Vec<Range> },
    /// Somebody's who is at work on it.
    Theirs,
    /// Somebody else has finished it since we began; a reason if Stripe doesn't give it.
    FinishedMeanwhile { skipped: Option<String> },
}

/// What became of the rows of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SyncCounts {
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    pub(crate) stale: u64,
    pub(crate) pages: u64,
}

const KEY: &str = "account = ? AND livemode = ? AND object = ? AND since = ? AND receivers = ?";

fn keyed<'a, Row>(statement: Statement<'a, Row>, key: &SyncKey) -> Statement<'a, Row> {
    let statement = statement.bind(key.account.clone()).bind(key.livemode).bind(key.object);
    statement.bind(key.since).bind(key.receivers)
}

impl Store {
    /// Begins a sync, or goes on with one of the same scope that was begun after `oldest` and didn't come to its end.
    /// Returns when that was begun: lists that were finished since then are through.
    pub(crate) async fn begin_sync(
        &self,
        scope: &str,
        now: Timestamp,
        oldest: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let insert = Statement::<()>::new(
            "INSERT INTO djstripe_sync AS stored (scope, started_at) VALUES (?, ?) ON CONFLICT (scope) DO UPDATE SET \
                 started_at = CASE WHEN stored.finished_at IS NULL AND stored.started_at > ? THEN stored.started_at \
                     ELSE excluded.started_at END, \
                 finished_at = NULL",
        );
        let insert = insert.bind(scope.to_owned()).bind(now.micros()).bind(oldest.micros());
        self.execute(CLAIM, insert).await?;
        let select = Statement::<BigInt>::new("SELECT started_at FROM djstripe_sync WHERE scope = ?");
        let started: Vec<i64> = load!(self, READ, select.bind(scope.to_owned()));
        Ok(started.first().copied().map_or(now, Timestamp::from_micros))
    }

    /// Notes that a sync has come to its end.
    pub(crate) async fn end_sync(&self, scope: &str, begun: Timestamp) -> Result<(), StoreError> {
        let update = "UPDATE djstripe_sync SET finished_at = ? WHERE scope = ? AND started_at = ?";
        let update = Statement::new(update).bind(Timestamp::now().micros()).bind(scope.to_owned());
        self.execute(WRITE, update.bind(begun.micros())).await.map(drop)
    }

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
        let insert = keyed(insert, key).bind(run_id.clone()).bind(owner.to_owned()).bind(lease_until.micros());
        if self.execute(CLAIM, insert.bind(to).bind(now)).await? == 1 {
            return Ok(SyncClaim::Ours { run_id, fence: 1, to, through: None, ranges: Vec::new() });
        }
        let take_over = Statement::<()>::new(
            "UPDATE djstripe_sync_list SET owner = ?, fence = fence + 1, lease_until = ?, reason = NULL",
        );
        let take_over = take_over.bind(owner.to_owned()).bind(lease_until.micros());
        let take_over = keyed(take_over.sql(&format!(" WHERE {KEY}")), key);
        let take_over = take_over.sql(" AND state = 'running' AND lease_until <= ?").bind(now);
        let take_over = take_over.sql(" AND started_at >= ?").bind(begun.micros());
        let taken_over = self.execute(CLAIM, take_over).await? == 1;
        if !taken_over {
            let begin = Statement::<()>::new(
                "UPDATE djstripe_sync_list SET owner = ?, fence = fence + 1, lease_until = ?, run_id = ?, \
                     state = 'running', to_at = ?, through = NULL, inserted = 0, updated = 0, unchanged = 0, stale = 0, \
                     pages = 0, reason = NULL, started_at = ?, finished_at = NULL",
            );
            let begin = begin.bind(owner.to_owned()).bind(lease_until.micros()).bind(run_id).bind(to).bind(now);
            let begin = keyed(begin.sql(&format!(" WHERE {KEY}")), key);
            let begin = begin.sql(" AND (state <> 'running' AND finished_at < ?").bind(begun.micros());
            let begin = begin.sql(" OR state = 'running' AND lease_until <= ?").bind(now);
            let begin = begin.sql(" AND started_at < ?)").bind(begun.micros());
            if self.execute(CLAIM, begin).await? == 1 {
                // The parts of the run that was given up, whose id nothing holds any more.
                let delete =
                    "DELETE FROM djstripe_sync_range WHERE run_id NOT IN (SELECT run_id FROM djstripe_sync_list)";
                self.execute(CLAIM, Statement::new(delete)).await?;
            }
        }
        self.sync_claim(key, owner).await
    }

    /// Whose a list is, after an attempt to take it.
    async fn sync_claim(&self, key: &SyncKey, owner: &str) -> Result<SyncClaim, StoreError> {
        type Types = (Text, Text, Text, BigInt, BigInt, Nullable<Text>, Nullable<Text>);
        type Row = (String, String, String, i64, i64, Option<String>, Option<String>);
        let select = "SELECT run_id, state, owner, fence, to_at, through, reason FROM djstripe_sync_list WHERE ";
        let select = keyed(Statement::<Types>::new(format!("{select}{KEY}")), key);
        let rows: Vec<Row> = load!(self, READ, select);
        match rows.into_iter().next() {
            Some((run_id, state, held, fence, to, through, _)) if state == "running" && held == owner => {
                let ranges = self.sync_ranges(&run_id).await?;
                Ok(SyncClaim::Ours { run_id, fence, to, through, ranges })
            }
            Some((_, state, .., reason)) if state != "running" => {
                Ok(SyncClaim::FinishedMeanwhile { skipped: reason.filter(|_| state == "skipped") })
            }
            _ => Ok(SyncClaim::Theirs),
        }
    }

    async fn sync_ranges(&self, run_id: &str) -> Result<Vec<Range>, StoreError> {
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
        type Row = (i64, At, At, Option<String>, At, Option<String>, At, i64, String);
        let select = Statement::<Types>::new(
            "SELECT number, from_at, to_at, cursor_id, cursor_at, newest_id, newest_at, pages, phase \
             FROM djstripe_sync_range WHERE run_id = ? ORDER BY number",
        );
        let rows: Vec<Row> = load!(self, READ, select.bind(run_id.to_owned()));
        let range = |(number, from, to, cursor, cursor_at, newest, newest_at, pages, phase): Row| {
            let mark = |id: Option<String>, at| id.map(|id| Mark { id, at });
            let phase = Phase::named(&phase).ok_or(StoreError::UnknownValue { column: "phase", value: phase })?;
            Ok(Range::stored((number, from, to), mark(cursor, cursor_at), mark(newest, newest_at), pages, phase))
        };
        rows.into_iter().map(range).collect()
    }

    /// Says that the lists of this owner are free for whoever comes, where their runs stopped.
    pub(crate) async fn release_syncs(&self, owner: &str) -> Result<(), StoreError> {
        let update = "UPDATE djstripe_sync_list SET lease_until = 0 WHERE owner = ? AND state = 'running'";
        self.execute(WRITE, Statement::new(update).bind(owner.to_owned())).await.map(drop)
    }

    /// Extends the leases of a list; false if somebody else has it.
    pub(crate) async fn renew_sync(
        &self,
        run_id: &str,
        fence: i64,
        lease_until: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(WRITE, renewal(run_id, fence, lease_until)).await? == 1)
    }

    /// Ids of live rows in the order of their keys, as far as they come after `after`.
    pub(crate) async fn sync_parents(
        &self,
        table: TableName,
        account: &str,
        livemode: bool,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        let select = Statement::<Text>::new(format!(
            "SELECT id FROM {table} WHERE account = ? AND livemode = ? AND deleted_at IS NULL AND id > ? \
             ORDER BY id LIMIT ?"
        ));
        let select = select.bind(account.to_owned()).bind(livemode);
        let select = select.bind(after.unwrap_or_default().to_owned()).bind(limit);
        Ok(load!(self, PARENTS, select))
    }

    /// How many live rows there are behind `after`.
    pub(crate) async fn count_sync_parents(
        &self,
        table: TableName,
        account: &str,
        livemode: bool,
        after: Option<&str>,
    ) -> Result<u64, StoreError> {
        let select = Statement::<BigInt>::new(format!(
            "SELECT count(*) FROM {table} WHERE account = ? AND livemode = ? AND deleted_at IS NULL AND id > ?"
        ));
        let select = select.bind(account.to_owned()).bind(livemode).bind(after.unwrap_or_default().to_owned());
        let counts: Vec<i64> = load!(self, PARENTS, select);
        Ok(counts.first().copied().and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }
}

impl Store {
    /// What became of the receivers' runs for what these runs of lists have listed.
    pub(crate) async fn backfill_runs(&self, run_ids: &[String]) -> Result<BackfillRuns, StoreError> {
        let mut all = BackfillRuns::default();
        for run_id in run_ids {
            let select = Statement::<(Text, BigInt)>::new(
                "SELECT outcome, count(*) FROM djstripe_receiver_run WHERE event_id LIKE ? GROUP BY outcome",
            );
            let counts: Vec<(String, i64)> = load!(self, READ, select.bind(format!("backfill_{run_id}_%")));
            for (outcome, count) in counts {
                let count = u64::try_from(count).unwrap_or_default();
                *if outcome == "succeeded" { &mut all.succeeded } else { &mut all.failed } += count;
            }
        }
        Ok(all)
    }
}

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
        let select = select.bind(account.to_owned()).bind(livemode).bind(id.to_owned());
        let rows: Vec<String> = match self.connection() {
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => diesel_async::RunQueryDsl::load(select, connection).await,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => connection.spawn_blocking(move |raw| select.load_on(raw)).await,
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
        let renewed = self.run(renewal(run_id, fence, lease_until)).await.map_err(StoreError::query(WRITE))?;
        Ok(renewed == 1)
    }

    /// Writes where a part of a list stands.
    pub(crate) async fn write_sync_range(&mut self, run_id: &str, range: &Range) -> Result<(), StoreError> {
        let insert = Statement::<()>::new(
            "INSERT INTO djstripe_sync_range (run_id, number, from_at, to_at, cursor_id, cursor_at, newest_id, newest_at, \
                 pages, phase) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (run_id, number) DO UPDATE SET from_at = excluded.from_at, to_at = excluded.to_at, \
                 cursor_id = excluded.cursor_id, cursor_at = excluded.cursor_at, newest_id = excluded.newest_id, \
                 newest_at = excluded.newest_at, pages = excluded.pages, phase = excluded.phase",
        );
        let id = |mark: &Option<Mark>| mark.as_ref().map(|mark| mark.id.clone());
        let at = |mark: &Option<Mark>| Bind::BigInt(mark.as_ref().and_then(|mark| mark.at));
        let insert = insert.bind(run_id.to_owned()).bind(range.number);
        let insert = insert.bind(Bind::BigInt(range.from)).bind(Bind::BigInt(range.to));
        let insert = insert.bind(id(&range.cursor)).bind(at(&range.cursor));
        let insert = insert.bind(id(&range.newest)).bind(at(&range.newest));
        let insert = insert.bind(range.pages).bind(range.phase.as_str());
        self.run(insert).await.map(drop).map_err(StoreError::query(WRITE))
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
        let update = update.bind(through.map(str::to_owned)).bind(number(counts.inserted));
        let update = update.bind(number(counts.updated)).bind(number(counts.unchanged)).bind(number(counts.stale));
        let update = update.bind(number(counts.pages)).bind(run_id.to_owned());
        self.run(update).await.map(drop).map_err(StoreError::query(WRITE))
    }

    /// Ends a run of a list: it is done, or, with a reason, Stripe doesn't give it.
    pub(crate) async fn finish_sync(&mut self, run_id: &str, skipped: Option<&str>) -> Result<(), StoreError> {
        let update = Statement::<()>::new(
            "UPDATE djstripe_sync_list SET state = ?, reason = ?, finished_at = ?, lease_until = 0 WHERE run_id = ?",
        );
        let state = if skipped.is_some() { "skipped" } else { "done" };
        let update = update.bind(state).bind(skipped.map(str::to_owned));
        let update = update.bind(Timestamp::now().micros()).bind(run_id.to_owned());
        self.run(update).await.map_err(StoreError::query(WRITE))?;
        let delete = Statement::new("DELETE FROM djstripe_sync_range WHERE run_id = ?").bind(run_id.to_owned());
        self.run(delete).await.map(drop).map_err(StoreError::query(WRITE))
    }

    /// Notes why a run of a list stopped; whoever comes next goes on with it.
    pub(crate) async fn stop_sync(&mut self, run_id: &str, reason: &str) -> Result<(), StoreError> {
        let update = "UPDATE djstripe_sync_list SET reason = ?, lease_until = 0 WHERE run_id = ?";
        let update = Statement::new(update).bind(reason.to_owned()).bind(run_id.to_owned());
        self.run(update).await.map(drop).map_err(StoreError::query(WRITE))
    }
}

fn renewal(run_id: &str, fence: i64, lease_until: Timestamp) -> Statement<'static> {
    let update = "UPDATE djstripe_sync_list SET lease_until = ? WHERE run_id = ? AND fence = ? AND state = 'running'";
    Statement::new(update).bind(lease_until.micros()).bind(run_id.to_owned()).bind(fence)
}
