//! The row by which operators see that a verification runs, how far it is, and how it ended.
//!
//! A row that can't be written doesn't end the verification.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, interval_at};
use uuid::Uuid;

use super::error::VerifyError;
use super::report::VerifySummary;
use super::totals::Totals;
use crate::error::describe;
use crate::store::{Store, VerifyRunRow};
use crate::telemetry::identity::user_at_host;
use crate::timestamp::Timestamp;

/// How often the row is written while the verification runs.
const WRITE_EVERY: Duration = Duration::from_secs(10);

/// The record of one verification.
pub(crate) struct RunRecord<'s> {
    store: &'s Store,
    id: String,
    actor: String,
    started_at: Timestamp,
    totals: Arc<Totals>,
}

impl<'s> RunRecord<'s> {
    pub(crate) fn new(store: &'s Store) -> Self {
        Self {
            store,
            id: Uuid::new_v4().to_string(),
            actor: user_at_host(),
            started_at: Timestamp::now(),
            totals: Arc::default(),
        }
    }

    /// What the verification has to count in.
    pub(crate) fn totals(&self) -> Arc<Totals> {
        Arc::clone(&self.totals)
    }

    /// Runs a verification, and keeps its row up to date.
    pub(crate) async fn keep(
        self,
        verify: impl Future<Output = Result<VerifySummary, VerifyError>>,
    ) -> Result<VerifySummary, VerifyError> {
        self.write(None, None).await;
        let mut ticks = interval_at(Instant::now() + WRITE_EVERY, WRITE_EVERY);
        let mut verify = std::pin::pin!(verify);
        let verified = loop {
            tokio::select! {
                verified = &mut verify => break verified,
                _ = ticks.tick() => self.write(None, None).await,
            }
        };
        let error = verified.as_ref().err().map(|error| describe(error));
        self.write(Some(Timestamp::now()), error).await;
        verified
    }

    async fn write(&self, finished_at: Option<Timestamp>, error: Option<String>) {
        let counts = self.totals.counts();
        let row = VerifyRunRow {
            id: self.id.clone(),
            actor: self.actor.clone(),
            started_at: self.started_at,
            updated_at: Timestamp::now(),
            finished_at,
            compared: counts.compared,
            missing: counts.missing,
            differing: counts.differing,
            extra: counts.extra,
            repaired: counts.repaired,
            skipped: counts.skipped,
            error,
        };
        if let Err(error) = self.store.write_verify_run(row).await {
            let error = describe(&error);
            tracing::warn!(error, "the record of the verification was not written");
        }
    }
}
