//! What the runs of an event's receivers add up to: processed, retrying or dead. Does no IO.

use std::time::Duration;

use crate::receiver::ReceiverInfo;
use crate::store::EventOutcome;
use crate::timestamp::Timestamp;

/// The wait before each retry: 5 s, 30 s, 5 min, 30 min, 2 h, 5 h, 10 h.
pub const RETRY_SCHEDULE: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 60 * 60),
    Duration::from_secs(5 * 60 * 60),
    Duration::from_secs(10 * 60 * 60),
];

/// How often a receiver may run for one event: the first run and its retries.
pub(crate) fn allowed_attempts(receiver: &ReceiverInfo, schedule: &[Duration]) -> i32 {
    let retries = if receiver.options.critical {
        receiver.options.retries
    } else {
        Some(0)
    };
    retries
        .map_or(schedule.len() as i32, |retries| {
            i32::try_from(retries).unwrap_or(i32::MAX)
        })
        .saturating_add(1)
}

/// Collects the failures of one event's receivers.
pub(crate) struct Verdict<'s> {
    schedule: &'s [Duration],
    /// The wait until the earliest retry of a receiver.
    retry_after: Option<Duration>,
    /// Whether a critical receiver has used up its runs.
    dead: bool,
    error: Option<String>,
}

impl<'s> Verdict<'s> {
    pub(crate) fn new(schedule: &'s [Duration]) -> Self {
        Self {
            schedule,
            retry_after: None,
            dead: false,
            error: None,
        }
    }

    /// The receiver's run number `attempts` failed.
    pub(crate) fn failed(&mut self, receiver: &ReceiverInfo, attempts: i32, error: String) {
        if attempts >= allowed_attempts(receiver, self.schedule) {
            return self.exhausted(receiver, Some(error));
        }
        let step = usize::try_from(attempts - 1).unwrap_or_default();
        // A receiver with more retries than the schedule has steps repeats the last step.
        let delay = self
            .schedule
            .get(step)
            .or(self.schedule.last())
            .copied()
            .unwrap_or_default();
        self.retry_after = Some(self.retry_after.map_or(delay, |other| other.min(delay)));
        self.blame(receiver, Some(error));
    }

    /// The receiver has used up its runs, now or earlier, or failed permanently.
    pub(crate) fn exhausted(&mut self, receiver: &ReceiverInfo, error: Option<String>) {
        if receiver.options.critical {
            self.dead = true;
            self.blame(receiver, error);
        }
    }

    /// The event's state, and the first error.
    pub(crate) fn outcome(&self, now: Timestamp) -> (EventOutcome, Option<String>) {
        let outcome = match (self.retry_after, self.dead) {
            (Some(delay), _) => EventOutcome::Retrying { at: now + delay },
            (None, true) => EventOutcome::Dead,
            (None, false) => EventOutcome::Processed,
        };
        (outcome, self.error.clone())
    }

    fn blame(&mut self, receiver: &ReceiverInfo, error: Option<String>) {
        let error = error.unwrap_or_else(|| "receiver failed".to_owned());
        self.error
            .get_or_insert_with(|| format!("{}: {error}", receiver.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::ReceiverOptions;

    fn receiver(options: ReceiverOptions) -> ReceiverInfo {
        ReceiverInfo {
            options,
            ..ReceiverInfo::idle("shop::ship", &["*"])
        }
    }

    #[test]
    fn failures_add_up_to_retry_then_death() {
        let now = Timestamp::from_seconds(1_700_000_000);
        let default = receiver(ReceiverOptions::DEFAULT);
        let once = receiver(ReceiverOptions {
            retries: Some(0),
            ..ReceiverOptions::DEFAULT
        });
        let patient = receiver(ReceiverOptions {
            retries: Some(20),
            ..ReceiverOptions::DEFAULT
        });
        let loose = receiver(ReceiverOptions {
            critical: false,
            ..ReceiverOptions::DEFAULT
        });

        let check = |failures: &[(&ReceiverInfo, i32)], expected: EventOutcome| {
            let mut verdict = Verdict::new(&RETRY_SCHEDULE);
            for (receiver, attempts) in failures {
                verdict.failed(receiver, *attempts, "no".to_owned());
            }
            assert_eq!(verdict.outcome(now).0, expected, "{failures:?}");
        };
        let after = |seconds| EventOutcome::Retrying {
            at: now + Duration::from_secs(seconds),
        };

        check(&[], EventOutcome::Processed);
        check(&[(&default, 1)], after(5));
        check(&[(&default, 4)], after(30 * 60));
        check(&[(&default, 7)], after(10 * 60 * 60));
        check(&[(&default, 8)], EventOutcome::Dead);
        check(&[(&default, 3), (&default, 1)], after(5));
        check(&[(&once, 1)], EventOutcome::Dead);
        check(&[(&once, 1), (&default, 1)], after(5));
        check(&[(&patient, 15)], after(10 * 60 * 60));
        check(&[(&loose, 1)], EventOutcome::Processed);
    }
}
