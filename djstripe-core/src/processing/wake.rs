//! What ends the waiting of this process's workers: new events, requested effects, retries that
//! become due, and a database that works again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::timestamp::Timestamp;

/// Wakes the workers of this process.
#[derive(Default)]
pub(crate) struct Wake {
    events: Notify,
    effects: Notify,
    recovered: Notify,
    /// When the earliest known retry is due.
    next_retry: Mutex<Option<Timestamp>>,
    is_listening: AtomicBool,
}

impl Wake {
    /// Wakes a worker: there may be events to claim.
    pub(crate) fn notify_workers(&self) {
        self.events.notify_one();
    }

    /// Waits for [`notify_workers`](Self::notify_workers).
    pub(super) async fn events_notified(&self) {
        self.events.notified().await;
    }

    /// Wakes the task that runs effects: a receiver has requested some.
    pub(super) fn notify_effects(&self) {
        self.effects.notify_one();
    }

    /// Waits for [`notify_effects`](Self::notify_effects).
    pub(super) async fn effects_notified(&self) {
        self.effects.notified().await;
    }

    /// Ends the waits of all tasks of this process that wait because the database failed them: it has
    /// just served one of them again.
    pub(crate) fn database_works(&self) {
        self.recovered.notify_waiters();
    }

    /// Waits for [`database_works`](Self::database_works).
    pub(super) async fn recovered(&self) {
        self.recovered.notified().await;
    }

    /// Waits before the next try of a task that the database failed: for `wait`, or until it has
    /// served another task of this process again.
    pub(crate) async fn retry_after(&self, wait: Duration) {
        tokio::select! {
            () = self.recovered() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }

    /// Records that an event is due for a retry at that time.
    pub(super) fn note_retry(&self, at: Timestamp) {
        let mut next = self.lock_next_retry();
        *next = Some(next.map_or(at, |next| next.min(at)));
    }

    /// When the earliest retry is due, as far as this process knows.
    pub(super) fn next_retry(&self) -> Option<Timestamp> {
        *self.lock_next_retry()
    }

    /// Forgets a retry that is due at `now` or earlier.
    pub(super) fn clear_due(&self, now: Timestamp) {
        let mut next = self.lock_next_retry();
        *next = next.filter(|next| *next > now);
    }

    /// Whether the database notifies this process of new events.
    pub(super) fn is_listening(&self) -> bool {
        self.is_listening.load(Ordering::Relaxed)
    }

    /// Sets [`is_listening`](Self::is_listening).
    pub(super) fn set_listening(&self, listening: bool) {
        self.is_listening.store(listening, Ordering::Relaxed);
    }

    fn lock_next_retry(&self) -> std::sync::MutexGuard<'_, Option<Timestamp>> {
        self.next_retry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_retry_counts_until_it_is_due() {
        let at = Timestamp::from_seconds;
        let wake = Wake::default();
        assert_eq!(wake.next_retry(), None);

        wake.note_retry(at(20));
        wake.note_retry(at(10));
        wake.note_retry(at(30));
        assert_eq!(wake.next_retry(), Some(at(10)));

        wake.clear_due(at(9));
        assert_eq!(wake.next_retry(), Some(at(10)));
        wake.clear_due(at(10));
        assert_eq!(wake.next_retry(), None);
    }
}
