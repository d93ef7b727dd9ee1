//! Changes of many events or effects, which run in the background at a pace. This process alone knows
//! them; the record of actions tells when they began and ended.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures_util::FutureExt as _;
use tokio::task::JoinHandle;

use super::access::Right;
use crate::error::{describe, panic_message};
use crate::maintenance::redact::{RedactOptions, RedactReport};
use crate::store::{NewAction, Store};
use crate::timestamp::Timestamp;

/// Jobs that are remembered.
const MOST_KEPT: usize = 50;

/// The jobs of this process, the newest last.
#[derive(Default)]
pub(super) struct Jobs {
    jobs: Mutex<VecDeque<Arc<Job>>>,
    last: AtomicU64,
}

/// What somebody has begun.
pub(super) struct Begun {
    /// `events retry`.
    pub(super) action: &'static str,
    /// What was selected, in words.
    pub(super) subject: String,
    pub(super) actor: String,
    /// Whoever has it may stop the job.
    pub(super) right: Right,
    pub(super) work: Work,
}

/// What a job does.
pub(super) enum Work {
    /// Changes events or effects.
    Change(Arc<Pace>),
    /// Forgets a customer, or counts what that would blank.
    Redaction {
        options: RedactOptions,
        report: Arc<OnceLock<RedactReport>>,
    },
}

/// How fast a job changes events or effects, and how many it has changed.
pub(super) struct Pace {
    pub(super) per_second: u32,
    /// `retried`.
    word: &'static str,
    changed: AtomicU64,
    skipped: AtomicU64,
}

/// A change that runs or has run.
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) begun: Begun,
    pub(super) started_at: Timestamp,
    is_stopped: AtomicBool,
    end: Mutex<Option<(Timestamp, Option<String>)>>,
}

impl Jobs {
    /// A new job, which has not done anything yet.
    pub(super) fn begin(&self, begun: Begun) -> Arc<Job> {
        let job = Arc::new(Job {
            id: self.last.fetch_add(1, Ordering::Relaxed) + 1,
            begun,
            started_at: Timestamp::now(),
            is_stopped: AtomicBool::new(false),
            end: Mutex::new(None),
        });

        let mut jobs = self.lock();
        jobs.push_back(Arc::clone(&job));
        while jobs.len() > MOST_KEPT {
            jobs.pop_front();
        }
        job
    }

    pub(super) fn get(&self, id: u64) -> Option<Arc<Job>> {
        self.lock().iter().find(|job| job.id == id).cloned()
    }

    /// Those that run, the newest first.
    pub(super) fn running(&self) -> Vec<Arc<Job>> {
        let jobs = self.lock();
        let running = jobs.iter().rev().filter(|job| job.end().is_none());
        running.cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    pub(super) fn new(per_second: u32, word: &'static str) -> Self {
        Self {
            per_second,
            word,
            changed: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
        }
    }

    /// Counts a page of which this many were changed.
    pub(super) fn count(&self, changed: u64, skipped: u64) {
        self.changed.fetch_add(changed, Ordering::Relaxed);
        self.skipped.fetch_add(skipped, Ordering::Relaxed);
    }

    pub(super) fn changed(&self) -> u64 {
        self.changed.load(Ordering::Relaxed)
    }

    pub(super) fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }
}

impl Work {
    /// What has been done.
    fn done(&self) -> String {
        match self {
            Self::Change(pace) => {
                let (changed, word) = (pace.changed(), pace.word);
                format!("{changed} {word}, {} skipped", pace.skipped())
            }
            Self::Redaction { report, .. } => match report.get() {
                Some(report) => format!("blanked {report}"),
                None => "a second run does what is left".to_owned(),
            },
        }
    }

    /// Whether it changes anything.
    fn writes(&self) -> bool {
        match self {
            Self::Change(_) => true,
            Self::Redaction { options, .. } => !options.dry_run,
        }
    }
}

impl Job {
    /// Lets it end before its next page.
    pub(super) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// Does the work in the background, also if nobody waits for its end. A row in the record of actions
    /// says how it ended.
    pub(super) fn run(
        self: Arc<Self>,
        store: Store,
        work: impl Future<Output = Result<(), String>> + Send + 'static,
    ) -> JoinHandle<()> {
        tokio::spawn(async move {
            let error = match AssertUnwindSafe(work).catch_unwind().await {
                Ok(done) => done.err(),
                Err(panic) => Some(format!("panicked: {}", panic_message(&*panic))),
            };
            if self.begun.work.writes() {
                self.record(&store, error.as_deref()).await;
            }
            *self.end_lock() = Some((Timestamp::now(), error));
        })
    }

    async fn record(&self, store: &Store, error: Option<&str>) {
        let end = match (error, self.is_stopped()) {
            (Some(error), _) => format!("failed: {error}"),
            (None, true) => "stopped".to_owned(),
            (None, false) => "finished".to_owned(),
        };
        let action = NewAction {
            actor: self.begun.actor.clone(),
            action: self.begun.action.to_owned(),
            subject: self.begun.subject.clone(),
            detail: Some(format!("{end}: {}", self.begun.work.done())),
        };
        if let Err(error) = store.record_action(&action).await {
            tracing::error!(
                error = describe(&error),
                action = self.begun.action,
                actor = self.begun.actor,
                "the end of a change is not in the record of actions"
            );
        }
    }

    /// When it ended, and the error that ended it.
    pub(super) fn end(&self) -> Option<(Timestamp, Option<String>)> {
        self.end_lock().clone()
    }

    fn end_lock(&self) -> MutexGuard<'_, Option<(Timestamp, Option<String>)>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(jobs: &Jobs) -> Arc<Job> {
        jobs.begin(Begun {
            action: "events retry",
            subject: "all".to_owned(),
            actor: "ann".to_owned(),
            right: Right::Retry,
            work: Work::Change(Arc::new(Pace::new(100, "retried"))),
        })
    }

    #[test]
    fn old_jobs_are_forgotten_and_running_ones_are_listed() {
        let jobs = Jobs::default();
        let first = begin(&jobs);
        assert_eq!(jobs.running().len(), 1);
        *first.end_lock() = Some((Timestamp::now(), None));
        assert!(jobs.running().is_empty());
        assert!(jobs.get(first.id).is_some());
        for _ in 0..MOST_KEPT {
            begin(&jobs);
        }
        assert!(jobs.get(first.id).is_none());
    }

    #[test]
    fn what_was_done_is_told_in_words() {
        let pace = Pace::new(100, "retried");
        pace.count(2, 1);
        assert_eq!(Work::Change(Arc::new(pace)).done(), "2 retried, 1 skipped");

        let options = RedactOptions::new("cus_1");
        let report = Arc::default();
        let broken_off = Work::Redaction { options, report };
        assert_eq!(broken_off.done(), "a second run does what is left");
        assert!(broken_off.writes());
    }
}
