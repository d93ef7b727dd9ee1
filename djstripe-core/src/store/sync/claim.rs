//! Claiming a list.
//!
//! In: a list and the process that wants it. Out: the lease and where the last run stopped, or why
//! another process has the list.

use diesel::sql_types::{BigInt, Nullable, Text};

use super::range::{SyncPhase, SyncPosition, SyncRange};
use super::{CLAIM, READ, SyncClaim, SyncKey};
use crate::store::backend::run::load;
use crate::store::backend::statement::{ByName, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const INSERT: &str = "INSERT INTO djstripe_sync_list (account, livemode, object, since, receivers, part, run_id, \
         state, owner, fence, lease_until, to_at, started_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?, 1, ?, ?, ?) ON CONFLICT DO NOTHING";

/// Resumes a run whose lease has expired, unless it began before this sync.
const TAKE_OVER: &str = "UPDATE djstripe_sync_list SET owner = ?, fence = fence + 1, lease_until = ?, reason = NULL \
     WHERE account = ? AND livemode = ? AND object = ? AND since = ? AND receivers = ? AND part = ? \
         AND state = 'running' AND lease_until <= ? AND started_at >= ?";

/// Starts a new run of a list that was finished, or abandoned, before this sync began.
const RESTART: &str = "UPDATE djstripe_sync_list SET owner = ?, fence = fence + 1, lease_until = ?, run_id = ?, \
         state = 'running', to_at = ?, through = NULL, inserted = 0, updated = 0, unchanged = 0, stale = 0, pages = 0, \
         reason = NULL, started_at = ?, finished_at = NULL \
     WHERE account = ? AND livemode = ? AND object = ? AND since = ? AND receivers = ? AND part = ? \
         AND (state <> 'running' AND finished_at < ? OR state = 'running' AND lease_until <= ? AND started_at < ?)";

/// The parts of abandoned runs, whose ids no list has any more.
const DELETE_ABANDONED: &str =
    "DELETE FROM djstripe_sync_range WHERE run_id NOT IN (SELECT run_id FROM djstripe_sync_list)";

const SELECT: &str = "SELECT run_id, state, owner, fence, to_at, through, reason FROM djstripe_sync_list \
     WHERE account = ? AND livemode = ? AND object = ? AND since = ? AND receivers = ? AND part = ?";

const SELECT_RANGES: &str = "SELECT number, from_at, to_at, cursor_id, cursor_at, newest_id, newest_at, pages, phase \
     FROM djstripe_sync_range WHERE run_id = ? ORDER BY number";

impl Store {
    /// Claims a list unless another process has it. `to` is where a new run ends. A list that was
    /// finished, or started and abandoned, before `begun` starts a new run.
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
        let insert = key
            .bind(Statement::new(INSERT))
            .bind(run_id.clone())
            .bind(owner.to_owned())
            .bind(lease_until.micros())
            .bind(to)
            .bind(now);
        if self.execute(CLAIM, insert).await? == 1 {
            return Ok(SyncClaim::Ours {
                run_id,
                fence: 1,
                to,
                through: None,
                ranges: Vec::new(),
            });
        }

        let take_over = Statement::<()>::new(TAKE_OVER)
            .bind(owner.to_owned())
            .bind(lease_until.micros());
        let take_over = key.bind(take_over).bind(now).bind(begun.micros());
        if self.execute(CLAIM, take_over).await? == 0 {
            let restart = Statement::<()>::new(RESTART)
                .bind(owner.to_owned())
                .bind(lease_until.micros())
                .bind(run_id)
                .bind(to)
                .bind(now);
            let restart = key
                .bind(restart)
                .bind(begun.micros())
                .bind(now)
                .bind(begun.micros());
            if self.execute(CLAIM, restart).await? == 1 {
                self.execute(CLAIM, Statement::new(DELETE_ABANDONED))
                    .await?;
            }
        }
        self.sync_claim(key, owner).await
    }

    /// The state of a list after an attempt to claim it.
    async fn sync_claim(&self, key: &SyncKey, owner: &str) -> Result<SyncClaim, StoreError> {
        let select = key.bind(Statement::<ByName>::new(SELECT));
        let rows: Vec<ListRow> = load!(self, READ, select)?;
        let Some(row) = rows.into_iter().next() else {
            return Ok(SyncClaim::Theirs);
        };

        if row.state != "running" {
            let skipped = row.reason.filter(|_| row.state == "skipped");
            return Ok(SyncClaim::FinishedMeanwhile { skipped });
        }
        if row.owner != owner {
            return Ok(SyncClaim::Theirs);
        }
        Ok(SyncClaim::Ours {
            ranges: self.sync_ranges(&row.run_id).await?,
            run_id: row.run_id,
            fence: row.fence,
            to: row.to_at,
            through: row.through,
        })
    }

    async fn sync_ranges(&self, run_id: &str) -> Result<Vec<SyncRange>, StoreError> {
        let select = Statement::<ByName>::new(SELECT_RANGES).bind(run_id.to_owned());
        let rows: Vec<RangeRow> = load!(self, READ, select)?;
        rows.into_iter().map(SyncRange::try_from).collect()
    }
}

impl SyncKey {
    /// Binds `account` to `part`.
    fn bind<'a, Row>(&self, statement: Statement<'a, Row>) -> Statement<'a, Row> {
        statement
            .bind(self.account.clone())
            .bind(self.livemode)
            .bind(self.object)
            .bind(self.since)
            .bind(self.receivers)
            .bind(self.part.clone())
    }
}

#[derive(diesel::QueryableByName)]
struct ListRow {
    #[diesel(sql_type = Text)]
    run_id: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Text)]
    owner: String,
    #[diesel(sql_type = BigInt)]
    fence: i64,
    #[diesel(sql_type = BigInt)]
    to_at: i64,
    #[diesel(sql_type = Nullable<Text>)]
    through: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
}

#[derive(diesel::QueryableByName)]
struct RangeRow {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    from_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    to_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    cursor_id: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    cursor_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    newest_id: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    newest_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pages: i64,
    #[diesel(sql_type = Text)]
    phase: String,
}

impl TryFrom<RangeRow> for SyncRange {
    type Error = StoreError;

    fn try_from(row: RangeRow) -> Result<Self, StoreError> {
        let position = |id: Option<String>, at| id.map(|id| SyncPosition { id, at });
        Ok(Self {
            number: row.number,
            from: row.from_at,
            to: row.to_at,
            cursor: position(row.cursor_id, row.cursor_at),
            newest: position(row.newest_id, row.newest_at),
            pages: row.pages,
            phase: SyncPhase::parse(&row.phase)?,
        })
    }
}
