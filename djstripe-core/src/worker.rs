//! From a stored event to processed, retrying or dead: claim, run each receiver that has not succeeded, settle.
//!
//! Invariant: a receiver's writes and its checkpoint commit in one transaction that also proves that the claim is
//! still ours. One receiver's failure neither undoes nor repeats another's work.

mod rounds;

use std::collections::HashMap;

use tokio::sync::watch;
use tracing::Instrument;

use crate::app::Djstripe;
use crate::committer::{CommitError, Unit};
use crate::delivery::Delivery;
use crate::dispatch::dispatch;
use crate::event::{DecodeError, Event};
use crate::extract::Parts;
use crate::mirror::Run;
use crate::receive::WebhookError;
use crate::receiver::{ReceiverError, ReceiverInfo};
use crate::runner::{self, describe};
use crate::store::{Claim, Outcome, ReceiverRun, RecordedRun, Settlement, StoreError, Timestamp};
use crate::verdict::{Verdict, allowed_attempts};

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
            let tasks: Vec<Task> = claims.into_iter().map(Task::read).collect();
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
            // A new event can't be claimed while another one of its object is worked on: it is to come again. Any other
            // was processed before, or its first delivery is being processed and answers for it.
            return if is_new { Err(WebhookError::Busy { id: event.id().to_owned() }) } else { Ok(()) };
        };
        match self
            .process(&Task {
                claim,
                event: Ok(event.clone()),
                claimed_at: Timestamp::now(),
                delivery: Some(delivery.clone()),
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

    /// Processes the events of one object one after another; those not begun when the worker is to stop are handed back.
    async fn process_in_order(&self, tasks: &[Task], stopping: &watch::Receiver<bool>) {
        let work = async {
            for (index, task) in tasks.iter().enumerate() {
                if *stopping.borrow() {
                    let left = tasks[index..].iter().map(|task| (task.claim.event_id.clone(), task.claim.fence));
                    return self.hand_back(left).await;
                }
                let claim = &task.claim;
                // On an error the claim runs out and the event is claimed again; what is checkpointed isn't repeated.
                match self.process(task).await {
                    Ok(_) => {}
                    Err(StoreError::LeaseLost { .. }) => {
                        tracing::warn!(event = claim.event_id, "another worker took over");
                    }
                    Err(error) => {
                        tracing::error!(event = claim.event_id, error = describe(&error), "event left for later");
                    }
                }
            }
        };
        tokio::select! {
            () = work => {}
            () = self.keep_alive(tasks) => {}
        }
    }

    /// Leaves events, each known by its id and fence, to others. Nothing changes about those that were settled meanwhile.
    async fn hand_back(&self, leases: impl Iterator<Item = (String, i64)>) {
        let at = Timestamp::now();
        let release = |(event_id, fence)| Settlement { event_id, fence, outcome: Outcome::Released, error: None, at };
        let released: Vec<Settlement> = leases.map(release).collect();
        if let Err(error) = self.store().settle(&released).await {
            tracing::error!(error = describe(&error), "events could not be handed back; their leases will run out");
        }
    }

    /// Extends the claims while they are worked on; never ends. A claim that is lost anyway is noticed by the commit.
    async fn keep_alive(&self, tasks: &[Task]) {
        let leases: Vec<(&str, i64)> =
            tasks.iter().map(|Task { claim, .. }| (claim.event_id.as_str(), claim.fence)).collect();
        loop {
            tokio::time::sleep(self.lease() / 3).await;
            if let Err(error) = self.store().extend_leases(&leases, Timestamp::now() + self.lease()).await {
                tracing::warn!(error = describe(&error), "leases could not be extended");
            }
        }
    }

    /// Runs every receiver of the claimed event that has not succeeded yet, and settles the event.
    async fn process(&self, task: &Task) -> Result<Outcome, StoreError> {
        let name = task.event.as_ref().map_or("unreadable", |event| event.name().as_str());
        let span = tracing::info_span!("process", event = task.claim.event_id, name, attempt = task.claim.attempts);
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
                let settlement = settlement(&task.claim, Outcome::Dead, Some(describe(error)));
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
        tracing::debug!(event = task.claim.event_id, ?outcome, "event settled");
        Ok(outcome)
    }

    async fn run_receivers(&self, task: &Task, event: &Event) -> Result<Outcome, StoreError> {
        let (claim, schedule) = (&task.claim, self.retry_schedule());
        // Nobody had an event of the first fence before.
        let earlier = if claim.fence > 1 { self.store().receiver_runs(event.id()).await? } else { Vec::new() };
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
            let settle = outcome.clone().map(|(outcome, error)| settlement(claim, outcome, error));
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
                    let settle = outcome.clone().map(|(outcome, error)| settlement(claim, outcome, error));
                    self.commit(event, Some(finished(claim, receiver, attempts, Some(text))), settle).await?;
                    settled = outcome.map(|(outcome, _)| outcome);
                }
            }
        }
        if let Some(outcome) = settled {
            return Ok(outcome);
        }
        let (outcome, error) = verdict.outcome(Timestamp::now());
        self.commit(event, None, Some(settlement(claim, outcome, error))).await?;
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
        let checkpoint = finished(&task.claim, receiver, attempts, None);
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

fn settlement(claim: &Claim, outcome: Outcome, error: Option<String>) -> Settlement {
    Settlement { event_id: claim.event_id.clone(), fence: claim.fence, outcome, error, at: Timestamp::now() }
}

fn finished(claim: &Claim, receiver: &ReceiverInfo, attempts: i32, error: Option<String>) -> ReceiverRun {
    ReceiverRun {
        event_id: claim.event_id.clone(),
        fence: claim.fence,
        receiver: receiver.id.to_owned(),
        attempts,
        error,
        finished_at: Timestamp::now(),
    }
}

/// A claimed event, read once.
struct Task {
    claim: Claim,
    event: Result<Event, DecodeError>,
    /// By our clock, before which it was stored: what is fetched from then on has seen what it tells of.
    claimed_at: Timestamp,
    /// The request that waits for the answer, inline.
    delivery: Option<Delivery>,
}

impl Task {
    fn read(claim: Claim) -> Self {
        let event = Event::from_json(&claim.payload);
        Self { claim, event, claimed_at: Timestamp::now(), delivery: None }
    }
}

/// The claims of each object together, in the order in which they came; an event about no object stands alone.
fn by_object(claims: Vec<Claim>) -> Vec<Vec<Task>> {
    let mut groups: Vec<Vec<Task>> = Vec::new();
    let mut positions: HashMap<String, usize> = HashMap::new();
    for task in claims.into_iter().map(Task::read) {
        let object = task.event.as_ref().ok().and_then(|event| event.object_head().id);
        let position = object.map(|object| *positions.entry(object).or_insert(groups.len()));
        match position.and_then(|position| groups.get_mut(position)) {
            Some(group) => group.push(task),
            None => groups.push(vec![task]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_object_stay_together_and_in_order() {
        let claim = |id: &str, object: &str| Claim {
            event_id: id.to_owned(),
            payload: format!(r#"{{"id":"{id}","type":"ping","data":{{"object":{object}}}}}"#),
            attempts: 1,
            fence: 1,
            received_at: Timestamp::now(),
        };
        let claims = vec![
            claim("evt_1", r#"{"id":"a"}"#),
            claim("evt_2", r#"{"id":"b"}"#),
            claim("evt_3", "null"),
            claim("evt_4", r#"{"id":"a"}"#),
            claim("evt_5", "null"),
        ];
        let groups = by_object(claims);
        let ids: Vec<Vec<&str>> =
            groups.iter().map(|group| group.iter().map(|task| task.claim.event_id.as_str()).collect()).collect();
        assert_eq!(ids, [vec!["evt_1", "evt_4"], vec!["evt_2"], vec!["evt_3"], vec!["evt_5"]]);
    }
}
