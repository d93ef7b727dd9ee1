//! Figures: how much waits and for how long, and what each receiver has done.

use diesel::sql_types::{BigInt, Nullable, Text};

use super::rows::{EventState, StateCounts};
use crate::store::Store;
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

/// What is not processed yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Number of events in each state; processed ones are not counted.
    pub counts: StateCounts,
    /// When the oldest event arrived that no worker has had yet.
    pub oldest_pending: Option<Timestamp>,
    /// Since when the workers are paused.
    pub paused_since: Option<Timestamp>,
}

/// How the last runs of one receiver ended, over all events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunCounts {
    /// Id of the receiver.
    pub receiver: String,
    /// Events for which it has succeeded.
    pub succeeded: i64,
    /// Events for which it has failed.
    pub failed: i64,
}

impl Store {
    /// What is not processed yet. It costs as much as there is of that, however many events are stored.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        let select = Statement::<(Text, BigInt, Nullable<BigInt>)>::new(
            "SELECT state, count(*), min(received_at) FROM djstripe_queue GROUP BY state",
        );
        let rows: Vec<(String, i64, Option<i64>)> = load!(self, "count waiting events", select);
        let mut backlog = Backlog {
            paused_since: self.paused_since().await?,
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

    /// How the runs of each receiver ended, as far as they are recorded.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn run_counts(&self) -> Result<Vec<RunCounts>, StoreError> {
        let select = Statement::<(Text, BigInt, BigInt)>::new(
            "SELECT receiver, count(CASE WHEN outcome = 'succeeded' THEN 1 END), \
                 count(CASE WHEN outcome = 'failed' THEN 1 END) \
             FROM djstripe_receiver_run GROUP BY receiver ORDER BY receiver",
        );
        let rows: Vec<(String, i64, i64)> = load!(self, "count runs of receivers", select);
        let counts = |(receiver, succeeded, failed)| RunCounts {
            receiver,
            succeeded,
            failed,
        };
        Ok(rows.into_iter().map(counts).collect())
    }
}
