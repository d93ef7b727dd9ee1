//! Writes what this process counts by the minute to the database.
//!
//! In: the counts. Out: sums in the tables of minutes, every 10 s while something happens. Nothing is
//! written while nothing does. A process that is killed loses what it counted since the last write.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::error::describe;
use crate::store::{Store, StoreError};
use crate::telemetry::minutes::Minutes;
use crate::telemetry::repeats::Repeats;
use crate::telemetry::vitals::Vitals;

/// Time from the first count to its write.
const WRITE_AFTER: Duration = Duration::from_secs(10);

/// How long the last write may take when a process ends.
const LAST_WRITE: Duration = Duration::from_secs(2);

/// Writes the counts. The task ends when this is dropped.
pub(crate) struct MinuteWriter {
    _task: JoinSet<()>,
}

impl MinuteWriter {
    /// Starts the task that writes.
    pub(crate) fn start(store: Store, minutes: Minutes, vitals: &Vitals) -> Self {
        let mut task = JoinSet::new();
        let vitals = vitals.clone();
        let run = async move {
            let mut repeats =
                Repeats::new("writing the counts of minutes", WRITE_AFTER, WRITE_AFTER);
            loop {
                minutes.counted().await;
                tokio::time::sleep(WRITE_AFTER).await;
                match write(&store, &minutes).await {
                    Ok(()) => {
                        repeats.succeeded();
                    }
                    Err(error) => {
                        repeats.failed(&describe(&error));
                    }
                }
            }
        };
        task.spawn(async move { vitals.guard("minutes", run).await });
        Self { _task: task }
    }
}

/// Writes what was counted; what can't be written is kept.
async fn write(store: &Store, minutes: &Minutes) -> Result<(), StoreError> {
    let counts = minutes.take();
    if counts.is_empty() {
        return Ok(());
    }
    let written = store.add_counts(&counts).await;
    if written.is_err() {
        minutes.put_back(counts);
    }
    written
}

/// Writes what a process that ends has counted.
pub(crate) async fn write_last(store: &Store, minutes: &Minutes) {
    match tokio::time::timeout(LAST_WRITE, write(store, minutes)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            let error = describe(&error);
            tracing::warn!(error, "the counts of the last seconds are lost");
        }
        Err(_) => {
            tracing::warn!("the counts of the last seconds are lost: the database is too slow")
        }
    }
}
