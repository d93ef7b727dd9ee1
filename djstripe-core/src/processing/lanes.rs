//! What one worker has begun, and what waits for that: events of one object run one after another, others side by side.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::{Id, JoinSet};

use crate::app::Djstripe;
use crate::error::describe;
use crate::processing::task::{ObjectKey, Task};
use crate::timestamp::Timestamp;

/// The events that one worker has.
pub(crate) struct Desk {
    app: Djstripe,
    /// Each tells whether its event was settled, and not handed back.
    running: JoinSet<bool>,
    /// Event, fence and object of each that runs.
    begun: HashMap<Id, (String, i64, Option<ObjectKey>)>,
    lanes: Lanes<Task>,
    leases: Leases,
}

impl Desk {
    pub(crate) fn new(app: Djstripe) -> Self {
        Self {
            app,
            running: JoinSet::new(),
            begun: HashMap::new(),
            lanes: Lanes::default(),
            leases: Leases::default(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(crate) fn leases(&self) -> Leases {
        self.leases.clone()
    }

    /// Takes an event. It begins at once, or after those of its object that are there already.
    pub(crate) fn take(&mut self, task: Task) {
        self.leases.lock().insert(task.event_id.clone(), task.fence);
        let object = task.object();
        if let Some(task) = self.lanes.enter(object.as_ref(), task) {
            self.begin(object, task);
        }
    }

    fn begin(&mut self, object: Option<ObjectKey>, task: Task) {
        let (event_id, fence) = (task.event_id.clone(), task.fence);
        let app = self.app.clone();
        let handle = self
            .running
            .spawn(async move { app.process_to_the_end(&task).await });
        self.begun.insert(handle.id(), (event_id, fence, object));
    }

    /// Waits until an event is through, however that went; the next one of its object begins then. `None` if there is none.
    pub(crate) async fn ended(&mut self) -> Option<()> {
        let (id, ended) = match self.running.join_next_with_id().await? {
            Ok((id, settled)) => (id, Some(settled)),
            // It panicked outside its receivers.
            Err(error) => (error.id(), None),
        };
        let Some((event_id, fence, object)) = self.begun.remove(&id) else {
            return Some(());
        };
        {
            let mut leases = self.leases.lock();
            // The same event may have been claimed once more meanwhile.
            if leases.get(&event_id) == Some(&fence) {
                leases.remove(&event_id);
            }
        }
        if ended == Some(true) {
            if let Some(object) = object
                && let Some(next) = self.lanes.leave(&object)
            {
                self.begin(Some(object), next);
            }
        } else {
            // What waits behind it must not overtake it.
            let behind = object
                .map(|object| self.lanes.close(&object))
                .unwrap_or_default();
            let own = ended.is_none().then_some((event_id, fence));
            let left = own
                .into_iter()
                .chain(behind.into_iter().map(|task| self.let_go(task)));
            let (app, left) = (self.app.clone(), left.collect::<Vec<_>>());
            // On its own, as this may be cancelled where it awaits.
            tokio::spawn(async move { app.hand_back(left.into_iter()).await });
        }
        Some(())
    }

    /// Gives a lease up.
    fn let_go(&self, task: Task) -> (String, i64) {
        self.leases.lock().remove(&task.event_id);
        (task.event_id, task.fence)
    }

    /// Hands back what has not begun and waits for what has; after the grace that is broken off and handed back too.
    pub(crate) async fn close(mut self, grace: Duration) {
        let not_begun: Vec<(String, i64)> = self
            .lanes
            .clear()
            .into_iter()
            .map(|task| self.let_go(task))
            .collect();
        self.app.hand_back(not_begun.into_iter()).await;
        let all = async { while self.ended().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_ok() {
            return;
        }
        let left: Vec<(String, i64)> = self.leases.lock().drain().collect();
        tracing::warn!(
            events = left.len(),
            "still at work after the grace; handing back"
        );
        self.running.shutdown().await;
        self.app.hand_back(left.into_iter()).await;
    }
}

/// One lane for each object that is worked on: whoever is first runs, the others wait in their order.
struct Lanes<T>(HashMap<ObjectKey, VecDeque<T>>);

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Lanes<T> {
    /// Gives back what may run at once. What is about no object has no lane.
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

    /// Whoever ran is through; gives the next one.
    fn leave(&mut self, object: &ObjectKey) -> Option<T> {
        let next = self.0.get_mut(object)?.pop_front();
        if next.is_none() {
            self.0.remove(object);
        }
        next
    }

    /// Whoever ran has failed; takes out those behind it.
    fn close(&mut self, object: &ObjectKey) -> Vec<T> {
        self.0.remove(object).map(Vec::from).unwrap_or_default()
    }

    /// Takes out whatever waits.
    fn clear(&mut self) -> Vec<T> {
        self.0.drain().flat_map(|(_, waiting)| waiting).collect()
    }
}

/// Wait before leases are extended again when that has failed.
const AGAIN: Duration = Duration::from_secs(1);

/// Ids and fences of the events that one worker has.
#[derive(Clone, Default)]
pub(crate) struct Leases(Arc<Mutex<HashMap<String, i64>>>);

impl Leases {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Extends them for as long as their events are worked on; never ends. One that is lost anyway is noticed by the
    /// commit.
    pub(crate) async fn keep(&self, app: &Djstripe) {
        let often = app.lease() / 3;
        let mut wait = often;
        loop {
            tokio::time::sleep(wait).await;
            let leases: Vec<(String, i64)> = self
                .lock()
                .iter()
                .map(|(id, fence)| (id.clone(), *fence))
                .collect();
            let leases: Vec<(&str, i64)> =
                leases.iter().map(|(id, fence)| (&**id, *fence)).collect();
            wait = often;
            if let Err(error) = app
                .store()
                .extend_leases(&leases, Timestamp::now() + app.lease())
                .await
            {
                tracing::warn!(error = describe(&error), "leases could not be extended");
                wait = often.min(AGAIN);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_object_run_one_after_another_and_others_beside_them() {
        let key = |account: &str, object: &str| (account.to_owned(), object.to_owned());
        let (a, b, of_another) = (key("", "a"), key("", "b"), key("acct_1", "a"));
        let mut lanes = Lanes::default();
        assert_eq!(lanes.enter(Some(&a), 1), Some(1));
        assert_eq!(lanes.enter(Some(&a), 2), None);
        assert_eq!(lanes.enter(Some(&b), 3), Some(3));
        assert_eq!(lanes.enter(Some(&of_another), 4), Some(4));
        assert_eq!(lanes.enter(None, 5), Some(5));
        assert_eq!(lanes.enter(None, 6), Some(6));
        assert_eq!(lanes.enter(Some(&a), 7), None);
        assert_eq!(
            [lanes.leave(&a), lanes.leave(&a), lanes.leave(&a)],
            [Some(2), Some(7), None]
        );
        assert_eq!(lanes.enter(Some(&a), 8), Some(8));
        assert_eq!(lanes.enter(Some(&a), 9), None);
        assert_eq!(lanes.close(&a), [9]);
        assert_eq!(lanes.enter(Some(&a), 10), Some(10));
        assert_eq!(lanes.enter(Some(&a), 11), None);
        assert_eq!(lanes.clear(), [11]);
    }
}
