//! The leases of a worker: extended while their events are processed, released when they are not.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::task::LeaseKey;
use crate::error::describe;
use crate::store::{Settlement, Store};
use crate::telemetry::repeats::{LineLimit, Repeats};
use crate::timestamp::Timestamp;

/// Wait before the next try when leases could not be extended.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// While the database is away, each of the events under way has such a line.
static UNRELEASED: LineLimit = LineLimit::new(5, Duration::from_secs(10));

/// The leases that one worker holds: the fence of each event.
#[derive(Clone, Default)]
pub(super) struct Leases(Arc<Mutex<HashMap<String, i64>>>);

impl Leases {
    /// Adds a lease.
    pub(super) fn add(&self, lease: LeaseKey) {
        self.lock().insert(lease.event_id, lease.fence);
    }

    /// Removes a lease, unless the same event has been claimed again in the meantime.
    pub(super) fn remove(&self, lease: &LeaseKey) {
        let mut leases = self.lock();
        if leases.get(&lease.event_id) == Some(&lease.fence) {
            leases.remove(&lease.event_id);
        }
    }

    /// Removes and returns all leases.
    pub(super) fn take_all(&self) -> Vec<LeaseKey> {
        let leases = self.lock().drain().collect::<Vec<_>>();
        let keys = leases.into_iter();
        keys.map(|(event_id, fence)| LeaseKey { event_id, fence })
            .collect()
    }

    /// Extends the leases again and again, and never returns. A lease that is lost all the same is
    /// detected by the commit.
    pub(super) async fn extend_forever(&self, store: &Store, lease: Duration) -> Infallible {
        let interval = lease / 3;
        let retry_after = interval.min(RETRY_AFTER);
        // The lease does not wait: only the lines grow rarer.
        let mut repeats = Repeats::new("extending leases", retry_after, retry_after);
        let mut wait = interval;
        loop {
            tokio::time::sleep(wait).await;
            let held = self.lock().clone();
            let held: Vec<(&str, i64)> = held.iter().map(|(id, fence)| (&**id, *fence)).collect();

            let extended = store
                .queue()
                .extend_leases(&held, Timestamp::now() + lease)
                .await;
            wait = match extended {
                Ok(_) => {
                    repeats.succeeded();
                    interval
                }
                Err(error) => repeats.failed(&describe(&error)),
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Releases leases, so that any worker can claim their events at once. A lease that has been
/// settled in the meantime is left as it is.
pub(super) async fn release(store: &Store, leases: Vec<LeaseKey>) {
    if leases.is_empty() {
        return;
    }

    let at = Timestamp::now();
    let released: Vec<Settlement> = leases
        .into_iter()
        .map(|lease| Settlement::released(lease.event_id, lease.fence, at))
        .collect();
    if let Err(error) = store.queue().settle(&released).await {
        if let Some(unlogged) = UNRELEASED.written(tokio::time::Instant::now()) {
            tracing::error!(
                error = describe(&error),
                unlogged,
                "leases could not be released; they will expire"
            );
        }
        return;
    }

    if let Err(error) = store.queue().notify_workers().await {
        tracing::warn!(
            error = describe(&error),
            "workers could not be notified of released events; they will find them by polling"
        );
    }
}
