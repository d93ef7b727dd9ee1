//! Processes one leased event: runs its receivers and settles it.

use std::time::Duration;

use tokio::time::Instant;
use tracing::Instrument;

use super::complete::Completed;
use super::leases::release;
use super::stage::Processing;
use super::task::Task;
use crate::error::describe;
use crate::store::{EventOutcome, StoreError};
use crate::telemetry::repeats::LineLimit;
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;
use crate::webhook::event_name::EventKind;

/// Wait before an event that could not be processed is released: it must not fail again at once,
/// and again. Other events of its object wait in the meantime.
const RELEASE_AFTER: Duration = Duration::from_secs(1);

/// While the database is away, each of the events under way has such a line.
static UNPROCESSED: LineLimit = LineLimit::new(5, Duration::from_secs(10));

/// Events claimed at a time by [`Processing::work_until_idle`].
const BATCH: u32 = 16;

/// How the processing of a leased event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finished {
    /// Its state is recorded, or another worker holds the lease by now.
    Settled,
    /// It could not be processed, and its lease is released.
    Released,
}

impl Processing {
    /// Processes the events and effects that are due, one after another, and returns the number of
    /// events.
    pub(crate) async fn work_until_idle(&self) -> Result<usize, StoreError> {
        self.work_while_due(Timestamp::now).await
    }

    /// The same with all that comes due until this time, which may be in the future.
    pub(crate) async fn work_until(&self, time: Timestamp) -> Result<usize, StoreError> {
        self.work_while_due(|| time).await
    }

    /// Processes what is due at the time that `now` says, until nothing is.
    async fn work_while_due(&self, now: impl Fn() -> Timestamp) -> Result<usize, StoreError> {
        let parts = &*self.0;
        let mut processed = 0;
        loop {
            let claims = parts
                .store
                .queue()
                .claim(&parts.worker_id, BATCH, now(), parts.lease)
                .await?;
            if claims.is_empty()
                && self.run_due_effects(now()).await? == 0
                && self.retry_due_links(now()).await? == 0
            {
                return Ok(processed);
            }

            let tasks: Vec<Task> = claims
                .into_iter()
                .map(|claim| Task::claimed(claim, None))
                .collect();
            for task in &tasks {
                self.process(task).await?;
                processed += 1;
            }
        }
    }

    /// Processes an event. If that is impossible, it releases the lease after a pause.
    pub(super) async fn process_or_release(&self, task: &Task) -> Finished {
        match self.process(task).await {
            Ok(_) => Finished::Settled,
            Err(StoreError::LeaseLost { .. }) => {
                tracing::warn!(event = task.event_id, "another worker took over");
                Finished::Settled
            }
            // Receivers with a checkpoint don't run again after the next claim.
            Err(error) => {
                if let Some(unlogged) = UNPROCESSED.written(Instant::now()) {
                    tracing::error!(
                        event = task.event_id,
                        error = describe(&error),
                        unlogged,
                        "event not processed; releasing it"
                    );
                }
                tokio::time::sleep(RELEASE_AFTER).await;
                release(&self.0.store, vec![task.lease()]).await;
                Finished::Released
            }
        }
    }

    /// Runs every receiver of the event that has not succeeded yet, and settles the event.
    pub(super) async fn process(&self, task: &Task) -> Result<EventOutcome, StoreError> {
        let name = task
            .event
            .as_ref()
            .map_or("unreadable", |event| event.name().as_str());
        let span = tracing::info_span!(
            "process",
            event = task.event_id,
            name,
            attempt = task.attempts
        );
        self.process_in_span(task).instrument(span).await
    }

    async fn process_in_span(&self, task: &Task) -> Result<EventOutcome, StoreError> {
        let hooks = &self.0.hooks;
        let outcome = match &task.event {
            Ok(event) => {
                let event = match self.complete(task, event).await? {
                    Completed::Ready(event) => event,
                    Completed::Settled(outcome) => {
                        self.look_if_sent_again(event, outcome);
                        return Ok(self.settled(task, outcome));
                    }
                };
                hooks.pre_process(task.delivery.as_ref(), &event).await;
                let outcome = self.run_receivers(task, &event).await?;
                if outcome == EventOutcome::Processed {
                    hooks.post_process(task.delivery.as_ref(), &event).await;
                }
                self.look_if_sent_again(&event, outcome);
                outcome
            }
            Err(error) => {
                let settlement = task.settlement(EventOutcome::Dead, Some(describe(error)));
                let lost = self.0.store.queue().settle(&[settlement]).await?;
                if !lost.is_empty() {
                    return Err(StoreError::LeaseLost { events: lost });
                }
                EventOutcome::Dead
            }
        };

        Ok(self.settled(task, outcome))
    }

    fn settled(&self, task: &Task, outcome: EventOutcome) -> EventOutcome {
        match outcome {
            EventOutcome::Processed => self.0.minutes.processed(task.since_arrival()),
            EventOutcome::Dead => self.0.minutes.died(),
            EventOutcome::Retrying { at } => self.0.wake.note_retry(at),
            EventOutcome::Released => {}
        }
        tracing::debug!(event = task.event_id, ?outcome, "event settled");
        outcome
    }

    /// Looks for a settled event that is due again at once, as Stripe has sent the other kind of it
    /// meanwhile and a receiver needs that: one that takes it alone, or one that failed for lack of the
    /// object.
    fn look_if_sent_again(&self, event: &Event, outcome: EventOutcome) {
        let may_need = |kind| {
            let lacks_object = kind == EventKind::Snapshot && outcome != EventOutcome::Processed;
            !event.kinds().contain(kind)
                && (lacks_object || self.0.registry.takes_alone(event.name(), kind))
        };
        if [EventKind::Snapshot, EventKind::Thin]
            .into_iter()
            .any(may_need)
        {
            self.0.wake.notify_workers();
        }
    }
}
