//! From the inbox to the workers of the same process: events that are taken while they are stored need no claim, and are
//! not read again.
//!
//! In: an event that was stored and taken in one step. Out: a task for the worker that has room for it. What the worker
//! doesn't get because it stops meanwhile is told, so that it can be handed back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::error::describe;
use crate::processing::task::Task;
use crate::store::{FIRST_FENCE, NewEvent, Settlement, Store, Taker};
use crate::timestamp::Timestamp;

/// The way from the inbox to the worker, while there is one.
pub(crate) struct Handover {
    lease: Duration,
    desk: Mutex<Option<Desk>>,
}

/// Where a worker takes events.
#[derive(Clone)]
struct Desk {
    worker: String,
    places: Arc<Semaphore>,
    tasks: mpsc::UnboundedSender<Task>,
}

impl Handover {
    /// A way without a worker at its end.
    pub(crate) fn new(lease: Duration) -> Self {
        Self {
            lease,
            desk: Mutex::default(),
        }
    }

    /// Lets a worker take events from now on. They are no more than it has places.
    pub(crate) fn open(
        &self,
        worker: &str,
        places: &Arc<Semaphore>,
    ) -> mpsc::UnboundedReceiver<Task> {
        let (tasks, handed) = mpsc::unbounded_channel();
        *self.desk() = Some(Desk {
            worker: worker.to_owned(),
            places: Arc::clone(places),
            tasks,
        });
        handed
    }

    /// Ends that; another worker that has opened the way since keeps it.
    pub(crate) fn close(&self, worker: &str) {
        let mut desk = self.desk();
        if desk.as_ref().is_some_and(|desk| desk.worker == worker) {
            *desk = None;
        }
    }

    /// Room for so many events, if a worker has it.
    pub(crate) fn room(&self, events: usize) -> Option<Room> {
        let desk = self.desk().clone().filter(|desk| !desk.tasks.is_closed())?;
        let places = Arc::clone(&desk.places)
            .try_acquire_many_owned(u32::try_from(events).ok()?)
            .ok()?;
        let now = Timestamp::now();
        Some(Room {
            desk,
            places,
            taken_at: now,
            until: now + self.lease,
        })
    }

    fn desk(&self) -> std::sync::MutexGuard<'_, Option<Desk>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Places of a worker that wait for the events of one batch.
pub(crate) struct Room {
    desk: Desk,
    places: OwnedSemaphorePermit,
    taken_at: Timestamp,
    until: Timestamp,
}

impl Room {
    /// Who takes the events while they are stored.
    pub(crate) fn taker(&self) -> Taker {
        Taker {
            worker: self.desk.worker.clone(),
            now: self.taken_at,
            until: self.until,
        }
    }

    /// Hands events over that were taken. Returns the leases of those that the worker has no use for any more.
    pub(crate) fn hand_over(
        mut self,
        events: impl IntoIterator<Item = NewEvent>,
    ) -> Vec<(String, i64)> {
        let mut left = Vec::new();
        for new in events {
            let task = Task::taken(new.event, self.places.split(1));
            if let Err(mpsc::error::SendError(task)) = self.desk.tasks.send(task) {
                left.push((task.event_id, FIRST_FENCE));
            }
        }
        left
    }
}

/// Leaves events, each known by its id and fence, to others. Nothing changes about those that were settled meanwhile.
pub(crate) async fn hand_back(store: &Store, leases: impl Iterator<Item = (String, i64)>) {
    let at = Timestamp::now();
    let released: Vec<Settlement> = leases
        .map(|(event_id, fence)| Settlement::released(event_id, fence, at))
        .collect();
    if released.is_empty() {
        return;
    }
    if let Err(error) = store.settle(&released).await {
        tracing::error!(
            error = describe(&error),
            "events could not be handed back; their leases will run out"
        );
        return;
    }
    if let Err(error) = store.tell_of_events().await {
        tracing::warn!(
            error = describe(&error),
            "others will find what was handed back by themselves"
        );
    }
}
