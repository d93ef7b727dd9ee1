//! From a stored event to processed, retrying or dead: claim, run each receiver that has not succeeded, settle.
//!
//! Invariant: a receiver's writes and its checkpoint commit in one transaction that also proves that the claim is
//! still ours. One receiver's failure neither undoes nor repeats another's work.

mod desk;
mod rounds;

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;

use crate::app::Djstripe;
use crate::committer::{CommitError, Unit};
use crate::delivery::Delivery;
use crate::dispatch::dispatch;
use crate::event::{DecodeError, Event};
use crate::extract::Parts;
use crate::handover::hand_back;
use crate::mirror::Run;
use crate::receive::WebhookError;
use crate::receiver::{ReceiverError, ReceiverInfo};
use crate::runner::{self, describe};
use crate::store::{
    Claim, EventState, FIRST_FENCE, Outcome, ReceiverRun, RecordedRun, Settlement, StoreError, Timestamp, stored_id,
};
use crate::verdict::{Verdict, allowed_attempts};

/// Wait before an event that can't be processed now is left to whoever claims it next.
const LEFT_FOR: Duration = Duration::from_secs(1);

/// Events that are taken at a time where one after another is processed.
const BATCH: u32 = 16;

impl Djstripe {
    /// Processes what is due now, one event after another, and returns how many events that were. For tests and
    /// one-off commands.
    ///
    /// # Errors
    /// [`StoreError`] when the database can't be asked.
    pub async fn work_until_idle(&self) -> Result<usize, StoreError> {
        let mut processed = 0;
        loop {
            let claims = self.claim(BATCH).await?;
            if claims.is_empty() && self.carry_out_due().await? == 0 {
                return Ok(processed);
            }
            let tasks: Vec<Task> = claims.into_iter().map(|claim| Task::read(claim, None)).collect();
            for task in &tasks {
                self.process(task).await?;
                processed += 1;
            }
        }
    }

    /// Inline mode: runs the receivers of `event` before its delivery is answered.
    pub(crate) async fn process_now(
        &self,
        delivery: &Delivery,
        event: &Event,
        is_new: bool,
    ) -> Result<(), WebhookError> {
        let Some(claim) =
            self.store().claim_event(event.id(), self.worker_id(), Timestamp::now(), self.lease()).await?
        else {
            // An event can't be claimed while another one of its object is worked on: it is to come again. Any other was
            // processed before, or its first delivery is being processed and answers for it.
            let waits = async || {
                let stored = self.store().event(&stored_id(event.id())).await?;
                let state = stored.map(|(stored, _)| stored.state);
                Ok::<_, StoreError>(matches!(state, Some(EventState::Pending | EventState::Retrying)))
            };
            let is_busy = is_new || waits().await?;
            return if is_busy { Err(WebhookError::Busy { id: event.id().to_owned() }) } else { Ok(()) };
        };
        match self
            .process(&Task {
                event_id: claim.event_id,
                fence: claim.fence,
                attempts: claim.attempts,
                event: Ok(event.clone()),
                claimed_at: Timestamp::now(),
                delivery: Some(delivery.clone()),
                _place: None,
            })
            .await?
        {
            Outcome::Processed => Ok(()),
            _ => Err(WebhookError::ReceiverFailed { id: event.id().to_owned() }),
        }
    }

    async fn claim(&self, limit: u32) -> Result<Vec<Claim>, StoreError> {
        self.store().claim(self.worker_id(), limit, Timestamp::now(), self.lease()).await
    }

    /// Processes an event to its end; false if that was not possible and it was handed back.
    async fn process_to_the_end(&self, task: &Task) -> bool {
        match self.process(task).await {
            Ok(_) => true,
            Err(StoreError::LeaseLost { .. }) => {
                tracing::warn!(event = task.event_id, "another worker took over");
                true
            }
            // What is checkpointed isn't repeated when it is claimed again.
            Err(error) => {
                tracing::error!(event = task.event_id, error = describe(&error), "event left for later");
                // What fails at once must not be begun again at once. Others of its object wait meanwhile.
                tokio::time::sleep(LEFT_FOR).await;
                self.hand_back(std::iter::once((task.event_id.clone(), task.fence))).await;
                false
            }
        }
    }

    /// Leaves events, each known by its id and fence, to others.
    async fn hand_back(&self, leases: impl Iterator<Item = (String, i64)>) {
        hand_back(self.store(), leases).await;
    }

    /// Runs every receiver of the claimed event that has not succeeded yet, and settles the event.
    async fn process(&self, task: &Task) -> Result<Outcome, StoreError> {
        let name = task.event.as_ref().map_or("unreadable", |event| event.name().as_str());
        let span = tracing::info_span!("process", event = task.event_id, name, attempt = task.attempts);
        self.process_within(task).instrument(span).await
    }

    async fn process_within(&self, task: &Task) -> Result<Outcome, StoreError> {
        let outcome = match &task.event {
            Ok(event) => {
                self.hooks().pre_process(task.delivery.as_ref(), event).await;
                let outcome = self.run_receivers(task, event).await?;
                if outcome == Outcome::Processed {
                    self.hooks().post_process(task.delivery.as_ref(), event).await;
                }
                outcome
            }
            Err(error) => {
                let settlement = settlement(task, Outcome::Dead, Some(describe(error)));
                let lost = self.store().settle(&[settlement]).await?;
                if !lost.is_empty() {
                    return Err(StoreError::LeaseLost { events: lost });
                }
                Outcome::Dead
            }
        };
        if let Outcome::Retrying { at } = outcome {
            self.note_due(at);
        }
        tracing::debug!(event = task.event_id, ?outcome, "event settled");
        Ok(outcome)
    }

    async fn run_receivers(&self, task: &Task, event: &Event) -> Result<Outcome, StoreError> {
        let schedule = self.retry_schedule();
        // Nobody had an event of the first fence before.
        let earlier = if task.fence > FIRST_FENCE { self.store().receiver_runs(event.id()).await? } else { Vec::new() };
        let earlier: HashMap<&str, &RecordedRun> = earlier.iter().map(|run| (run.receiver.as_str(), run)).collect();
        let mut verdict = Verdict::new(schedule);
        let mut due = Vec::new();
        for receiver in dispatch(self.registry(), event) {
            let before = earlier.get(receiver.id).copied();
            if before.is_some_and(|run| run.succeeded) {
                continue;
            }
            let attempts = before.map_or(0, |run| run.attempts);
            let error = before.and_then(|run| run.error.as_deref());
            if attempts >= allowed_attempts(receiver, schedule) || error.is_some_and(is_permanent) {
                verdict.exhausted(receiver, error.map(str::to_owned));
                continue;
            }
            due.push((receiver, attempts + 1));
        }
        let mut settled = None;
        for (index, (receiver, attempts)) in due.iter().copied().enumerate() {
            let is_last = index + 1 == due.len();
            // What the last one writes and the event's state become one commit.
            let outcome = is_last.then(|| verdict.outcome(Timestamp::now()));
            let settle = outcome.clone().map(|(outcome, error)| settlement(task, outcome, error));
            let span = tracing::info_span!("receiver", id = receiver.id, attempt = attempts);
            match self.run_receiver(task, event, receiver, attempts, settle).instrument(span).await? {
                Ok(()) => settled = outcome.map(|(outcome, _)| outcome),
                Err(error) => {
                    let text = if error.is_permanent() {
                        format!("{PERMANENT}{}", describe(&error))
                    } else {
                        describe(&error)
                    };
                    tracing::warn!(
                        event = event.id(),
                        receiver = receiver.id,
                        attempts,
                        error = text,
                        "receiver failed"
                    );
                    let told = format!("{}: {text}", receiver.id);
                    self.hooks().processing_error(task.delivery.as_ref(), event, &told).await;
                    if error.is_permanent() {
                        verdict.exhausted(receiver, Some(text.clone()));
                    } else {
                        verdict.failed(receiver, attempts, text.clone());
                    }
                    let outcome = is_last.then(|| verdict.outcome(Timestamp::now()));
                    let settle = outcome.clone().map(|(outcome, error)| settlement(task, outcome, error));
                    self.commit(event, Some(finished(task, receiver, attempts, Some(text))), settle).await?;
                    settled = outcome.map(|(outcome, _)| outcome);
                }
            }
        }
        if let Some(outcome) = settled {
            return Ok(outcome);
        }
        let (outcome, error) = verdict.outcome(Timestamp::now());
        self.commit(event, None, Some(settlement(task, outcome, error))).await?;
        Ok(outcome)
    }

    /// One try of one receiver, the checkpoint of its success and, if given, the event's state included.
    async fn run_receiver(
        &self,
        task: &Task,
        event: &Event,
        receiver: &ReceiverInfo,
        attempts: i32,
        settle: Option<Settlement>,
    ) -> Result<Result<(), ReceiverError>, StoreError> {
        let checkpoint = finished(task, receiver, attempts, None);
        if receiver.uses_database {
            let _place = self.db_places().acquire().await.map_err(|_| StoreError::ShuttingDown)?;
            if receiver.options.transaction {
                return self.run_in_transaction(event, receiver, checkpoint, settle).await;
            }
            let mut session = self.store().session().await?;
            let db = session.db()?.for_run(event.id(), receiver.id);
            if let Err(error) = runner::run(receiver, Parts::new(event, self.context(), Some(db))).await {
                return Ok(Err(error));
            }
            drop(session);
            self.commit(event, Some(checkpoint), settle).await?;
            return Ok(Ok(()));
        }
        let run = Run::new(task.claimed_at);
        if let Err(error) = runner::run(receiver, Parts::new(event, self.context(), None).with_run(&run)).await {
            return Ok(Err(error));
        }
        let unit = Unit { event: event.clone(), writes: run.take(), run: Some(checkpoint), settlement: settle };
        match self.committer().commit(unit).await {
            Ok(()) => Ok(Ok(())),
            Err(CommitError::Mirror(error)) => Ok(Err(ReceiverError::Failed(error.into()))),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    async fn run_in_transaction(
        &self,
        event: &Event,
        receiver: &ReceiverInfo,
        checkpoint: ReceiverRun,
        settle: Option<Settlement>,
    ) -> Result<Result<(), ReceiverError>, StoreError> {
        let mut transaction = self.store().begin().await?;
        let db = transaction.db().await?.for_run(event.id(), receiver.id);
        let parts = Parts::new(event, self.context(), Some(db));
        if let Err(error) = runner::run(receiver, parts).await {
            match error {
                // The connection may be in the middle of a query that was given up.
                ReceiverError::TimedOut { .. } | ReceiverError::Panicked { .. } => drop(transaction),
                _ => {
                    if let Err(error) = transaction.rollback().await {
                        // Its connection is closed then, and the database takes everything back.
                        tracing::warn!(error = describe(&error), "a receiver's transaction could not be rolled back");
                    }
                }
            }
            return Ok(Err(error));
        }
        transaction.checkpoint(checkpoint);
        if let Some(settle) = settle {
            transaction.settle(settle);
        }
        match transaction.commit().await {
            Ok(()) => {
                self.tell_of_effects();
                Ok(Ok(()))
            }
            // A receiver that ended its transaction or left it broken has failed, and its tries are counted. If the
            // commit had come through after all, that stays on record: a success is never replaced.
            Err(error @ (StoreError::TransactionEnded(_) | StoreError::Query { .. })) => {
                Ok(Err(ReceiverError::Failed(error.into())))
            }
            Err(error) => Err(error),
        }
    }

    /// Writes a checkpoint and a state, in one commit with those of other events.
    async fn commit(
        &self,
        event: &Event,
        run: Option<ReceiverRun>,
        settlement: Option<Settlement>,
    ) -> Result<(), StoreError> {
        match self.committer().commit(Unit { event: event.clone(), writes: Vec::new(), run, settlement }).await {
            Ok(()) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
            // Only rows fail so, and there are none.
            Err(CommitError::Mirror(_)) => Err(StoreError::ShuttingDown),
        }
    }
}

/// What the recorded error of a receiver begins with that is not to be tried again.
const PERMANENT: &str = "permanent: ";

fn is_permanent(recorded: &str) -> bool {
    recorded.starts_with(PERMANENT)
}

fn settlement(task: &Task, outcome: Outcome, error: Option<String>) -> Settlement {
    Settlement { event_id: task.event_id.clone(), fence: task.fence, outcome, error, at: Timestamp::now() }
}

fn finished(task: &Task, receiver: &ReceiverInfo, attempts: i32, error: Option<String>) -> ReceiverRun {
    ReceiverRun {
        event_id: task.event_id.clone(),
        fence: task.fence,
        receiver: receiver.id.to_owned(),
        attempts,
        error,
        finished_at: Timestamp::now(),
    }
}

/// A claimed event, read once.
pub(crate) struct Task {
    pub(crate) event_id: String,
    /// What the lease is known by.
    fence: i64,
    attempts: i32,
    event: Result<Event, DecodeError>,
    /// By our clock, before which it was stored: what is fetched from then on has seen what it tells of.
    claimed_at: Timestamp,
    /// The request that waits for the answer, inline.
    delivery: Option<Delivery>,
    /// Its place among those that one worker has at a time, given back with it.
    _place: Option<OwnedSemaphorePermit>,
}

impl Task {
    fn read(claim: Claim, place: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            event: Event::from_json(&claim.payload),
            event_id: claim.event_id,
            fence: claim.fence,
            attempts: claim.attempts,
            claimed_at: Timestamp::now(),
            delivery: None,
            _place: place,
        }
    }

    /// An event that was taken while it was stored.
    pub(crate) fn taken(event: Event, place: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            event_id: stored_id(event.id()).into_owned(),
            fence: FIRST_FENCE,
            attempts: 1,
            event: Ok(event),
            claimed_at: Timestamp::now(),
            delivery: None,
            _place: place,
        }
    }

    /// Account and id of the object that it is about.
    fn object(&self) -> Option<ObjectKey> {
        let event = self.event.as_ref().ok()?;
        Some((event.account().unwrap_or_default().to_owned(), event.object_head().id?))
    }
}

/// Account and id of an object.
type ObjectKey = (String, String);
