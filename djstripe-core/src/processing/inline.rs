//! Inline mode: the receivers of an event run before its delivery is answered.
//!
//! In: a stored event and its delivery. Out: whether its receivers have succeeded. The statement
//! that stores the event leases it to the delivery, so that no worker can take it in between.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;

use super::leases::{Leases, release};
use super::stage::{Processing, ProcessingMode};
use super::task::{LeaseKey, Task};
use crate::store::{
    EventOutcome, EventState, FIRST_FENCE, Insertion, Lease, NewEvent, Store, StoreError, stored_id,
};
use crate::timestamp::Timestamp;
use crate::webhook::delivery::Delivery;
use crate::webhook::event::Event;

/// How long a delivery waits for a worker that has its event. It has to be answered in time.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How often it looks whether the worker is done.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What came of an event that was processed before its delivery is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inline {
    /// Every receiver has succeeded, now or earlier.
    Processed,
    /// Another event of its object is being processed, or a worker has this one and takes long; the
    /// sender has to deliver it again.
    Busy,
    /// A receiver failed.
    Failed,
}

/// The leases of deliveries that are processed inline.
#[derive(Clone)]
pub(crate) struct InlineLeases {
    process: String,
    lease: Duration,
}

impl InlineLeases {
    /// A lease for the events of one batch. Each batch counts as a worker of its own, because
    /// events of one object must not run at the same time.
    pub(crate) fn lease(&self) -> Lease {
        let now = Timestamp::now();
        Lease {
            worker: format!("{} {}", self.process, uuid::Uuid::new_v4()),
            now,
            until: now + self.lease,
            waits_for_claims: true,
        }
    }

    /// Releases new events whose deliveries no longer wait. Workers process them.
    pub(crate) async fn give_up(&self, store: &Store, events: impl IntoIterator<Item = NewEvent>) {
        let leases = events.into_iter().map(|new| LeaseKey {
            event_id: stored_id(new.event.id()).into_owned(),
            fence: FIRST_FENCE,
        });
        release(store, leases.collect()).await;
    }
}

impl Processing {
    /// What leases new events to their deliveries; `None` if workers process them.
    pub(crate) fn inline_leases(&self) -> Option<InlineLeases> {
        match self.0.mode {
            ProcessingMode::Background => None,
            ProcessingMode::Inline => Some(InlineLeases {
                process: self.0.worker_id.clone(),
                lease: self.0.lease,
            }),
        }
    }
}

/// Processes deliveries inline. A worker of its own runs what is left to do afterwards: effects,
/// and retries of receivers that failed.
pub(crate) struct InlineProcessing {
    processing: Processing,
    worker: Mutex<OwnWorker>,
}

/// The worker that inline mode has by itself.
enum OwnWorker {
    NotStarted,
    /// It runs until the sender is dropped.
    Started {
        _stop: watch::Sender<bool>,
    },
    /// The application has a worker.
    NotNeeded,
}

impl InlineProcessing {
    /// Inline processing whose worker has not started yet.
    pub(crate) fn new(processing: Processing) -> Self {
        Self {
            processing,
            worker: Mutex::new(OwnWorker::NotStarted),
        }
    }

    /// What it processes with.
    pub(super) fn processing(&self) -> &Processing {
        &self.processing
    }

    /// Starts the worker, unless it runs or the application has one. Outside of a runtime it does
    /// nothing.
    pub(crate) fn start_worker(&self) {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if let (OwnWorker::NotStarted, Ok(runtime)) = (&*worker, Handle::try_current()) {
            let (stop, stopped) = watch::channel(false);
            let processing = self.processing.clone();
            runtime.spawn(async move { processing.work(stopped).await });
            *worker = OwnWorker::Started { _stop: stop };
        }
    }

    /// Stops the worker for good: the application has one.
    pub(crate) fn stop_worker(&self) {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        *worker = OwnWorker::NotNeeded;
    }

    /// Runs the receivers of a stored event. `is_due`: this delivery stored it or made it due, so a
    /// worker that has it runs for this delivery.
    pub(crate) async fn process(
        &self,
        delivery: &Delivery,
        event: &Event,
        stored: Insertion,
        is_due: bool,
    ) -> Result<Inline, StoreError> {
        self.start_worker();
        if stored == Insertion::Leased {
            let task = Task::handed_over(event.clone(), Timestamp::now(), None);
            return self.run(task, delivery).await;
        }

        let parts = &*self.processing.0;
        let worker = format!("{} {}", parts.worker_id, uuid::Uuid::new_v4());
        let claim = parts
            .store
            .queue()
            .claim_event(event.id(), &worker, Timestamp::now(), parts.lease)
            .await?;
        match claim {
            Some(claim) => self.run(Task::claimed(claim, None), delivery).await,
            None => self.wait_for_worker(event, is_due).await,
        }
    }

    /// Runs a leased event, and extends the lease for as long as that takes.
    async fn run(&self, mut task: Task, delivery: &Delivery) -> Result<Inline, StoreError> {
        let parts = &*self.processing.0;
        task.delivery = Some(delivery.clone());
        let leases = Leases::default();
        leases.add(task.lease());

        let outcome = tokio::select! {
            outcome = self.processing.process(&task) => outcome,
            never = leases.extend_forever(&parts.store, parts.lease) => match never {},
        };
        match outcome {
            Ok(EventOutcome::Processed) => Ok(Inline::Processed),
            Ok(_) => Ok(Inline::Failed),
            Err(error) => {
                if !matches!(error, StoreError::LeaseLost { .. }) {
                    release(&parts.store, vec![task.lease()]).await;
                }
                Err(error)
            }
        }
    }

    /// The state of an event that can't be claimed. If this delivery made it due, a worker that runs
    /// it is awaited.
    async fn wait_for_worker(&self, event: &Event, is_due: bool) -> Result<Inline, StoreError> {
        let give_up_at = Instant::now() + LONGEST_WAIT;
        loop {
            let found = self
                .processing
                .0
                .store
                .event(&stored_id(event.id()))
                .await?;
            match found.map(|(found, _)| found.state) {
                Some(EventState::Retrying | EventState::Dead) if is_due => {
                    return Ok(Inline::Failed);
                }
                // An event can't be claimed while another one of its object is being processed.
                Some(EventState::Pending | EventState::Retrying) => return Ok(Inline::Busy),
                Some(EventState::Processing) if is_due => {
                    if Instant::now() >= give_up_at {
                        return Ok(Inline::Busy);
                    }
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                // It has been processed, or its first delivery is being processed and answers for
                // it.
                _ => return Ok(Inline::Processed),
            }
        }
    }
}
