//! From a stored event to processed, retrying or dead: claim, run each receiver that has not succeeded, settle.
//!
//! Invariant: a receiver's writes and its checkpoint commit in one transaction that also proves that the claim is
//! still ours. One receiver's failure neither undoes nor repeats another's work.

use std::time::Duration;

use tracing::Instrument;

use super::task::{Task, settlement};
use crate::app::Djstripe;
use crate::error::describe;
use crate::intake::WebhookError;
use crate::processing::handover::hand_back;
use crate::store::{Claim, EventState, Outcome, StoreError, stored_id};
use crate::timestamp::Timestamp;
use crate::webhook::delivery::Delivery;
use crate::webhook::event::Event;

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
            let tasks: Vec<Task> = claims
                .into_iter()
                .map(|claim| Task::read(claim, None))
                .collect();
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
        let Some(claim) = self
            .store()
            .claim_event(event.id(), self.worker_id(), Timestamp::now(), self.lease())
            .await?
        else {
            // An event can't be claimed while another one of its object is worked on: it is to come again. Any other was
            // processed before, or its first delivery is being processed and answers for it.
            let waits = async || {
                let stored = self.store().event(&stored_id(event.id())).await?;
                let state = stored.map(|(stored, _)| stored.state);
                Ok::<_, StoreError>(matches!(
                    state,
                    Some(EventState::Pending | EventState::Retrying)
                ))
            };
            let is_busy = is_new || waits().await?;
            return if is_busy {
                Err(WebhookError::Busy {
                    id: event.id().to_owned(),
                })
            } else {
                Ok(())
            };
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
            _ => Err(WebhookError::ReceiverFailed {
                id: event.id().to_owned(),
            }),
        }
    }

    async fn claim(&self, limit: u32) -> Result<Vec<Claim>, StoreError> {
        self.store()
            .claim(self.worker_id(), limit, Timestamp::now(), self.lease())
            .await
    }

    /// Processes an event to its end; false if that was not possible and it was handed back.
    pub(super) async fn process_to_the_end(&self, task: &Task) -> bool {
        match self.process(task).await {
            Ok(_) => true,
            Err(StoreError::LeaseLost { .. }) => {
                tracing::warn!(event = task.event_id, "another worker took over");
                true
            }
            // What is checkpointed isn't repeated when it is claimed again.
            Err(error) => {
                tracing::error!(
                    event = task.event_id,
                    error = describe(&error),
                    "event left for later"
                );
                // What fails at once must not be begun again at once. Others of its object wait meanwhile.
                tokio::time::sleep(LEFT_FOR).await;
                self.hand_back(std::iter::once((task.event_id.clone(), task.fence)))
                    .await;
                false
            }
        }
    }

    /// Leaves events, each known by its id and fence, to others.
    pub(super) async fn hand_back(&self, leases: impl Iterator<Item = (String, i64)>) {
        hand_back(self.store(), leases).await;
    }

    /// Runs every receiver of the claimed event that has not succeeded yet, and settles the event.
    async fn process(&self, task: &Task) -> Result<Outcome, StoreError> {
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
        self.process_within(task).instrument(span).await
    }

    async fn process_within(&self, task: &Task) -> Result<Outcome, StoreError> {
        let outcome = match &task.event {
            Ok(event) => {
                self.hooks()
                    .pre_process(task.delivery.as_ref(), event)
                    .await;
                let outcome = self.run_receivers(task, event).await?;
                if outcome == Outcome::Processed {
                    self.hooks()
                        .post_process(task.delivery.as_ref(), event)
                        .await;
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
}
