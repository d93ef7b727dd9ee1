//! What a process counts by the minute, for charts that need no exporter of metrics.
//!
//! In: what happens, which is also recorded as [`metrics`]. Out: the counts since they were last taken.
//! They are in memory until then, so a process that is killed loses them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::metrics;
use crate::timestamp::{Timestamp, micros};

/// A minute, and an hour, in microseconds.
const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;

/// How many minutes are kept while they can't be written.
const KEPT: usize = 24 * 60;

/// Counts what happens in one process. Cheap to clone; clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Minutes(Arc<State>);

#[derive(Debug, Default)]
struct State {
    counts: Mutex<Counts>,
    counted: Notify,
}

/// What happened in several minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// By the start of the minute, in microseconds since 1970.
    pub(crate) minutes: BTreeMap<i64, MinuteCount>,
    /// By the start of the minute, and the receiver.
    pub(crate) receiver_minutes: BTreeMap<(i64, &'static str), RunCount>,
    /// By the start of the hour, and the receiver.
    pub(crate) receiver_hours: BTreeMap<(i64, &'static str), RunCount>,
}

/// What happened in one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MinuteCount {
    pub(crate) received: i64,
    pub(crate) refused: i64,
    pub(crate) processed: i64,
    /// Failed runs of receivers.
    pub(crate) failed: i64,
    pub(crate) dead: i64,
    pub(crate) acknowledgement: DelayCount,
    pub(crate) processing: DelayCount,
}

/// How often something took how long, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DelayCount {
    pub(crate) count: i64,
    pub(crate) total: i64,
    pub(crate) max: i64,
}

/// The runs of one receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunCount {
    pub(crate) failures: i64,
    pub(crate) duration: DelayCount,
}

impl Minutes {
    /// An accepted delivery, and how long its answer took.
    pub(crate) fn accepted(&self, outcome: &'static str, took: Duration) {
        metrics::accepted(outcome, took);
        self.count(|minute| {
            minute.received += 1;
            minute.acknowledgement.add(took);
        });
    }

    /// A refused delivery.
    pub(crate) fn refused(&self, reason: &'static str) {
        metrics::refused(reason);
        self.count(|minute| minute.refused += 1);
    }

    /// An event of which all receivers are done, and the time since its arrival, unless it was run
    /// again.
    pub(crate) fn processed(&self, since_arrival: Option<Duration>) {
        self.count(|minute| {
            minute.processed += 1;
            if let Some(took) = since_arrival {
                minute.processing.add(took);
            }
        });
    }

    /// An event that is not retried any more.
    pub(crate) fn died(&self) {
        self.count(|minute| minute.dead += 1);
    }

    /// A run of a receiver.
    pub(crate) fn receiver_ran(
        &self,
        receiver: &'static str,
        outcome: &'static str,
        took: Duration,
    ) {
        metrics::receiver_ran(receiver, outcome, took);
        let is_failure = !matches!(outcome, "succeeded" | "not_mirrored");
        let now = Timestamp::now().micros();

        let mut counts = self.lock();
        let Counts {
            minutes,
            receiver_minutes,
            receiver_hours,
        } = &mut *counts;
        if is_failure {
            minutes.entry(start(now, MINUTE)).or_default().failed += 1;
        }
        for (counted, width) in [(receiver_minutes, MINUTE), (receiver_hours, HOUR)] {
            let runs = counted.entry((start(now, width), receiver)).or_default();
            runs.failures += i64::from(is_failure);
            runs.duration.add(took);
        }
        drop(counts);
        self.0.counted.notify_one();
    }

    /// Waits until something was counted, now or since the last wait.
    pub(crate) async fn counted(&self) {
        self.0.counted.notified().await;
    }

    /// Takes the counts; those that follow begin at 0.
    pub(crate) fn take(&self) -> Counts {
        std::mem::take(&mut *self.lock())
    }

    /// Adds counts that were taken and could not be written. Of too many, the oldest are dropped.
    pub(crate) fn put_back(&self, counts: Counts) {
        let mut kept = self.lock();
        kept.add(counts);
        kept.drop_oldest();
        drop(kept);
        self.0.counted.notify_one();
    }

    fn count(&self, add: impl FnOnce(&mut MinuteCount)) {
        let minute = start(Timestamp::now().micros(), MINUTE);
        add(self.lock().minutes.entry(minute).or_default());
        self.0.counted.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        let counts = self.0.counts.lock();
        counts.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the span of time begins that contains `time`.
fn start(time: i64, width: i64) -> i64 {
    time - time.rem_euclid(width)
}

impl Counts {
    /// Whether nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.minutes.is_empty() && self.receiver_minutes.is_empty()
    }

    fn add(&mut self, other: Self) {
        for (minute, count) in other.minutes {
            self.minutes.entry(minute).or_default().merge(count);
        }
        for (key, count) in other.receiver_minutes {
            self.receiver_minutes.entry(key).or_default().merge(count);
        }
        for (key, count) in other.receiver_hours {
            self.receiver_hours.entry(key).or_default().merge(count);
        }
    }

    fn drop_oldest(&mut self) {
        while self.minutes.len() > KEPT {
            self.minutes.pop_first();
        }
        let times = self.receiver_minutes.keys().map(|(minute, _)| *minute);
        let Some(newest) = times.max() else {
            return;
        };
        let oldest = newest - KEPT as i64 * MINUTE;
        self.receiver_minutes
            .retain(|(minute, _), _| *minute > oldest);
        self.receiver_hours
            .retain(|(hour, _), _| *hour > oldest - HOUR);
    }
}

impl MinuteCount {
    fn merge(&mut self, other: Self) {
        self.received += other.received;
        self.refused += other.refused;
        self.processed += other.processed;
        self.failed += other.failed;
        self.dead += other.dead;
        self.acknowledgement.merge(other.acknowledgement);
        self.processing.merge(other.processing);
    }
}

impl RunCount {
    fn merge(&mut self, other: Self) {
        self.failures += other.failures;
        self.duration.merge(other.duration);
    }
}

impl DelayCount {
    fn add(&mut self, took: Duration) {
        let took = micros(took);
        self.merge(Self {
            count: 1,
            total: took,
            max: took,
        });
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.total = self.total.saturating_add(other.total);
        self.max = self.max.max(other.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_are_put_back_are_added() {
        let minutes = Minutes::default();
        minutes.accepted("stored", Duration::from_millis(2));
        minutes.receiver_ran("shop::ship", "timed_out", Duration::from_secs(60));
        let taken = minutes.take();
        assert!(minutes.take().is_empty());

        minutes.accepted("duplicate", Duration::from_millis(3));
        minutes.receiver_ran("shop::ship", "succeeded", Duration::from_secs(1));
        minutes.put_back(taken);
        let counts = minutes.take();
        let sum = |field: fn(&MinuteCount) -> i64| counts.minutes.values().map(field).sum::<i64>();
        assert_eq!(sum(|minute| minute.received), 2);
        assert_eq!(sum(|minute| minute.failed), 1);
        assert_eq!(sum(|minute| minute.acknowledgement.total), 5_000);
        let runs = counts.receiver_hours.values();
        assert_eq!(runs.map(|runs| runs.duration.count).sum::<i64>(), 2);
    }

    #[test]
    fn a_database_that_stays_away_fills_no_memory() {
        let minutes = Minutes::default();
        let mut counts = Counts::default();
        for minute in 0..2 * KEPT as i64 {
            let at = minute * MINUTE;
            counts.minutes.entry(at).or_default().received += 1;
            counts
                .receiver_minutes
                .entry((at, "shop::ship"))
                .or_default();
            let hour = start(at, HOUR);
            counts
                .receiver_hours
                .entry((hour, "shop::ship"))
                .or_default();
        }
        minutes.put_back(counts);
        let kept = minutes.take();
        assert_eq!(kept.minutes.len(), KEPT);
        assert_eq!(kept.receiver_minutes.len(), KEPT);
        assert!(kept.receiver_hours.len() <= 26);
        let newest = (2 * KEPT as i64 - 1) * MINUTE;
        assert!(kept.minutes.contains_key(&newest));
    }
}
