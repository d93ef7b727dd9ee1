//! What repeats: errors while their cause lasts, and lines about them.
//!
//! In: the outcome of each try, or each line that is due. Out: how long to wait before the next try,
//! and whether to write a line. While a cause lasts, both grow rarer; one line says when it is over.
//!
//! Invariant: the time is an argument, so that nothing here waits.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Time from one line about an error that lasts to the next. It doubles with each line.
const LINE_AFTER: Duration = Duration::from_secs(10);

/// Longest time between two such lines.
const LONGEST_SILENCE: Duration = Duration::from_secs(600);

/// The tries of one job that is repeated for ever, such as to claim events.
pub(crate) struct Repeats {
    /// The job, as the beginning of a sentence: `claiming events`.
    job: &'static str,
    first_wait: Duration,
    longest_wait: Duration,
    failing: Option<Failing>,
    quiet_until: Option<Instant>,
}

/// Tries that fail one after another.
struct Failing {
    since: Instant,
    failures: u64,
    next_wait: Duration,
    line_after: Duration,
    is_logged: bool,
}

/// What follows from a failed try.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// How long to wait before the next try.
    pub(crate) wait: Duration,
    /// Whether the log gets a line.
    pub(crate) is_logged: bool,
    /// For how long the tries have failed.
    pub(crate) lasted: Duration,
    /// The number of failures in a row, including this one.
    pub(crate) failures: u64,
}

/// What the log says once a try succeeds again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Over {
    pub(crate) lasted: Duration,
    pub(crate) failures: u64,
}

impl Repeats {
    /// The waits begin with `first_wait` and double up to `longest_wait`.
    pub(crate) fn new(job: &'static str, first_wait: Duration, longest_wait: Duration) -> Self {
        Self {
            job,
            first_wait,
            longest_wait: longest_wait.max(first_wait),
            failing: None,
            quiet_until: None,
        }
    }

    /// A try failed: logs that, if it is time for a line, and returns how long to wait.
    pub(crate) fn failed(&mut self, error: &str) -> Duration {
        let failed = self.failed_at(Instant::now());
        if failed.is_logged {
            match failed.failures {
                1 => tracing::error!(error, "{} failed; it is retried", self.job),
                failures => {
                    let seconds = failed.lasted.as_secs();
                    tracing::error!(error, seconds, failures, "{} still fails", self.job);
                }
            }
        }
        failed.wait
    }

    /// A try succeeded: logs that, if the log says that the ones before it failed. Returns whether
    /// the one before it failed.
    pub(crate) fn succeeded(&mut self) -> bool {
        let was_failing = self.failing.is_some();
        if let Some(Over { lasted, failures }) = self.succeeded_at(Instant::now()) {
            tracing::info!(
                "{} works again after {} s and {failures} failures",
                self.job,
                lasted.as_secs()
            );
        }
        was_failing
    }

    /// Whether the last try failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.failing.is_some()
    }

    /// A try failed at this time.
    pub(crate) fn failed_at(&mut self, now: Instant) -> Failed {
        let failing = self.failing.get_or_insert(Failing {
            since: now,
            failures: 0,
            next_wait: self.first_wait,
            line_after: LINE_AFTER,
            is_logged: false,
        });
        failing.failures += 1;
        let wait = failing.next_wait;
        failing.next_wait = (wait * 2).min(self.longest_wait);

        let is_logged = self.quiet_until.is_none_or(|until| now >= until);
        if is_logged {
            failing.is_logged = true;
            self.quiet_until = Some(now + failing.line_after);
            failing.line_after = (failing.line_after * 2).min(LONGEST_SILENCE);
        }
        Failed {
            wait,
            is_logged,
            lasted: now.duration_since(failing.since),
            failures: failing.failures,
        }
    }

    /// A try succeeded at this time. `None` if no line has said that the ones before it failed.
    ///
    /// The next line waits all the same, so that a job that fails every other time doesn't fill the
    /// log.
    pub(crate) fn succeeded_at(&mut self, now: Instant) -> Option<Over> {
        let failing = self.failing.take()?;
        let line_at = now + LINE_AFTER;
        self.quiet_until = self.quiet_until.map(|until| until.min(line_at));
        failing.is_logged.then(|| Over {
            lasted: now.duration_since(failing.since),
            failures: failing.failures,
        })
    }
}

/// A number of things that may happen at once, and the rate at which further ones may.
#[derive(Debug)]
pub(crate) struct Bucket {
    burst: f64,
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(burst: u32, per_second: f64, now: Instant) -> Self {
        let burst = f64::from(burst);
        Self {
            burst,
            per_second,
            left: burst,
            at: now,
        }
    }

    /// Whether one more may happen now. It counts if it may.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        self.fill(now);
        let may = self.left >= 1.0;
        if may {
            self.left -= 1.0;
        }
        may
    }

    /// Whether nothing has happened for so long that a new bucket would be the same.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.left >= self.burst
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * self.per_second).min(self.burst);
        self.at = self.at.max(now);
    }
}

/// Limits how many lines of one kind a process writes: some in each window of time. Those that it
/// suppresses are counted.
pub(crate) struct LineLimit {
    lines: u32,
    window: Duration,
    state: Mutex<Window>,
}

struct Window {
    ends_at: Option<Instant>,
    written: u32,
    suppressed: u64,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// It is written.
    Written,
    /// It is counted. The first one of a window that is: at its end,
    /// [`suppressed`](LineLimit::suppressed) has the number.
    FirstSuppressed {
        /// The end of the window.
        until: Instant,
    },
    /// It is counted.
    Suppressed,
}

impl LineLimit {
    /// At most `lines` in each window.
    pub(crate) const fn new(lines: u32, window: Duration) -> Self {
        Self {
            lines,
            window,
            state: Mutex::new(Window {
                ends_at: None,
                written: 0,
                suppressed: 0,
            }),
        }
    }

    /// At most `lines` in a minute.
    pub(crate) const fn per_minute(lines: u32) -> Self {
        Self::new(lines, Duration::from_secs(60))
    }

    /// A line is due at this time.
    pub(crate) fn line(&self, now: Instant) -> Line {
        let mut window = self.lock();
        let ends_at = match window.ends_at {
            Some(ends_at) if now < ends_at => ends_at,
            _ => {
                window.written = 0;
                *window.ends_at.insert(now + self.window)
            }
        };
        if window.written < self.lines {
            window.written += 1;
            return Line::Written;
        }

        window.suppressed += 1;
        match window.suppressed {
            1 => Line::FirstSuppressed { until: ends_at },
            _ => Line::Suppressed,
        }
    }

    /// For lines of which none counts the others: the number of those that were suppressed before this
    /// one, if it is written.
    pub(crate) fn written(&self, now: Instant) -> Option<u64> {
        (self.line(now) == Line::Written).then(|| self.suppressed())
    }

    /// The number of lines that were suppressed since the last call.
    pub(crate) fn suppressed(&self) -> u64 {
        std::mem::take(&mut self.lock().suppressed)
    }

    fn lock(&self) -> MutexGuard<'_, Window> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn repeats() -> Repeats {
        Repeats::new("claiming events", SECOND / 2, SECOND * 5)
    }

    #[test]
    fn the_wait_grows_up_to_its_limit_and_starts_again_after_a_success() {
        let (mut repeats, now) = (repeats(), Instant::now());
        let mut waits = |count: usize| -> Vec<u128> {
            (0..count)
                .map(|_| repeats.failed_at(now).wait.as_millis())
                .collect()
        };
        assert_eq!(waits(6), [500, 1_000, 2_000, 4_000, 5_000, 5_000]);

        let mut repeats = self::repeats();
        repeats.failed_at(now);
        repeats.failed_at(now);
        repeats.succeeded_at(now);
        assert_eq!(repeats.failed_at(now).wait, SECOND / 2);
    }

    #[test]
    fn lines_about_an_error_that_lasts_grow_rarer_and_one_says_when_it_is_over() {
        let (mut repeats, start) = (repeats(), Instant::now());
        let mut logged = Vec::new();
        for second in 0..200 {
            if repeats.failed_at(start + SECOND * second).is_logged {
                logged.push(second);
            }
        }
        assert_eq!(logged, [0, 10, 30, 70, 150]);

        let over = repeats.succeeded_at(start + SECOND * 200);
        let (lasted, failures) = (SECOND * 200, 200);
        assert_eq!(over, Some(Over { lasted, failures }));
        assert_eq!(repeats.succeeded_at(start + SECOND * 201), None);
    }

    #[test]
    fn an_error_every_other_time_does_not_fill_the_log() {
        let (mut repeats, start) = (repeats(), Instant::now());
        let (mut lines, mut over) = (0, 0);
        for second in 0..100 {
            let now = start + SECOND * second;
            match second % 2 {
                0 => lines += u32::from(repeats.failed_at(now).is_logged),
                _ => over += u32::from(repeats.succeeded_at(now).is_some()),
            }
        }
        assert_eq!((lines, over), (10, 10));
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(3, 2.0, start);
        let mut taken = |millis: u64| {
            let now = start + Duration::from_millis(millis);
            (0..10).filter(|_| bucket.take(now)).count()
        };
        assert_eq!(taken(0), 3);
        assert_eq!(taken(499), 0);
        assert_eq!(taken(500), 1);
        assert_eq!(taken(1_500), 2);
        assert_eq!(taken(100_000), 3);

        assert!(!bucket.is_full(start + SECOND * 101));
        assert!(bucket.is_full(start + SECOND * 102));
    }

    #[test]
    fn lines_beyond_the_limit_are_counted_until_the_window_ends() {
        let (limit, start) = (LineLimit::new(2, SECOND * 10), Instant::now());
        let lines = |second: u32| limit.line(start + SECOND * second);
        assert_eq!(lines(0), Line::Written);
        assert_eq!(lines(1), Line::Written);
        let until = start + SECOND * 10;
        assert_eq!(lines(2), Line::FirstSuppressed { until });
        assert_eq!(lines(9), Line::Suppressed);
        assert_eq!(limit.suppressed(), 2);

        assert_eq!(lines(10), Line::Written);
        assert_eq!(limit.suppressed(), 0);

        let written = |second: u32| limit.written(start + SECOND * second);
        assert_eq!(
            [11, 12, 13, 20].map(written),
            [Some(0), None, None, Some(2)]
        );
    }
}
