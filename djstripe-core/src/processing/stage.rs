//! The handle of this stage: what processing needs, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, watch};

use super::committer::Committer;
use super::handover::Handover;
use super::minute_writer::{MinuteWriter, write_last};
use super::presence::{self, ProcessRole};
use super::wake::Wake;
use crate::hooks::Hooks;
use crate::mirror::Services;
use crate::receiver::context::Context;
use crate::receiver::effects::handlers::Effects;
use crate::receiver::registry::Registry;
use crate::store::Store;
use crate::telemetry::minutes::Minutes;
use crate::telemetry::vitals::Vitals;

/// When receivers run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcessingMode {
    /// A delivery is acknowledged once its event is stored. Workers run the receivers.
    #[default]
    Background,
    /// Receivers run before the delivery is answered. If one fails, the answer is 500, as in
    /// dj-stripe.
    ///
    /// An event is processed by the task that received it. If another event of its object is being
    /// processed at that moment, the answer is 503, and Stripe delivers it again. What is left to
    /// do after the answer, effects and retries of receivers that failed, is done by a worker that
    /// starts with the first delivery, or with [`http::router`](crate::http::router). It ends with
    /// the last clone of the [`Djstripe`](crate::Djstripe). An application that calls
    /// [`work`](crate::Djstripe::work) itself has no second one; it should, if it wants the worker
    /// to finish what it runs before the process ends.
    Inline,
}

/// Processes stored events. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Processing(pub(super) Arc<ProcessingParts>);

/// What a [`Processing`] is made of.
pub(crate) struct ProcessingParts {
    pub(crate) store: Store,
    pub(crate) registry: Arc<Registry>,
    pub(crate) context: Context,
    pub(crate) services: Arc<Services>,
    pub(crate) hooks: Hooks,
    pub(crate) effects: Effects,
    pub(crate) handover: Arc<Handover>,
    pub(crate) committer: Committer,
    pub(crate) wake: Arc<Wake>,
    /// One permit for each connection that receivers may hold at a time.
    pub(crate) db_permits: Semaphore,
    pub(crate) mode: ProcessingMode,
    pub(crate) retry_schedule: Vec<Duration>,
    pub(crate) lease: Duration,
    pub(crate) grace: Duration,
    /// The name that this process's leases carry.
    pub(crate) worker_id: String,
    pub(crate) vitals: Vitals,
    /// What this process counts.
    pub(crate) minutes: Minutes,
    /// Writes that to the database.
    pub(crate) _minute_writer: MinuteWriter,
}

impl Processing {
    /// The handle of these parts.
    pub(crate) fn new(parts: ProcessingParts) -> Self {
        Self(Arc::new(parts))
    }

    /// The receivers.
    pub(crate) fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// The receivers, for a job that runs next to processing.
    pub(crate) fn shared_registry(&self) -> Arc<Registry> {
        Arc::clone(&self.0.registry)
    }

    /// The shared values of the application.
    pub(crate) fn context(&self) -> &Context {
        &self.0.context
    }

    /// What wakes this process's workers.
    pub(crate) fn wake(&self) -> Arc<Wake> {
        Arc::clone(&self.0.wake)
    }

    /// How long a worker that shuts down may take.
    pub(crate) fn grace(&self) -> Duration {
        self.0.grace
    }

    /// The vital signs of this application.
    pub(crate) fn vitals(&self) -> &Vitals {
        &self.0.vitals
    }

    /// Writes what this process has counted, as it ends.
    pub(crate) async fn write_last_counts(&self) {
        write_last(&self.0.store, &self.0.minutes).await;
    }

    /// Shows that this process is there, until `shutdown` turns true.
    pub(crate) async fn keep_presence(&self, role: ProcessRole, shutdown: watch::Receiver<bool>) {
        let keep = presence::keep(&self.0.store, role, shutdown.clone());
        self.0.vitals.until("presence", &shutdown, keep).await;
    }

    /// When receivers run.
    pub(crate) fn mode(&self) -> ProcessingMode {
        self.0.mode
    }

    /// Waits for one of the connections that receivers may hold.
    pub(super) async fn db_permit(&self) -> SemaphorePermit<'_> {
        let permit = self.0.db_permits.acquire().await;
        permit.expect("this semaphore is never closed")
    }
}

/// A name for this process's leases. The process id alone is not unique: containers share a few.
pub(crate) fn worker_id() -> String {
    format!("worker {} {}", std::process::id(), uuid::Uuid::new_v4())
}
