//! Group commit of deliveries: those that arrive together are stored by one multi-row insert in one
//! commit, and each is answered after it.
//!
//! A delivery that does not fit into the queue is refused, so memory is bounded. If a worker of
//! this process has capacity, the statement that stores the events leases them to it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::processing::group_commit::{GroupCommit, Limits, Unqueued};
use crate::processing::handover::Handover;
use crate::store::{Insertion, NewEvent, Store, StoreError};

/// One task writes: while it waits for a commit, the next deliveries gather.
const LIMITS: Limits = Limits {
    waiting: 1_024,
    batch: 256,
    writers: 1,
};

/// Longest wait of a delivery. Stripe waits for an answer about twice as long before it gives up
/// and delivers the event again.
///
/// Source: [Webhooks](https://docs.stripe.com/webhooks#acknowledge-events-immediately).
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Stores the events of deliveries. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Inbox(GroupCommit<Waiting>);

struct Waiting {
    event: NewEvent,
    answer: oneshot::Sender<Answer>,
}

type Answer = Result<Insertion, Arc<StoreError>>;

/// Why an event was not stored.
#[derive(Debug)]
pub(super) enum InboxError {
    /// The database failed.
    Store(Arc<StoreError>),
    /// Too many deliveries wait, or this one waited too long.
    Overloaded,
}

impl Inbox {
    /// Starts the task that writes. It ends with the last clone.
    pub(crate) fn start(store: Store, handover: Arc<Handover>) -> Self {
        Self(GroupCommit::start(LIMITS, move |batch| {
            let (store, handover) = (store.clone(), Arc::clone(&handover));
            async move { store_batch(&store, &handover, batch).await }
        }))
    }

    /// Stores an event. Once this returns `Ok`, the event survives a power failure.
    pub(super) async fn store(&self, event: NewEvent) -> Result<Insertion, InboxError> {
        let shutting_down = || InboxError::Store(Arc::new(StoreError::ShuttingDown));
        let (answer, answered) = oneshot::channel();
        let queued = self.0.try_submit(Waiting { event, answer });
        queued.map_err(|error| match error {
            Unqueued::Full => InboxError::Overloaded,
            Unqueued::Closed => shutting_down(),
        })?;

        match tokio::time::timeout(LONGEST_WAIT, answered).await {
            Ok(Ok(stored)) => stored.map_err(InboxError::Store),
            Ok(Err(_)) => Err(shutting_down()),
            Err(_) => Err(InboxError::Overloaded),
        }
    }
}

/// Stores the events whose senders still wait, and answers each.
async fn store_batch(store: &Store, handover: &Handover, batch: Vec<Waiting>) {
    let waiting = batch.into_iter().filter(|one| !one.answer.is_closed());
    let (events, answers): (Vec<NewEvent>, Vec<_>) =
        waiting.map(|one| (one.event, one.answer)).unzip();
    if events.is_empty() {
        return;
    }

    let reservation = handover.reserve(events.len());
    let lease = reservation.as_ref().map(|reserved| reserved.lease());
    match store.queue().insert_and_lease(&events, lease).await {
        Ok(stored) => {
            answer_each(answers, stored.iter().map(|stored| Ok(*stored)));
            if let Some(reservation) = reservation {
                let stored = events.into_iter().zip(stored);
                let leased = stored.filter(|(_, stored)| *stored == Insertion::Leased);
                reservation.hand_over(store, leased.map(|(event, _)| event));
            }
        }
        // One event that the database refuses must not fail the others.
        Err(error) if events.len() > 1 && !error.is_transient() => {
            for (event, answer) in events.into_iter().zip(answers) {
                match store.queue().insert_and_lease(&[event], None).await {
                    Ok(stored) => answer_each(vec![answer], stored.into_iter().map(Ok)),
                    Err(error) => answer_each(vec![answer], [Err(Arc::new(error))].into_iter()),
                }
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            answer_each(answers, std::iter::repeat_with(|| Err(Arc::clone(&error))));
        }
    }
}

fn answer_each(answers: Vec<oneshot::Sender<Answer>>, stored: impl Iterator<Item = Answer>) {
    for (answer, stored) in answers.into_iter().zip(stored) {
        // A sender that no longer waits will deliver the event again.
        let _ = answer.send(stored);
    }
}
