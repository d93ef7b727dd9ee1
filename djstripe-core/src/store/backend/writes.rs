//! What is known of the last writes, so that a probe writes seldom: not while deliveries are stored,
//! and mostly a few bytes. A disk that is full still takes a few bytes into a page that is there, so
//! now and then, and after each failed delivery, a probe writes more.

#[cfg(feature = "postgres")]
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a write shows that the next one succeeds too.
const FRESH: Duration = Duration::from_secs(5);

/// How long a failed probe is believed.
const FAILED: Duration = Duration::from_secs(1);

/// How often a probe writes as much as a delivery does.
const FULL: Duration = Duration::from_secs(60);

/// The last writes of one process.
#[derive(Default)]
pub(in crate::store) struct Writes {
    last: Mutex<Last>,
    /// One probe at a time, and the others take its answer.
    pub(in crate::store) turn: tokio::sync::Mutex<()>,
    /// Whether a customer was forgotten, as far as this process knows. Nothing takes the marks away.
    #[cfg(feature = "postgres")]
    pub(in crate::store) has_marks: AtomicBool,
}

#[derive(Default)]
struct Last {
    succeeded: Option<Instant>,
    /// The last write of as much as a delivery has.
    full: Option<Instant>,
    /// When a delivery could not be stored, unless a full write has succeeded since.
    delivery_failed: Option<Instant>,
    probe_failed: Option<(Instant, ProbeFailure)>,
}

/// Why a probe failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum ProbeFailure {
    /// The database takes no writes, for this reason.
    NotWritable(&'static str),
    /// The database did not answer.
    NoAnswer,
}

/// What a probe has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Probe {
    /// Nothing: a write has succeeded a moment ago.
    Fresh,
    /// Nothing: a probe has failed a moment ago, for this reason.
    Failed(ProbeFailure),
    /// Write a few bytes.
    Small,
    /// Write as much as a delivery does.
    Full,
}

impl Writes {
    /// What a probe at this moment has to do.
    pub(in crate::store) fn probe(&self, now: Instant) -> Probe {
        let last = self.lock();
        let within = |moment: Option<Instant>, limit: Duration| {
            moment.is_some_and(|moment| now.saturating_duration_since(moment) < limit)
        };

        match last.probe_failed {
            Some((moment, failure)) if within(Some(moment), FAILED) => Probe::Failed(failure),
            _ if last.delivery_failed.is_some() || !within(last.full, FULL) => Probe::Full,
            _ if within(last.succeeded, FRESH) => Probe::Fresh,
            _ => Probe::Small,
        }
    }

    /// Records that deliveries were stored.
    pub(in crate::store) fn stored(&self, now: Instant) {
        self.lock().succeeded = Some(now);
    }

    /// Records that deliveries could not be stored.
    pub(in crate::store) fn not_stored(&self, now: Instant) {
        self.lock().delivery_failed = Some(now);
    }

    /// Records the result of a probe that began at this moment.
    pub(in crate::store) fn probed(
        &self,
        began: Instant,
        probe: Probe,
        failure: Option<ProbeFailure>,
    ) {
        let mut last = self.lock();
        if let Some(failure) = failure {
            last.probe_failed = Some((Instant::now(), failure));
            return;
        }
        last.probe_failed = None;
        last.succeeded = Some(began);
        if probe == Probe::Full {
            last.full = Some(began);
            last.delivery_failed = last.delivery_failed.filter(|failed| *failed > began);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_writes_seldom_and_much_where_it_has_to() {
        let writes = Writes::default();
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let check = |seconds: u64, expected: Probe| {
            assert_eq!(writes.probe(at(seconds)), expected, "after {seconds} s");
        };

        check(0, Probe::Full);
        writes.probed(at(0), Probe::Full, None);
        check(4, Probe::Fresh);
        check(5, Probe::Small);
        writes.probed(at(5), Probe::Small, None);
        check(9, Probe::Fresh);

        // Deliveries take the place of small writes.
        writes.stored(at(30));
        check(34, Probe::Fresh);
        check(60, Probe::Full);
        writes.probed(at(60), Probe::Full, None);

        // Others may still be stored after one was not.
        writes.not_stored(at(61));
        writes.stored(at(62));
        check(62, Probe::Full);
        writes.probed(at(60), Probe::Full, None);
        check(62, Probe::Full);
        writes.probed(at(63), Probe::Full, None);
        check(64, Probe::Fresh);
    }

    #[test]
    fn a_failed_probe_is_not_repeated_at_once() {
        let writes = Writes::default();
        for failure in [ProbeFailure::NoAnswer, ProbeFailure::NotWritable("no luck")] {
            writes.probed(Instant::now(), Probe::Full, Some(failure));
            assert_eq!(writes.probe(Instant::now()), Probe::Failed(failure));
        }
        let later = Instant::now() + FAILED;
        assert_eq!(writes.probe(later), Probe::Full);
    }
}
