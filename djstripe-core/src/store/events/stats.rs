//! Figures: the backlog and its age, and how the runs of each receiver ended.

use diesel::sql_types::{BigInt, Nullable, Text};

use super::rows::{EventState, StateCounts};
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::outbox::rows::EffectCounts;
use crate::timestamp::Timestamp;

/// The events that are not processed yet, and the effects that are not done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Number of events in each state; processed ones are not counted.
    pub counts: StateCounts,
    /// Number of effects in each state; those that are done or given up are not counted.
    pub effects: EffectCounts,
    /// When the oldest pending event arrived.
    pub oldest_pending: Option<Timestamp>,
    /// When the workers were paused; `None` if they are running.
    pub paused_since: Option<Timestamp>,
    /// Since when the oldest due event has waited although no worker of any process takes events; see
    /// [`Store::unattended_since`].
    pub unattended_since: Option<Timestamp>,
}

/// How the last runs of one receiver ended, over all events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunCounts {
    /// Id of the receiver.
    pub receiver: String,
    /// Number of events for which it succeeded.
    pub succeeded: i64,
    /// Number of events for which it failed.
    pub failed: i64,
}

const COUNT_RUNS: &str = "SELECT receiver, count(CASE WHEN outcome = 'succeeded' THEN 1 END), \
         count(CASE WHEN outcome = 'failed' THEN 1 END) \
     FROM djstripe_receiver_run GROUP BY receiver ORDER BY receiver";

impl Store {
    /// The events that are not processed yet, and the effects that are not done. The cost depends on
    /// their number, not on that of all stored ones.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        let select = Statement::<(Text, BigInt, Nullable<BigInt>)>::new(
            "SELECT state, count(*), min(received_at) FROM djstripe_queue GROUP BY state",
        );
        let rows: Vec<(String, i64, Option<i64>)> = load!(self, "count waiting events", select)?;

        let mut backlog = Backlog {
            paused_since: self.paused_since().await?,
            unattended_since: self.unattended_since(Timestamp::now()).await?,
            effects: self.unfinished_effects().await?,
            ..Backlog::default()
        };
        for (state, count, oldest) in rows {
            let state: EventState = state.parse()?;
            backlog.counts.set(state, count);
            if state == EventState::Pending {
                backlog.oldest_pending = oldest.map(Timestamp::from_micros);
            }
        }
        Ok(backlog)
    }

    /// How the recorded runs of each receiver ended.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn run_counts(&self) -> Result<Vec<RunCounts>, StoreError> {
        let select = Statement::<(Text, BigInt, BigInt)>::new(COUNT_RUNS);
        let rows: Vec<(String, i64, i64)> = load!(self, "count runs of receivers", select)?;
        let counts = |(receiver, succeeded, failed)| RunCounts {
            receiver,
            succeeded,
            failed,
        };
        Ok(rows.into_iter().map(counts).collect())
    }
}
