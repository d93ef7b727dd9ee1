//! The events that one worker runs, and those that wait for them: events of one object run one
//! after another, in a lane of their own; events of different objects run side by side.

use std::collections::{HashMap, VecDeque};

use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use super::leases::{Leases, release};
use super::process::Finished;
use super::stage::Processing;
use super::task::{LeaseKey, ObjectKey, Task};
use crate::telemetry::vitals;

/// The events that one worker holds.
pub(super) struct RunningEvents {
    processing: Processing,
    running: JoinSet<Finished>,
    /// What each task of `running` works on.
    started: HashMap<Id, Started>,
    lanes: Lanes<Task>,
    leases: Leases,
}

/// An event that runs.
struct Started {
    lease: LeaseKey,
    object: Option<ObjectKey>,
}

impl RunningEvents {
    /// A worker without events.
    pub(super) fn new(processing: Processing) -> Self {
        Self {
            processing,
            running: JoinSet::new(),
            started: HashMap::new(),
            lanes: Lanes::default(),
            leases: Leases::default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn leases(&self) -> Leases {
        self.leases.clone()
    }

    /// Adds an event. It starts at once, or after the events of its object that are here already.
    pub(super) fn add(&mut self, task: Task) {
        self.leases.add(task.lease());
        let object = task.object();
        if let Some(task) = self.lanes.enter(object.as_ref(), task) {
            self.start(object, task);
        }
    }

    fn start(&mut self, object: Option<ObjectKey>, task: Task) {
        let lease = task.lease();
        let processing = self.processing.clone();
        let handle = self
            .running
            .spawn(async move { processing.process_or_release(&task).await });
        self.started.insert(handle.id(), Started { lease, object });
    }

    /// Waits until a running event finishes, then starts the next one of its object. Returns `None`
    /// at once if no event runs.
    pub(super) async fn finished(&mut self) -> Option<()> {
        let (id, finished) = match self.running.join_next_with_id().await? {
            Ok((id, finished)) => (id, Some(finished)),
            // The task panicked outside the receivers, whose panics are caught.
            Err(error) => {
                let id = error.id();
                if let Ok(panic) = error.try_into_panic() {
                    vitals::log_panic("event", panic.as_ref());
                }
                (id, None)
            }
        };
        let Some(Started { lease, object }) = self.started.remove(&id) else {
            return Some(());
        };
        self.leases.remove(&lease);

        if finished == Some(Finished::Settled) {
            if let Some(object) = object
                && let Some(next) = self.lanes.leave(&object)
            {
                self.start(Some(object), next);
            }
            return Some(());
        }

        // The event will be claimed again later, and those behind it in the lane must not overtake
        // it: they are released too.
        let behind = object.map(|object| self.lanes.close(&object));
        let mut unfinished: Vec<LeaseKey> = behind
            .unwrap_or_default()
            .iter()
            .map(|task| self.give_up(task))
            .collect();
        if finished.is_none() {
            unfinished.push(lease);
        }

        // In a task of its own, because this future may be cancelled wherever it awaits.
        let store = self.processing.0.store.clone();
        vitals::detach("release", async move { release(&store, unfinished).await });
        Some(())
    }

    /// Forgets a lease, which the caller then releases.
    fn give_up(&self, task: &Task) -> LeaseKey {
        let lease = task.lease();
        self.leases.remove(&lease);
        lease
    }

    /// Releases the events that have not started and waits for those that have. At `deadline` it
    /// cancels and releases them too.
    pub(super) async fn close(mut self, deadline: Instant) {
        let store = self.processing.0.store.clone();
        let waiting = self.lanes.clear();
        let waiting = waiting.iter().map(|task| self.give_up(task)).collect();
        release(&store, waiting).await;

        let all = async { while self.finished().await.is_some() {} };
        if tokio::time::timeout_at(deadline, all).await.is_ok() {
            return;
        }

        let unfinished = self.leases.take_all();
        tracing::warn!(
            events = unfinished.len(),
            "events are still running after the grace period; releasing them"
        );
        self.running.shutdown().await;
        release(&store, unfinished).await;
    }
}

/// One lane for each object with a running event: the others of that object wait in their order.
struct Lanes<T>(HashMap<ObjectKey, VecDeque<T>>);

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Lanes<T> {
    /// Returns the task if it may start at once. A task without an object has no lane.
    fn enter(&mut self, object: Option<&ObjectKey>, task: T) -> Option<T> {
        let Some(object) = object else {
            return Some(task);
        };
        if let Some(waiting) = self.0.get_mut(object) {
            waiting.push_back(task);
            return None;
        }

        self.0.insert(object.clone(), VecDeque::new());
        Some(task)
    }

    /// The lane's running task has finished; returns the next one.
    fn leave(&mut self, object: &ObjectKey) -> Option<T> {
        let next = self.0.get_mut(object)?.pop_front();
        if next.is_none() {
            self.0.remove(object);
        }
        next
    }

    /// The lane's running task has failed; removes and returns those behind it.
    fn close(&mut self, object: &ObjectKey) -> Vec<T> {
        self.0.remove(object).map(Vec::from).unwrap_or_default()
    }

    /// Removes and returns every waiting task.
    fn clear(&mut self) -> Vec<T> {
        self.0.drain().flat_map(|(_, waiting)| waiting).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(account: &str, id: &str) -> ObjectKey {
        ObjectKey {
            account: account.to_owned(),
            id: id.to_owned(),
        }
    }

    #[test]
    fn events_of_one_object_run_one_after_another_and_others_beside_them() {
        let (a, b, of_another) = (key("", "a"), key("", "b"), key("acct_1", "a"));
        let mut lanes = Lanes::default();
        assert_eq!(lanes.enter(Some(&a), 1), Some(1));
        assert_eq!(lanes.enter(Some(&a), 2), None);
        assert_eq!(lanes.enter(Some(&b), 3), Some(3));
        assert_eq!(lanes.enter(Some(&of_another), 4), Some(4));

        // Tasks without an object never wait.
        assert_eq!(lanes.enter(None, 5), Some(5));
        assert_eq!(lanes.enter(None, 6), Some(6));

        assert_eq!(lanes.enter(Some(&a), 7), None);
        assert_eq!(
            [lanes.leave(&a), lanes.leave(&a), lanes.leave(&a)],
            [Some(2), Some(7), None]
        );

        // A closed lane is empty, and the next task of its object starts at once.
        assert_eq!(lanes.enter(Some(&a), 8), Some(8));
        assert_eq!(lanes.enter(Some(&a), 9), None);
        assert_eq!(lanes.close(&a), [9]);
        assert_eq!(lanes.enter(Some(&a), 10), Some(10));
        assert_eq!(lanes.enter(Some(&a), 11), None);
        assert_eq!(lanes.clear(), [11]);
    }
}
