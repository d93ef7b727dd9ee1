//! Whether anybody processes what this process stores.
//!
//! In: a word for each stored event that no worker of this process has taken at once. Out: an error
//! in the log, repeated for as long as events wait and no worker of any process takes them. An
//! application that stores events and has forgotten its workers acknowledges all the same.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::error::describe;
use crate::store::{PATIENCE, Store};
use crate::telemetry::metrics;
use crate::telemetry::vitals::Vitals;
use crate::timestamp::{Timestamp, age};

/// Time from an event that waits to the look at the queue.
const LOOK_AFTER: Duration = PATIENCE.saturating_add(Duration::from_secs(5));

/// How often the error is repeated.
const REPEAT_EVERY: Duration = Duration::from_secs(60);

/// Looks whether workers take the events that wait. The task ends when this is dropped.
pub(crate) struct Attendance {
    waiting: Arc<Notify>,
    _task: JoinSet<()>,
}

impl Attendance {
    /// Starts the task that looks. It does nothing until an event waits.
    pub(crate) fn start(store: Store, vitals: &Vitals) -> Self {
        let waiting = Arc::new(Notify::new());
        let mut task = JoinSet::new();
        task.spawn({
            let (waiting, vitals) = (Arc::clone(&waiting), vitals.clone());
            let look = async move {
                loop {
                    waiting.notified().await;
                    tokio::time::sleep(LOOK_AFTER).await;
                    while looks_again(&store).await {
                        tokio::time::sleep(REPEAT_EVERY).await;
                    }
                }
            };
            async move { vitals.guard("attendance", look).await }
        });
        Self {
            waiting,
            _task: task,
        }
    }

    /// An event was stored, and waits for a worker.
    pub(super) fn event_waits(&self) {
        self.waiting.notify_one();
    }
}

/// Logs an error if no worker takes the events that are due. Returns whether to look again.
async fn looks_again(store: &Store) -> bool {
    let now = Timestamp::now();
    match store.unattended_since(now).await {
        Ok(None) => {
            metrics::unattended(Duration::ZERO);
            false
        }
        Ok(Some(since)) => {
            let time = age(since, now);
            metrics::unattended(time);
            tracing::error!(
                seconds = time.as_secs(),
                "events wait and no worker of any process takes them; start the command `serve` or \
                 `work`, or call `http::serve` or `Djstripe::work`"
            );
            true
        }
        Err(error) => {
            let error = describe(&error);
            tracing::warn!(error, "whether workers take events could not be checked");
            true
        }
    }
}
