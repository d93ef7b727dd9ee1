//! Progress of filling the mirror: the lists under way, their owners, and the position of each of
//! their parts.
//!
//! Invariant: a list belongs to the process that has its lease. Each commit checks the fence in the
//! transaction that writes the rows and the cursors, so a process that lost the lease can't write,
//! and a killed process loses only what it hadn't committed.

pub(crate) mod range;
pub(crate) mod named;
mod claim;
mod commit;

use diesel::sql_types::{BigInt, Text};

use super::backend::run::load;
use super::backend::statement::Statement;
use super::backend::store::Store;
use super::error::StoreError;
use super::row::TableName;
use crate::timestamp::Timestamp;
use range::SyncRange;

const CLAIM: &str = "claim a list to sync";
const READ: &str = "read the progress of a sync";
const WRITE: &str = "write the progress of a sync";
const PARENTS: &str = "list the parents of a list to sync";

/// Identifies a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SyncKey {
    /// The connected account; empty for the platform.
    pub(crate) account: String,
    pub(crate) livemode: bool,
    /// The type of its objects.
    pub(crate) object: &'static str,
    /// Objects created before this second are left out; 0 for none.
    pub(crate) since: i64,
    /// Whether receivers run for its objects.
    pub(crate) receivers: bool,
    /// Which objects of the type it holds; empty for those that Stripe lists by default.
    pub(crate) part: String,
}

/// The result of an attempt to claim a list.
#[derive(Debug)]
pub(crate) enum SyncClaim {
    /// The caller has the list: a new run, or one that resumes where the last one stopped.
    Ours {
        run_id: String,
        fence: i64,
        to: i64,
        through: Option<String>,
        ranges: Vec<SyncRange>,
    },
    /// Another process has it.
    Theirs,
    /// Another process has finished it since this sync began; with a reason if Stripe refuses the
    /// list.
    FinishedMeanwhile { skipped: Option<String> },
}

/// Results of writing the rows of a list.
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

const BEGIN: &str = "INSERT INTO djstripe_sync AS stored (scope, started_at) VALUES (?, ?) \
     ON CONFLICT (scope) DO UPDATE SET \
         started_at = CASE WHEN stored.finished_at IS NULL AND stored.started_at > ? THEN stored.started_at \
             ELSE excluded.started_at END, \
         finished_at = NULL";
const END: &str = "UPDATE djstripe_sync SET finished_at = ? WHERE scope = ? AND started_at = ?";
const RELEASE: &str =
    "UPDATE djstripe_sync_list SET lease_until = 0 WHERE owner = ? AND state = 'running'";
const RENEW: &str = "UPDATE djstripe_sync_list SET lease_until = ? WHERE run_id = ? AND fence = ? AND state = 'running'";
const COUNT_RUNS: &str =
    "SELECT outcome, count(*) FROM djstripe_receiver_run WHERE event_id LIKE ? GROUP BY outcome";

/// Live rows after an id.
const AFTER: &str = "account = ? AND livemode = ? AND deleted_at IS NULL AND id > ?";

impl Store {
    /// Begins a sync, or resumes one of the same scope that began after `oldest` and hasn't
    /// finished. Returns when it began: lists that were finished since then are done.
    pub(crate) async fn begin_sync(
        &self,
        scope: &str,
        now: Timestamp,
        oldest: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let insert = Statement::<()>::new(BEGIN)
            .bind(scope.to_owned())
            .bind(now.micros())
            .bind(oldest.micros());
        self.execute(CLAIM, insert).await?;

        let select =
            Statement::<BigInt>::new("SELECT started_at FROM djstripe_sync WHERE scope = ?")
                .bind(scope.to_owned());
        let started: Vec<i64> = load!(self, READ, select)?;
        Ok(started.first().copied().map_or(now, Timestamp::from_micros))
    }

    /// Records that a sync has finished.
    pub(crate) async fn end_sync(&self, scope: &str, begun: Timestamp) -> Result<(), StoreError> {
        let update = Statement::new(END)
            .bind(Timestamp::now().micros())
            .bind(scope.to_owned())
            .bind(begun.micros());
        self.execute(WRITE, update).await.map(drop)
    }

    /// Releases the lists of an owner, so that other processes can resume them.
    pub(crate) async fn release_syncs(&self, owner: &str) -> Result<(), StoreError> {
        let update = Statement::new(RELEASE).bind(owner.to_owned());
        self.execute(WRITE, update).await.map(drop)
    }

    /// Extends the lease of a list; false if it is lost.
    pub(crate) async fn renew_sync(
        &self,
        run_id: &str,
        fence: i64,
        lease_until: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = renewal(run_id, fence, lease_until);
        Ok(self.execute(WRITE, update).await? == 1)
    }

    /// Ids of live rows after `after`, in the order of the ids.
    pub(crate) async fn sync_parents(
        &self,
        table: TableName,
        account: &str,
        livemode: bool,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        let sql = format!("SELECT id FROM {table} WHERE {AFTER} ORDER BY id LIMIT ?");
        let select = Statement::<Text>::new(sql)
            .bind(account.to_owned())
            .bind(livemode)
            .bind(after.unwrap_or_default().to_owned())
            .bind(limit);
        load!(self, PARENTS, select)
    }

    /// Number of live rows after `after`.
    pub(crate) async fn count_sync_parents(
        &self,
        table: TableName,
        account: &str,
        livemode: bool,
        after: Option<&str>,
    ) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM {table} WHERE {AFTER}");
        let select = Statement::<BigInt>::new(sql)
            .bind(account.to_owned())
            .bind(livemode)
            .bind(after.unwrap_or_default().to_owned());
        let counts: Vec<i64> = load!(self, PARENTS, select)?;
        let count = counts.first().copied().unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// How the receivers' runs ended for the objects that these runs of lists have stored.
    pub(crate) async fn backfill_runs(&self, run_ids: &[String]) -> Result<RunTotals, StoreError> {
        let mut totals = RunTotals::default();
        for run_id in run_ids {
            let select =
                Statement::<(Text, BigInt)>::new(COUNT_RUNS).bind(format!("backfill_{run_id}_%"));
            let counts: Vec<(String, i64)> = load!(self, READ, select)?;
            for (outcome, count) in counts {
                let count = u64::try_from(count).unwrap_or_default();
                if outcome == "succeeded" {
                    totals.succeeded += count;
                } else {
                    totals.failed += count;
                }
            }
        }
        Ok(totals)
    }
}

fn renewal(run_id: &str, fence: i64, lease_until: Timestamp) -> Statement<'static> {
    Statement::new(RENEW)
        .bind(lease_until.micros())
        .bind(run_id.to_owned())
        .bind(fence)
}
