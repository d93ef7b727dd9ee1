//! Counters of the requests that a client sends, and of the time that they wait before they are
//! sent.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Shorter waits don't count: they are the time that the check itself takes.
const NO_WAIT: Duration = Duration::from_millis(1);

/// Counters of one client's requests.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    requests: AtomicU64,
    refused: AtomicU64,
    waits: AtomicU64,
    waited_micros: AtomicU64,
}

/// A snapshot of a [`Meter`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestCounts {
    /// Requests sent, including retries.
    pub(crate) requests: u64,
    /// Responses with status 429.
    pub(crate) refused: u64,
    /// How many times a request waited, for the rate budget or because of `Retry-After`.
    pub(crate) waits: u64,
    /// The total time that requests waited.
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

    /// The counters now.
    pub(crate) fn read(&self) -> RequestCounts {
        RequestCounts {
            requests: self.requests.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            waits: self.waits.load(Ordering::Relaxed),
            waited: Duration::from_micros(self.waited_micros.load(Ordering::Relaxed)),
        }
    }
}
