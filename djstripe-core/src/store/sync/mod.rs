//! How far the mirror is filled: lists under way, whose they are, and where each of their parts stands.
//!
//! A list belongs to whoever holds its lease. Each commit checks the fence in the transaction that writes its rows and
//! cursors, so what was lost can't be written any more, and a kill loses no more than what wasn't committed.

pub(crate) mod range;
mod claim;
mod commit;

use diesel::sql_types::{BigInt, Text};

use super::Store;
use super::backend::run::load;
use super::backend::statement::Statement;
use super::error::StoreError;
use super::objects::TableName;
use crate::timestamp::Timestamp;
use range::SyncRange;

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
    Ours {
        run_id: String,
        fence: i64,
        to: i64,
        through: Option<String>,
        ranges: Vec<SyncRange>,
    },
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

/// How the last runs of receivers for the events of a backfill ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunTotals {
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
}

const KEY: &str = "account = ? AND livemode = ? AND object = ? AND since = ? AND receivers = ?";

fn keyed<'a, Row>(statement: Statement<'a, Row>, key: &SyncKey) -> Statement<'a, Row> {
    let statement = statement
        .bind(key.account.clone())
        .bind(key.livemode)
        .bind(key.object);
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
        let insert = insert
            .bind(scope.to_owned())
            .bind(now.micros())
            .bind(oldest.micros());
        self.execute(CLAIM, insert).await?;
        let select =
            Statement::<BigInt>::new("SELECT started_at FROM djstripe_sync WHERE scope = ?");
        let started: Vec<i64> = load!(self, READ, select.bind(scope.to_owned()));
        Ok(started.first().copied().map_or(now, Timestamp::from_micros))
    }

    /// Notes that a sync has come to its end.
    pub(crate) async fn end_sync(&self, scope: &str, begun: Timestamp) -> Result<(), StoreError> {
        let update = "UPDATE djstripe_sync SET finished_at = ? WHERE scope = ? AND started_at = ?";
        let update = Statement::new(update)
            .bind(Timestamp::now().micros())
            .bind(scope.to_owned());
        self.execute(WRITE, update.bind(begun.micros()))
            .await
            .map(drop)
    }

    /// Says that the lists of this owner are free for whoever comes, where their runs stopped.
    pub(crate) async fn release_syncs(&self, owner: &str) -> Result<(), StoreError> {
        let update =
            "UPDATE djstripe_sync_list SET lease_until = 0 WHERE owner = ? AND state = 'running'";
        self.execute(WRITE, Statement::new(update).bind(owner.to_owned()))
            .await
            .map(drop)
    }

    /// Extends the leases of a list; false if somebody else has it.
    pub(crate) async fn renew_sync(
        &self,
        run_id: &str,
        fence: i64,
        lease_until: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self
            .execute(WRITE, renewal(run_id, fence, lease_until))
            .await?
            == 1)
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
        let select = select
            .bind(after.unwrap_or_default().to_owned())
            .bind(limit);
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
        let select = select
            .bind(account.to_owned())
            .bind(livemode)
            .bind(after.unwrap_or_default().to_owned());
        let counts: Vec<i64> = load!(self, PARENTS, select);
        Ok(counts
            .first()
            .copied()
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or_default())
    }
}

impl Store {
    /// How the receivers' runs ended for the objects that these runs of lists have stored.
    pub(crate) async fn backfill_runs(&self, run_ids: &[String]) -> Result<RunTotals, StoreError> {
        let mut all = RunTotals::default();
        for run_id in run_ids {
            let select = Statement::<(Text, BigInt)>::new(
                "SELECT outcome, count(*) FROM djstripe_receiver_run WHERE event_id LIKE ? GROUP BY outcome",
            );
            let counts: Vec<(String, i64)> =
                load!(self, READ, select.bind(format!("backfill_{run_id}_%")));
            for (outcome, count) in counts {
                let count = u64::try_from(count).unwrap_or_default();
                *if outcome == "succeeded" {
                    &mut all.succeeded
                } else {
                    &mut all.failed
                } += count;
            }
        }
        Ok(all)
    }
}

fn renewal(run_id: &str, fence: i64, lease_until: Timestamp) -> Statement<'static> {
    let update = "UPDATE djstripe_sync_list SET lease_until = ? WHERE run_id = ? AND fence = ? AND state = 'running'";
    Statement::new(update)
        .bind(lease_until.micros())
        .bind(run_id.to_owned())
        .bind(fence)
}
