//! The parts of a process: the worker, the comparisons with Stripe's events, and a server's
//! connections. They start together and stop together.
//!
//! In: a signal to stop, or a part that fails. Out: nothing new is taken, what runs is finished in the
//! grace period, and the failure is returned.
//!
//! Invariant: whatever happens to one part, each of the others is told to stop and awaited.

use std::io;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::{Djstripe, ProcessRole};
use crate::maintenance::reconcile::ReconcileError;
use crate::telemetry::vitals::TaskFailure;

/// Why a server did not start, or ended without being told to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The signals that end it can't be received, or the socket has no address.
    #[error("failed to prepare the server")]
    Prepare(#[from] io::Error),
    /// It can't [reconcile](crate::Builder::reconcile_every).
    #[error(transparent)]
    Reconcile(#[from] ReconcileError),
    /// A task of the application that has to run, such as its worker, ended or panicked. The others
    /// have ended in an orderly way. To serve again, build the application again.
    #[error("the task `{task}` {reason}")]
    TaskFailed {
        /// The task's name.
        task: &'static str,
        /// What it did: `ended`, or `panicked: …`.
        reason: String,
    },
}

impl From<TaskFailure> for ServeError {
    fn from(TaskFailure { task, reason }: TaskFailure) -> Self {
        Self::TaskFailed { task, reason }
    }
}

/// Running parts. If this value or the future of [`run_until`](Self::run_until) is dropped, they are
/// detached rather than aborted: the sender of `stop` is dropped too, which ends each of them in an
/// orderly way.
pub(super) struct Parts {
    app: Djstripe,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Parts {
    /// Starts the worker, and the comparisons if the builder wants them.
    pub(super) fn start(app: &Djstripe, role: ProcessRole) -> Result<Self, ReconcileError> {
        app.check_reconciling()?;
        app.vitals().set_stopping(false);
        let mut parts = Self {
            app: app.clone(),
            stop: watch::Sender::new(false),
            tasks: Vec::new(),
        };

        let worker = app.clone();
        parts.add(|stopped| async move { worker.work_as(role, stopped).await });
        let reconciler = app.clone();
        parts.add(|stopped| async move { reconciler.reconcile_as_set(stopped).await });
        Ok(parts)
    }

    /// Starts another part, which has to run until it is told to stop.
    pub(super) fn add<Part>(&mut self, part: impl FnOnce(watch::Receiver<bool>) -> Part)
    where
        Part: Future<Output = ()> + Send + 'static,
    {
        self.tasks.push(tokio::spawn(part(self.stop.subscribe())));
    }

    /// Waits until `shutdown` ends or a task fails that has to run. Then the process is not ready any
    /// more, the parts go on for the time of `drain`, and finish.
    pub(super) async fn run_until(
        self,
        shutdown: impl Future<Output = io::Result<()>>,
        drain: Duration,
    ) -> Result<(), ServeError> {
        let Self { app, stop, tasks } = self;
        let vitals = app.vitals();
        // Deliveries must not be acknowledged without a worker, nor the other way round.
        let outcome = tokio::select! {
            shutdown = shutdown => shutdown.map_err(ServeError::from),
            failure = vitals.failed() => Err(failure.into()),
        };

        vitals.set_stopping(true);
        if !drain.is_zero() {
            tracing::info!(?drain, "stopping: not ready any more, still accepting");
            tokio::time::sleep(drain).await;
        }
        tracing::info!("stopping: finishing requests and events in progress");
        stop.send_replace(true);
        for task in tasks {
            // Its panic is recorded.
            let _ = task.await;
        }

        // The worker may have ended before the last delivery.
        app.write_last_counts().await;
        match vitals.failure() {
            Some(failure) => outcome.and(Err(failure.into())),
            None => outcome,
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn parts_finish_although_signals_can_not_be_received() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("shop.db").display());
        let app = Djstripe::builder().database_url(url).receivers([]);
        let app = app.workers_only().build().await.unwrap();

        let mut parts = Parts::start(&app, ProcessRole::Work).unwrap();
        let (finish, finished) = watch::channel(false);
        parts.add(|mut stopped| async move {
            crate::app::stopped(&mut stopped).await;
            finish.send_replace(true);
        });
        let shutdown = async { Err(io::Error::other("no more signals")) };
        let ended = parts.run_until(shutdown, Duration::ZERO).await;

        assert!(matches!(ended, Err(ServeError::Prepare(_))), "{ended:?}");
        assert!(*finished.borrow());
        assert_eq!(app.vitals().not_ready().as_deref(), Some("stopping"));
    }
}
