//! Deliveries that come together are stored together: one multi-row insert, one commit, one answer each.
//!
//! One task writes. While it waits for a commit the next deliveries gather, so the busier the server, the more share a
//! commit; a delivery that is alone waits for nobody. What does not fit into the queue is refused, so memory is bounded.
//! A worker of this process that has room takes the events in the same step.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::processing::handover::{Handover, hand_back};
use crate::store::{NewEvent, Store, StoreError, Stored};

/// Deliveries that wait for the database at most.
const WAITING: usize = 1_024;

/// Deliveries that share a commit at most.
const BATCH: usize = 256;

/// Longest wait of a delivery. Stripe gives up on an answer after about as long again, and then delivers once more.
///
/// Source: [Webhooks](https://docs.stripe.com/webhooks#acknowledge-events-immediately).
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The way into the store.
#[derive(Clone)]
pub(crate) struct Inbox(mpsc::Sender<Waiting>);

struct Waiting {
    event: NewEvent,
    answer: oneshot::Sender<Answer>,
}

type Answer = Result<Stored, Arc<StoreError>>;

/// Why an event was not stored.
#[derive(Debug)]
pub(crate) enum InboxError {
    /// The database failed.
    Store(Arc<StoreError>),
    /// Too many deliveries wait already, or this one did for too long.
    Overloaded,
}

impl Inbox {
    /// Starts the task that writes. It ends with the last handle.
    pub(crate) fn start(store: Store, handover: Arc<Handover>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(write_all(store, handover, receiver));
        Self(sender)
    }

    /// Stores an event; once this returns it survives a power cut.
    pub(crate) async fn store(&self, event: NewEvent) -> Result<Stored, InboxError> {
        let (answer, answered) = oneshot::channel();
        self.0
            .try_send(Waiting { event, answer })
            .map_err(|_| InboxError::Overloaded)?;
        match tokio::time::timeout(LONGEST_WAIT, answered).await {
            Ok(Ok(stored)) => stored.map_err(InboxError::Store),
            Ok(Err(_)) => Err(InboxError::Store(Arc::new(StoreError::ShuttingDown))),
            Err(_) => Err(InboxError::Overloaded),
        }
    }
}

async fn write_all(store: Store, handover: Arc<Handover>, mut waiting: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let (events, answers): (Vec<NewEvent>, Vec<_>) = batch
            .drain(..)
            .filter(|one| !one.answer.is_closed())
            .map(|one| (one.event, one.answer))
            .unzip();
        let room = handover.room(events.len());
        match store
            .insert_and_take(&events, room.as_ref().map(|room| room.taker()))
            .await
        {
            Ok(stored) => {
                answer_each(answers, stored.iter().map(|stored| Ok(*stored)));
                let taken = events
                    .into_iter()
                    .zip(stored)
                    .filter(|(_, stored)| *stored == Stored::Taken);
                let left = room
                    .map(|room| room.hand_over(taken.map(|(event, _)| event)))
                    .unwrap_or_default();
                hand_back(&store, left.into_iter()).await;
            }
            // One event that the database refuses must not take the others with it.
            Err(error) if events.len() > 1 && !error.is_transient() => {
                for (event, answer) in events.into_iter().zip(answers) {
                    let stored = store.insert_and_take(&[event], None).await;
                    // There is one answer for one event.
                    let stored = stored.map(|mut one| one.pop().unwrap_or(Stored::Duplicate));
                    answer_each(vec![answer], [stored.map_err(Arc::new)].into_iter());
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                answer_each(answers, std::iter::repeat_with(|| Err(Arc::clone(&error))));
            }
        }
    }
}

fn answer_each(answers: Vec<oneshot::Sender<Answer>>, stored: impl Iterator<Item = Answer>) {
    for (answer, stored) in answers.into_iter().zip(stored) {
        // Whoever doesn't wait any more will deliver again.
        let _ = answer.send(stored);
    }
}
