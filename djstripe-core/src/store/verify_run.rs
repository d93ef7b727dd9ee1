//! Records of verifications: who started them, what they found so far, how they ended.

use super::backend::statement::{Bind, Statement};
use super::backend::store::Store;
use super::error::StoreError;
use crate::timestamp::Timestamp;

const WRITE: &str = "write the record of a verification";

const UPSERT: &str = "INSERT INTO djstripe_verify_run (id, actor, started_at, updated_at, finished_at, compared, missing, \
         differing, extra, repaired, skipped, error) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at, finished_at = excluded.finished_at, \
         compared = excluded.compared, missing = excluded.missing, differing = excluded.differing, \
         extra = excluded.extra, repaired = excluded.repaired, skipped = excluded.skipped, error = excluded.error";

/// A verification, from its start to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyRunRow {
    /// A random id.
    pub id: String,
    /// Who started it.
    pub actor: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When this was written: every 10 s while it runs.
    pub updated_at: Timestamp,
    /// When it ended; `None` while it runs, and for good if it was killed.
    pub finished_at: Option<Timestamp>,
    /// Objects that were compared.
    pub compared: u64,
    /// Objects without a row.
    pub missing: u64,
    /// Rows that differ from their objects.
    pub differing: u64,
    /// Rows without an object.
    pub extra: u64,
    /// Findings that were repaired.
    pub repaired: u64,
    /// Lists that could not be compared.
    pub skipped: u64,
    /// Why it did not finish its work.
    pub error: Option<String>,
}

impl Store {
    /// Writes the record of a verification.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn write_verify_run(&self, run: VerifyRunRow) -> Result<(), StoreError> {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let write = Statement::new(UPSERT)
            .bind(run.id)
            .bind(run.actor)
            .bind(run.started_at.micros())
            .bind(run.updated_at.micros())
            .bind(Bind::BigInt(run.finished_at.map(Timestamp::micros)))
            .bind(count(run.compared))
            .bind(count(run.missing))
            .bind(count(run.differing))
            .bind(count(run.extra))
            .bind(count(run.repaired))
            .bind(count(run.skipped))
            .bind(run.error);
        self.execute(WRITE, write).await.map(drop)
    }
}
