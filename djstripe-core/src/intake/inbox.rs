//! Group commit of deliveries: those that arrive together are stored by one multi-row insert in one
//! commit, and each is answered after it.
//!
//! A delivery that does not fit into the queue is refused, so memory is bounded. The log says why a
//! batch was not stored. The statement that
//! stores the events also leases them: to a worker of this process, if one has capacity, or in
//! inline mode to the deliveries themselves.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::store_report::StoreReport;
use crate::processing::group_commit::{GroupCommit, Limits, Unqueued};
use crate::processing::handover::Handover;
use crate::processing::inline::InlineLeases;
use crate::processing::wake::Wake;
use crate::store::{Insertion, Lease, NewEvent, Store, StoreError};
use crate::telemetry::vitals::Vitals;
use crate::webhook::event::Event;

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

/// Who gets the leases of new events.
pub(crate) enum Taker {
    /// The worker of this process, if there is one and it has capacity.
    Worker(Arc<Handover>),
    /// The delivery of each event.
    Delivery(InlineLeases),
}

struct Waiting {
    event: NewEvent,
    answer: oneshot::Sender<Answer>,
}

/// How an event was stored, and as what: what it says about a forgotten customer is blanked.
type Answer = Result<(Insertion, Event), Arc<StoreError>>;

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
    pub(crate) fn start(store: Store, taker: Taker, wake: Arc<Wake>, vitals: &Vitals) -> Self {
        let writer = Arc::new(Writer {
            store,
            taker,
            report: StoreReport::new(wake),
        });
        Self(GroupCommit::start(vitals, "inbox", LIMITS, move |batch| {
            let writer = Arc::clone(&writer);
            async move { writer.store_batch(batch).await }
        }))
    }

    /// Stores an event, and returns it as it is stored. Once this returns `Ok`, the event survives a
    /// power failure.
    pub(super) async fn store(&self, event: NewEvent) -> Result<(Insertion, Event), InboxError> {
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

/// What the task that writes needs.
struct Writer {
    store: Store,
    taker: Taker,
    report: StoreReport,
}

impl Writer {
    /// Stores the events whose senders still wait, and answers each.
    async fn store_batch(&self, batch: Vec<Waiting>) {
        let waiting = batch.into_iter().filter(|one| !one.answer.is_closed());
        let waiting: Vec<Waiting> = waiting.collect();
        if waiting.is_empty() {
            return;
        }

        match &self.taker {
            Taker::Worker(handover) => {
                let reservation = handover.reserve(waiting.len()).await;
                let lease = reservation.as_ref().map(|reserved| reserved.lease());
                let leased = self.store_events(waiting, lease).await;
                if let Some(reservation) = reservation {
                    let events = leased.into_iter().map(|leased| leased.event);
                    reservation.hand_over(&self.store, events);
                }
            }
            Taker::Delivery(leases) => {
                let (first, others) = one_of_each_object(waiting);
                let leased = self.store_events(first, Some(leases.lease())).await;
                let unanswered = leased.into_iter().filter(|leased| !leased.is_answered);
                let unanswered = unanswered.map(|leased| leased.event);
                leases.give_up(&self.store, unanswered).await;
                self.store_events(others, None).await;
            }
        }
    }

    /// Stores events and answers their senders. Returns those that were leased.
    async fn store_events(&self, waiting: Vec<Waiting>, lease: Option<Lease>) -> Vec<Leased> {
        if waiting.is_empty() {
            return Vec::new();
        }
        let (mut events, answers): (Vec<NewEvent>, Vec<_>) = waiting
            .into_iter()
            .map(|one| (one.event, one.answer))
            .unzip();
        match self
            .store
            .queue()
            .insert_and_lease(&mut events, lease)
            .await
        {
            Ok(stored) => {
                self.report.stored();
                let answered = answers.into_iter().zip(&stored).zip(&events);
                let answered: Vec<bool> = answered
                    .map(|((answer, stored), new)| {
                        answer.send(Ok((*stored, new.event.clone()))).is_ok()
                    })
                    .collect();
                let each = events.into_iter().zip(stored.iter().copied()).zip(answered);
                each.filter(|((_, stored), _)| *stored == Insertion::Leased)
                    .map(|((event, _), is_answered)| Leased { event, is_answered })
                    .collect()
            }
            // One event that the database refuses must not fail the others.
            Err(error) if events.len() > 1 && !error.is_transient() => {
                for (event, answer) in events.into_iter().zip(answers) {
                    self.store_event(event, answer).await;
                }
                Vec::new()
            }
            Err(error) => {
                self.report.failed(&events, &error);
                let error = Arc::new(error);
                answer_each(answers, std::iter::repeat_with(|| Err(Arc::clone(&error))));
                Vec::new()
            }
        }
    }

    /// Stores one event by itself.
    async fn store_event(&self, event: NewEvent, answer: oneshot::Sender<Answer>) {
        let mut events = [event];
        match self.store.queue().insert_and_lease(&mut events, None).await {
            Ok(stored) => {
                self.report.stored();
                let events = events.into_iter().map(|new| new.event);
                answer_each(vec![answer], stored.into_iter().zip(events).map(Ok));
            }
            Err(error) => {
                self.report.failed(&events, &error);
                answer_each(vec![answer], [Err(Arc::new(error))].into_iter());
            }
        }
    }
}

/// The first event of each object, and the others: events of one object must not run at the same
/// time, so only one can be leased.
fn one_of_each_object(waiting: Vec<Waiting>) -> (Vec<Waiting>, Vec<Waiting>) {
    let mut objects = HashSet::new();
    waiting.into_iter().partition(|one| {
        let event = &one.event.event;
        let id = event.object_head().id;
        id.is_none_or(|id| objects.insert((event.mirror_account().to_owned(), id)))
    })
}

/// A new event that was leased.
struct Leased {
    event: NewEvent,
    /// Whether its sender still waited for the answer.
    is_answered: bool,
}

fn answer_each(answers: Vec<oneshot::Sender<Answer>>, stored: impl Iterator<Item = Answer>) {
    for (answer, stored) in answers.into_iter().zip(stored) {
        // A sender that no longer waits will deliver the event again.
        let _ = answer.send(stored);
    }
}
