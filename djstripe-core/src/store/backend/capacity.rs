//! How many connections of a pool may be in use. A server that refuses one more, because it or the
//! role has as many as it may, leaves those that are open: who needs one waits for one of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::describe;
use crate::store::error::StoreError;

/// How long after a refusal one more connection is tried.
const GROWTH_INTERVAL: Duration = Duration::from_secs(10);

/// The wait of a caller that can't wait for a connection of this process.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Capacity {
    permits: Arc<Semaphore>,
    max: usize,
    refused: Mutex<Refused>,
}

#[derive(Default)]
struct Refused {
    /// How many permits are withheld.
    withheld: usize,
    /// When the last one was withheld or given back.
    changed: Option<Instant>,
}

impl Capacity {
    pub(super) fn new(max: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max)),
            max,
            refused: Mutex::default(),
        }
    }

    /// Waits until one more connection may be in use.
    pub(super) async fn acquire(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        self.grow(Instant::now());
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        permit.map_err(|_| StoreError::ShuttingDown)
    }

    /// The server has refused a connection although the pool has `open` others. Withholds the permit
    /// of the caller, which then waits for one of those; or returns false if those are not in use by
    /// callers with permits.
    pub(super) fn withhold(
        &self,
        permit: OwnedSemaphorePermit,
        open: usize,
        error: &StoreError,
    ) -> bool {
        let mut refused = self.lock();
        if self.max - refused.withheld <= open.max(1) {
            return false;
        }
        permit.forget();
        if refused.withheld == 0 {
            tracing::warn!(
                connections = open,
                error = describe(error),
                "the database refuses another connection; waiting for those that are open"
            );
        }
        refused.withheld += 1;
        refused.changed = Some(Instant::now());
        true
    }

    /// Gives one permit back after a while: the server may allow one more connection by then.
    fn grow(&self, now: Instant) {
        let mut refused = self.lock();
        let is_due = |changed: Instant| now.saturating_duration_since(changed) >= GROWTH_INTERVAL;
        if refused.withheld > 0 && refused.changed.is_none_or(is_due) {
            refused.withheld -= 1;
            refused.changed = Some(now);
            self.permits.add_permits(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_refused_connection_is_withheld_for_a_while() {
        let capacity = Capacity::new(3);
        let error = StoreError::ConnectionClosed;
        let first = capacity.acquire().await.unwrap();
        let second = capacity.acquire().await.unwrap();

        // One connection is open, and the server refuses a second one.
        assert!(capacity.withhold(second, 1, &error));
        let third = capacity.acquire().await.unwrap();
        assert!(capacity.withhold(third, 1, &error));
        assert_eq!(capacity.permits.available_permits(), 0);
        drop(first);
        let last = capacity.acquire().await.unwrap();
        assert!(!capacity.withhold(last, 1, &error));

        capacity.grow(Instant::now());
        assert_eq!(capacity.permits.available_permits(), 1);
        let later = Instant::now() + GROWTH_INTERVAL;
        capacity.grow(later);
        capacity.grow(later);
        assert_eq!(capacity.permits.available_permits(), 2);
        capacity.grow(later + GROWTH_INTERVAL);
        capacity.grow(later + 3 * GROWTH_INTERVAL);
        assert_eq!(capacity.permits.available_permits(), 3);
    }
}
