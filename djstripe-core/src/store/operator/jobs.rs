//! The runs of syncs and verifications.

use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::limit::{OperatorQueries, load_limited};
use crate::store::backend::statement::{ByName, Statement};
use crate::store::error::StoreError;
pub use crate::store::verify_run::VerifyRunRow as VerifyRun;
use crate::timestamp::Timestamp;

const SYNCS: &str = "list runs of syncs";
const VERIFICATIONS: &str = "list verifications";

const SELECT_SYNCS: &str = "SELECT object, account, livemode, part, state, pages, inserted, updated, unchanged, reason, \
         started_at, finished_at \
     FROM djstripe_sync_list ORDER BY started_at DESC LIMIT ?";

const SELECT_VERIFICATIONS: &str = "SELECT id, actor, started_at, updated_at, finished_at, compared, missing, differing, extra, \
         repaired, skipped, error \
     FROM djstripe_verify_run ORDER BY started_at DESC LIMIT ?";

/// The last run of a list of a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRun {
    /// The type of its objects.
    pub object: String,
    /// The connected account; empty for the platform's own.
    pub account: String,
    /// Whether it is of live mode.
    pub livemode: bool,
    /// Which objects of the type it holds; empty for those that Stripe lists by default.
    pub part: String,
    /// What it does, in a word: `running`, `finished` or `skipped`.
    pub state: String,
    /// Pages that were read.
    pub pages: u64,
    /// Rows that are new.
    pub inserted: u64,
    /// Rows that have changed.
    pub updated: u64,
    /// Rows that were right.
    pub unchanged: u64,
    /// Why the list is left out.
    pub reason: Option<String>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl OperatorQueries {
    /// The lists that syncs have read or read now, those that started last first.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn sync_runs(&self, limit: u32) -> Result<Vec<SyncRun>, StoreError> {
        let select = Statement::<ByName>::new(SELECT_SYNCS).bind(i64::from(limit));
        let rows: Vec<SyncRow> = load_limited!(self, SYNCS, select)?;
        Ok(rows.into_iter().map(SyncRun::from).collect())
    }

    /// The verifications, those that started last first.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn verify_runs(&self, limit: u32) -> Result<Vec<VerifyRun>, StoreError> {
        let select = Statement::<ByName>::new(SELECT_VERIFICATIONS).bind(i64::from(limit));
        let rows: Vec<VerifyRow> = load_limited!(self, VERIFICATIONS, select)?;
        Ok(rows.into_iter().map(VerifyRun::from).collect())
    }
}

#[derive(diesel::QueryableByName)]
struct SyncRow {
    #[diesel(sql_type = Text)]
    object: String,
    #[diesel(sql_type = Text)]
    account: String,
    #[diesel(sql_type = Bool)]
    livemode: bool,
    #[diesel(sql_type = Text)]
    part: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    pages: i64,
    #[diesel(sql_type = BigInt)]
    inserted: i64,
    #[diesel(sql_type = BigInt)]
    updated: i64,
    #[diesel(sql_type = BigInt)]
    unchanged: i64,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = BigInt)]
    started_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    finished_at: Option<i64>,
}

impl From<SyncRow> for SyncRun {
    fn from(row: SyncRow) -> Self {
        Self {
            object: row.object,
            account: row.account,
            livemode: row.livemode,
            part: row.part,
            state: row.state,
            pages: row.pages.unsigned_abs(),
            inserted: row.inserted.unsigned_abs(),
            updated: row.updated.unsigned_abs(),
            unchanged: row.unchanged.unsigned_abs(),
            reason: row.reason,
            started_at: Timestamp::from_micros(row.started_at),
            finished_at: row.finished_at.map(Timestamp::from_micros),
        }
    }
}

#[derive(diesel::QueryableByName)]
struct VerifyRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    actor: String,
    #[diesel(sql_type = BigInt)]
    started_at: i64,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    finished_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    compared: i64,
    #[diesel(sql_type = BigInt)]
    missing: i64,
    #[diesel(sql_type = BigInt)]
    differing: i64,
    #[diesel(sql_type = BigInt)]
    extra: i64,
    #[diesel(sql_type = BigInt)]
    repaired: i64,
    #[diesel(sql_type = BigInt)]
    skipped: i64,
    #[diesel(sql_type = Nullable<Text>)]
    error: Option<String>,
}

impl From<VerifyRow> for VerifyRun {
    fn from(row: VerifyRow) -> Self {
        Self {
            id: row.id,
            actor: row.actor,
            started_at: Timestamp::from_micros(row.started_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            finished_at: row.finished_at.map(Timestamp::from_micros),
            compared: row.compared.unsigned_abs(),
            missing: row.missing.unsigned_abs(),
            differing: row.differing.unsigned_abs(),
            extra: row.extra.unsigned_abs(),
            repaired: row.repaired.unsigned_abs(),
            skipped: row.skipped.unsigned_abs(),
            error: row.error,
        }
    }
}
