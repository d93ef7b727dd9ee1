//! Changes of many events or effects, which run in the background at a pace. This process alone knows
//! them; the record of actions tells when they began and ended.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::timestamp::Timestamp;

/// Jobs that are remembered.
const MOST_KEPT: usize = 50;

/// The jobs of this process, the newest last.
#[derive(Default)]
pub(super) struct Jobs {
    jobs: Mutex<VecDeque<Arc<Job>>>,
    last: AtomicU64,
}

/// A change that runs or has run.
pub(super) struct Job {
    pub(super) id: u64,
    /// `events retry`.
    pub(super) action: &'static str,
    /// What was selected, in words.
    pub(super) subject: String,
    pub(super) actor: String,
    pub(super) started_at: Timestamp,
    pub(super) per_second: u32,
    changed: AtomicU64,
    skipped: AtomicU64,
    is_stopped: AtomicBool,
    end: Mutex<Option<(Timestamp, Option<String>)>>,
}

impl Jobs {
    /// A new job, which has not done anything yet.
    pub(super) fn begin(
        &self,
        action: &'static str,
        subject: String,
        actor: String,
        per_second: u32,
    ) -> Arc<Job> {
        let job = Arc::new(Job {
            id: self.last.fetch_add(1, Ordering::Relaxed) + 1,
            action,
            subject,
            actor,
            started_at: Timestamp::now(),
            per_second,
            changed: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
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

impl Job {
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

    /// Lets it end before its next page.
    pub(super) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// Records that it has ended, because of an error or without one.
    pub(super) fn finish(&self, error: Option<String>) {
        *self.end_lock() = Some((Timestamp::now(), error));
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

    #[test]
    fn old_jobs_are_forgotten_and_running_ones_are_listed() {
        let jobs = Jobs::default();
        let begin = || jobs.begin("events retry", "all".to_owned(), "ann".to_owned(), 100);
        let first = begin();
        first.count(2, 1);
        assert_eq!((first.changed(), first.skipped()), (2, 1));
        assert_eq!(jobs.running().len(), 1);
        first.finish(None);
        assert!(jobs.running().is_empty());
        assert!(jobs.get(first.id).is_some());
        for _ in 0..MOST_KEPT {
            begin();
        }
        assert!(jobs.get(first.id).is_none());
    }
}
