//! The vital signs of a process: whether its long-lived tasks run, and whether it is stopping.
//!
//! In: tasks that have to run until they are told to stop. Out: the first one that ended before, to
//! the log, to `/readyz`, and to the server or worker, which then stops. A process whose workers are
//! gone must not go on acknowledging deliveries as if nothing had happened.

use std::any::Any;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use tokio::sync::watch;

use crate::error::panic_message;

/// The vital signs of one application. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Vitals(Arc<State>);

#[derive(Default)]
struct State {
    failure: watch::Sender<Option<TaskFailure>>,
    is_stopping: AtomicBool,
}

/// A long-lived task that ended before it was told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskFailure {
    pub(crate) task: &'static str,
    /// What it did: `ended`, or `panicked: …`.
    pub(crate) reason: String,
}

impl Vitals {
    /// Runs a task that has to run until `shutdown` turns true or its sender is gone.
    pub(crate) async fn until<T>(
        &self,
        task: &'static str,
        shutdown: &watch::Receiver<bool>,
        run: impl Future<Output = T>,
    ) -> T {
        let result = self.guard(task, run).await;
        let is_told = *shutdown.borrow() || shutdown.has_changed().is_err();
        if !is_told {
            self.fail(task, "ended".to_owned());
        }
        result
    }

    /// Runs a task that may end, or that has no end. Its panic continues after it was recorded, so
    /// that whoever awaits the task sees it too.
    pub(crate) async fn guard<T>(&self, task: &'static str, run: impl Future<Output = T>) -> T {
        match AssertUnwindSafe(run).catch_unwind().await {
            Ok(result) => result,
            Err(panic) => {
                self.fail(task, format!("panicked: {}", panic_message(panic.as_ref())));
                resume_unwind(panic)
            }
        }
    }

    fn fail(&self, task: &'static str, reason: String) {
        tracing::error!(
            task,
            reason,
            "a task ended before it was told to; this process is not ready any more"
        );
        // What fails after it is often a consequence.
        self.0.failure.send_if_modified(|failure| {
            let is_first = failure.is_none();
            failure.get_or_insert(TaskFailure { task, reason });
            is_first
        });
    }

    /// The first task that failed.
    pub(crate) fn failure(&self) -> Option<TaskFailure> {
        self.0.failure.borrow().clone()
    }

    /// Waits until a task fails.
    pub(crate) async fn failed(&self) -> TaskFailure {
        let mut failures = self.0.failure.subscribe();
        let failed = failures.wait_for(Option::is_some).await;
        match failed.ok().and_then(|failure| failure.clone()) {
            Some(failure) => failure,
            // The sender lives as long as `self`.
            None => std::future::pending().await,
        }
    }

    /// Sets whether the process is stopping, and so should get no further requests.
    pub(crate) fn set_stopping(&self, is_stopping: bool) {
        self.0.is_stopping.store(is_stopping, Ordering::Relaxed);
    }

    /// Why the process should get no requests, whatever the database says.
    pub(crate) fn not_ready(&self) -> Option<String> {
        if let Some(TaskFailure { task, reason }) = self.failure() {
            return Some(format!("the task `{task}` {reason}"));
        }
        let is_stopping = self.0.is_stopping.load(Ordering::Relaxed);
        is_stopping.then(|| "stopping".to_owned())
    }
}

/// Starts a short task that nobody awaits. Its panic is logged, and ends nothing else.
pub(crate) fn detach(task: &'static str, run: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(async move {
        if let Err(panic) = AssertUnwindSafe(run).catch_unwind().await {
            log_panic(task, panic.as_ref());
        }
    });
}

/// Logs the panic of a task whose end concerns nothing else.
pub(crate) fn log_panic(task: &'static str, panic: &(dyn Any + Send)) {
    tracing::error!(task, panic = panic_message(panic), "a task panicked");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_too_early_is_a_failure() {
        let vitals = Vitals::default();
        let (stop, stopped) = watch::channel(false);
        vitals.until("worker", &stopped, async {}).await;
        let failure = TaskFailure {
            task: "worker",
            reason: "ended".to_owned(),
        };
        assert_eq!(vitals.failed().await, failure);
        assert_eq!(
            vitals.not_ready().as_deref(),
            Some("the task `worker` ended")
        );

        // The first one is the cause.
        vitals.until("inbox", &stopped, async {}).await;
        assert_eq!(vitals.failure(), Some(failure));
        drop(stop);
    }

    #[tokio::test]
    async fn a_task_that_is_told_to_may_end() {
        let vitals = Vitals::default();
        let (stop, stopped) = watch::channel(false);
        stop.send_replace(true);
        vitals.until("worker", &stopped, async {}).await;
        stop.send_replace(false);
        drop(stop);
        vitals.until("worker", &stopped, async {}).await;
        assert_eq!(vitals.failure(), None);
        assert_eq!(vitals.not_ready(), None);

        vitals.set_stopping(true);
        assert_eq!(vitals.not_ready().as_deref(), Some("stopping"));
    }

    #[tokio::test]
    async fn a_panic_is_recorded_and_continues() {
        let vitals = Vitals::default();
        let task = tokio::spawn({
            let vitals = vitals.clone();
            async move { vitals.guard("effects", async { panic!("no luck") }).await }
        });
        assert!(task.await.unwrap_err().is_panic());
        let failure = vitals.failed().await;
        assert_eq!(failure.task, "effects");
        assert_eq!(failure.reason, "panicked: no luck");
    }
}
