//! From the inbox to the worker of the same process. An event that is leased by the statement that
//! stores it needs no claim and is not read again.
//!
//! In: stored and leased events. Out: a task for the worker, whose capacity was reserved before.
//! The inbox learns which events the worker no longer takes because it is stopping, and releases
//! them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, mpsc};

use super::leases::release;
use super::task::{LeaseKey, Task};
use crate::store::{Lease, NewEvent, Store};
use crate::telemetry::vitals;
use crate::timestamp::Timestamp;

/// The way from the inbox to this process's worker, while there is one.
pub(crate) struct Handover {
    lease: Duration,
    worker: Mutex<Option<Worker>>,
    /// Held from a reservation until its events are handed over.
    storing: Arc<tokio::sync::Mutex<()>>,
}

/// A worker that takes events over.
#[derive(Clone)]
struct Worker {
    id: String,
    capacity: Arc<Semaphore>,
    tasks: mpsc::UnboundedSender<Task>,
}

impl Handover {
    /// A handover that no worker has registered with yet.
    pub(crate) fn new(lease: Duration) -> Self {
        Self {
            lease,
            worker: Mutex::default(),
            storing: Arc::default(),
        }
    }

    /// Registers a worker. It is never handed more events than `capacity` has permits.
    pub(super) fn register(
        &self,
        worker: &str,
        capacity: &Arc<Semaphore>,
    ) -> mpsc::UnboundedReceiver<Task> {
        let (tasks, handed_over) = mpsc::unbounded_channel();
        *self.lock() = Some(Worker {
            id: worker.to_owned(),
            capacity: Arc::clone(capacity),
            tasks,
        });
        handed_over
    }

    /// Removes a worker. If another one has registered since, that one stays.
    pub(super) fn unregister(&self, worker: &str) {
        let mut registered = self.lock();
        if registered.as_ref().is_some_and(|other| other.id == worker) {
            *registered = None;
        }
    }

    /// Waits until the events that are being stored under a lease are handed over. What another process
    /// has stored about their objects since may be claimed already, and must run after them.
    pub(super) async fn settled(&self) {
        drop(self.storing.lock().await);
    }

    /// Reserves the worker's capacity for this number of events, if it has as much. There is one
    /// reservation at a time.
    pub(crate) async fn reserve(&self, events: usize) -> Option<Reservation> {
        let storing = Arc::clone(&self.storing).lock_owned().await;
        let worker = self
            .lock()
            .clone()
            .filter(|worker| !worker.tasks.is_closed())?;
        let events = u32::try_from(events).ok()?;
        let permits = Arc::clone(&worker.capacity)
            .try_acquire_many_owned(events)
            .ok()?;

        let now = Timestamp::now();
        Some(Reservation {
            worker,
            permits,
            _storing: storing,
            leased_at: now,
            leased_until: now + self.lease,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Worker>> {
        self.worker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Capacity of a worker that is reserved for the events of one batch.
pub(crate) struct Reservation {
    worker: Worker,
    permits: OwnedSemaphorePermit,
    _storing: OwnedMutexGuard<()>,
    leased_at: Timestamp,
    leased_until: Timestamp,
}

impl Reservation {
    /// The lease that the events get from the statement that stores them.
    pub(crate) fn lease(&self) -> Lease {
        Lease {
            worker: self.worker.id.clone(),
            now: self.leased_at,
            until: self.leased_until,
            // The worker finds what it could not take over.
            waits_for_claims: false,
        }
    }

    /// Hands leased events over. Those that the worker no longer takes are released.
    pub(crate) fn hand_over(mut self, store: &Store, events: impl IntoIterator<Item = NewEvent>) {
        let mut refused: Vec<LeaseKey> = Vec::new();
        for new in events {
            let task = Task::handed_over(new.event, new.received_at, self.permits.split(1));
            if let Err(mpsc::error::SendError(task)) = self.worker.tasks.send(task) {
                refused.push(task.lease());
            }
        }

        if !refused.is_empty() {
            let store = store.clone();
            vitals::detach("release", async move { release(&store, refused).await });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_being_stored_under_a_lease_is_waited_for() {
        let handover = Handover::new(Duration::from_secs(60));
        assert!(handover.reserve(1).await.is_none());
        handover.settled().await;

        let capacity = Arc::new(Semaphore::new(2));
        let _handed_over = handover.register("worker", &capacity);
        let reservation = handover.reserve(1).await.unwrap();
        let settled = || tokio::time::timeout(Duration::from_secs(1), handover.settled());
        assert!(settled().await.is_err());

        drop(reservation);
        assert!(settled().await.is_ok());
        assert!(handover.reserve(3).await.is_none());
        assert!(settled().await.is_ok());
    }
}
