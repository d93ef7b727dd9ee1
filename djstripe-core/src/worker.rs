//! From a stored event to processed, retrying or dead: claim, run each receiver that has not succeeded, settle.
//!
//! Invariant: a receiver's writes and its checkpoint commit in one transaction that also proves that the claim is
//! still ours. One receiver's failure neither undoes nor repeats another's work.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::app::Djstripe;
use crate::delivery::Delivery;
use crate::dispatch::dispatch;
use crate::event::{DecodeError, Event};
use crate::extract::Parts;
use crate::mirror::{self, Run, Write};
use crate::receive::WebhookError;
use crate::receiver::{ReceiverError, ReceiverInfo};
use crate::runner::{self, describe};
use crate::store::{Claim, Outcome, ReceiverRun, RecordedRun, Settlement, StoreError, Timestamp};
use crate::verdict::{Verdict, allowed_attempts};

/// How often the workers look for events that nobody woke them for: retries that are due, leases that ran out.
const POLL: Duration = Duration::from_millis(500);

/// Events that one process works on at a time.
const CONCURRENCY: usize = 16;

impl Djstripe {
    /// Processes stored events until `shutdown` turns true, then finishes those it has begun.
    ///
    /// Any number of processes may do this on one database.
    ///
    /// ```no_run
    /// # async fn main_job(app: djstripe_core::Djstripe) {
    /// let (stop, stopped) = tokio::sync::watch::channel(false);
    /// tokio::spawn(async move { app.work(stopped).await });
    /// // …
    /// stop.send_replace(true);
    /// # }
    /// ```
    pub async fn work(&self, mut shutdown: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(CONCURRENCY));
        let mut running = JoinSet::new();
        while !*shutdown.borrow() {
            let free = places.available_permits() as u32;
            let claims = if free == 0 { Vec::new() } else { self.claim_or_log(free).await };
            let idle = claims.is_empty();
            for tasks in by_object(claims) {
                // Claimed no more than there were places, and nobody else takes any.
                let Ok(taken) = Arc::clone(&places).try_acquire_many_owned(tasks.len() as u32) else { continue };
                let app = self.clone();
                running.spawn(async move {
                    app.process_in_order(&tasks).await;
                    drop(taken);
                });
            }
            if idle {
                tokio::select! {
                    () = self.woken(), if free > 0 => {}
                    Some(_) = running.join_next() => {}
                    () = tokio::time::sleep(POLL) => {}
                    _ = shutdown.changed() => {}
                }
            }
            while running.try_join_next().is_some() {}
        }
        running.join_all().await;
    }

    /// Processes what is due now, one event after another, and returns how many events that were. For tests and
    /// one-off commands.
    ///
    /// # Errors
    /// [`StoreError`] when the database can't be asked.
    pub async fn work_until_idle(&self) -> Result<usize, StoreError> {
        let mut processed = 0;
        loop {
            let claims = self.claim(CONCURRENCY as u32).await?;
            if claims.is_empty() {
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

    async fn claim_or_log(&self, limit: u32) -> Vec<Claim> {
        self.claim(limit).await.unwrap_or_else(|error| {
            tracing::error!(error = describe(&error), "events could not be claimed");
            Vec::new()
        })
    }

    /// Processes the events of one object one after another.
    async fn process_in_order(&self, tasks: &[Task]) {
        let work = async {
            for task in tasks {
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
    async fn process(&self, task @ Task { claim, event, .. }: &Task) -> Result<Outcome, StoreError> {
        let (outcome, error) = match event {
            Ok(event) => {
                self.hooks().pre_process(task.delivery.as_ref(), event).await;
                let ran = self.run_receivers(task, event).await?;
                if ran.0 == Outcome::Processed {
                    self.hooks().post_process(task.delivery.as_ref(), event).await;
                }
                ran
            }
            Err(error) => (Outcome::Dead, Some(describe(error))),
        };
        tracing::debug!(event = claim.event_id, ?outcome, error, "event settled");
        let settlement =
            Settlement { event_id: claim.event_id.clone(), fence: claim.fence, outcome, error, at: Timestamp::now() };
        let lost = self.store().settle(&[settlement]).await?;
        if lost.is_empty() { Ok(outcome) } else { Err(StoreError::LeaseLost { events: lost }) }
    }

    async fn run_receivers(&self, task: &Task, event: &Event) -> Result<(Outcome, Option<String>), StoreError> {
        let claim = &task.claim;
        let schedule = self.retry_schedule();
        let earlier = self.store().receiver_runs(event.id()).await?;
        let earlier: HashMap<&str, &RecordedRun> = earlier.iter().map(|run| (run.receiver.as_str(), run)).collect();
        let mut verdict = Verdict::new(schedule);
        for receiver in dispatch(self.registry(), event) {
            let before = earlier.get(receiver.id).copied();
            if before.is_some_and(|run| run.succeeded) {
                continue;
            }
            let attempts = before.map_or(0, |run| run.attempts);
            if attempts >= allowed_attempts(receiver, schedule) {
                verdict.exhausted(receiver, before.and_then(|run| run.error.clone()));
                continue;
            }
            let attempts = attempts + 1;
            if let Err(error) = self.run_receiver(task, event, receiver, attempts).await? {
                let error = describe(&error);
                tracing::warn!(event = event.id(), receiver = receiver.id, attempts, error, "receiver failed");
                let told = format!("{}: {error}", receiver.id);
                self.hooks().processing_error(task.delivery.as_ref(), event, &told).await;
                self.store().record_runs(&[finished(claim, receiver, attempts, Some(error.clone()))]).await?;
                verdict.failed(receiver, attempts, error);
            }
        }
        Ok(verdict.outcome(Timestamp::now()))
    }

    /// One try of one receiver, the checkpoint of its success included.
    async fn run_receiver(
        &self,
        task: &Task,
        event: &Event,
        receiver: &ReceiverInfo,
        attempts: i32,
    ) -> Result<Result<(), ReceiverError>, StoreError> {
        let claim = &task.claim;
        if receiver.uses_database && receiver.options.transaction {
            let mut transaction = self.store().begin().await?;
            let parts = Parts::new(event, self.context(), Some(transaction.db().await?));
            if let Err(error) = runner::run(receiver, parts).await {
                match error {
                    // The connection may be in the middle of a query that was given up.
                    ReceiverError::TimedOut { .. } | ReceiverError::Panicked { .. } => drop(transaction),
                    _ => {
                        if let Err(error) = transaction.rollback().await {
                            // Its connection is closed then, and the database takes everything back.
                            tracing::warn!(
                                error = describe(&error),
                                "a receiver's transaction could not be rolled back"
                            );
                        }
                    }
                }
                return Ok(Err(error));
            }
            transaction.checkpoint(finished(claim, receiver, attempts, None));
            return match transaction.commit().await {
                Ok(()) => Ok(Ok(())),
                // A receiver that ended its transaction or left it broken has failed, and its tries are counted. If the
                // commit had come through after all, that stays on record: a success is never replaced.
                Err(error @ (StoreError::TransactionEnded(_) | StoreError::Query { .. })) => {
                    Ok(Err(ReceiverError::Failed(error.into())))
                }
                Err(error) => Err(error),
            };
        }
        let run = Run::new(task.claimed_at);
        let mut session = if receiver.uses_database { Some(self.store().session().await?) } else { None };
        let db = session.as_mut().map(|session| session.db()).transpose()?;
        if let Err(error) = runner::run(receiver, Parts::new(event, self.context(), db).with_run(&run)).await {
            return Ok(Err(error));
        }
        drop(session);
        let writes = run.take();
        if writes.is_empty() {
            self.store().record_runs(&[finished(claim, receiver, attempts, None)]).await?;
            return Ok(Ok(()));
        }
        self.write_mirrored(event, &writes, finished(claim, receiver, attempts, None)).await
    }

    /// Writes what a run has mirrored, together with its checkpoint.
    async fn write_mirrored(
        &self,
        event: &Event,
        writes: &[Write],
        checkpoint: ReceiverRun,
    ) -> Result<Result<(), ReceiverError>, StoreError> {
        let mut transaction = self.store().begin().await?;
        let applied = mirror::apply(&mut transaction.db().await?, self.services(), event, writes).await;
        if let Err(error) = applied {
            if let Err(error) = transaction.rollback().await {
                tracing::warn!(error = describe(&error), "a mirror's transaction could not be rolled back");
            }
            return Ok(Err(ReceiverError::Failed(error.into())));
        }
        transaction.checkpoint(checkpoint);
        transaction.commit().await.map(Ok)
    }
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
