//! Counting what a client sends, and how long it waits for its turn.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Waits shorter than this are the time that the check itself takes.
const NO_WAIT: Duration = Duration::from_millis(1);

/// Counts of the requests of one client.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    requests: AtomicU64,
    refused: AtomicU64,
    waits: AtomicU64,
    waited_micros: AtomicU64,
}

/// What a [`Meter`] has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metered {
    /// Requests that were sent, further tries included.
    pub(crate) requests: u64,
    /// Answers 429.
    pub(crate) refused: u64,
    /// Times that a request waited, for the rate budget or because Stripe asked to.
    pub(crate) waits: u64,
    /// How long in all.
    pub(crate) waited: Duration,
}

impl Meter {
    pub(super) fn sent(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn waited(&self, time: Duration) {
        if time >= NO_WAIT {
            self.waits.fetch_add(1, Ordering::Relaxed);
            self.waited_micros.fetch_add(
                u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
                Ordering::Relaxed,
            );
        }
    }

    /// The counts so far.
    pub(crate) fn read(&self) -> Metered {
        Metered {
            requests: self.requests.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            waits: self.waits.load(Ordering::Relaxed),
            waited: Duration::from_micros(self.waited_micros.load(Ordering::Relaxed)),
        }
    }
}
