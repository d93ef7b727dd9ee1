//! Runs the effects that receivers requested: claims those that are due, runs them, records how
//! that ended.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;

use super::stage::Processing;
use crate::error::describe;
use crate::metrics;
use crate::receiver::ReceiverError;
use crate::receiver::effects::Effect;
use crate::receiver::runner::{self, DEFAULT_TIMEOUT};
use crate::store::{ClaimedEffect, EffectOutcome, StoreError};
use crate::timestamp::Timestamp;

/// How often a worker polls for due effects.
const POLL: Duration = Duration::from_millis(500);

/// Effects that one process runs at a time.
const CONCURRENCY: u32 = 16;

impl Processing {
    /// Runs effects until `shutdown` turns true.
    pub(super) async fn run_effects(&self, mut shutdown: watch::Receiver<bool>) {
        while !*shutdown.borrow() {
            let count = self.run_due_effects().await.unwrap_or_else(|error| {
                tracing::error!(error = describe(&error), "effects could not be claimed");
                0
            });

            if count == 0 {
                tokio::select! {
                    () = self.0.wake.effects_notified() => {}
                    () = tokio::time::sleep(POLL) => {}
                    // The sender was dropped: nobody can ask for the shutdown any more.
                    changed = shutdown.changed() => if changed.is_err() {
                        return;
                    },
                }
            }
        }
    }

    /// Runs the effects that are due and returns their number.
    pub(super) async fn run_due_effects(&self) -> Result<usize, StoreError> {
        let now = Timestamp::now();
        // Longer than an effect may run, so that no other worker claims it in the meantime.
        let leased_until = now + self.0.lease.max(DEFAULT_TIMEOUT * 2);
        let claimed = self
            .0
            .store
            .queue()
            .claim_effects(CONCURRENCY, now, leased_until)
            .await?;

        let count = claimed.len();
        join_all(claimed.into_iter().map(|effect| self.run_effect(effect))).await;
        Ok(count)
    }

    async fn run_effect(&self, claimed: ClaimedEffect) {
        let (name, event_id) = (
            claimed.effect.effect.clone(),
            claimed.effect.event_id.clone(),
        );
        let (key, fence, attempts) = (claimed.effect.key.clone(), claimed.fence, claimed.attempts);
        let outcome = match self.call_handler(Effect::new(claimed), &name).await {
            Ok(()) => EffectOutcome::Done,
            Err(error) => {
                let text = describe(&error);
                tracing::warn!(
                    event = event_id,
                    effect = name,
                    key,
                    attempts,
                    error = text,
                    "effect failed"
                );
                self.after_failure(attempts, &error, text)
            }
        };

        metrics::effect_ran(match &outcome {
            EffectOutcome::Done => "done",
            EffectOutcome::Retrying { .. } => "retrying",
            EffectOutcome::Dead { .. } => "dead",
        });
        match self
            .0
            .store
            .queue()
            .settle_effect(&key, fence, &outcome)
            .await
        {
            Ok(true) => {}
            Ok(false) => tracing::warn!(effect = name, key, "another worker took the effect over"),
            Err(error) => tracing::error!(
                key,
                error = describe(&error),
                "the effect's outcome could not be recorded; it will run again"
            ),
        }
    }

    /// Whether a failed effect runs again, and when.
    fn after_failure(&self, attempts: i32, error: &ReceiverError, text: String) -> EffectOutcome {
        let step = usize::try_from(attempts - 1).unwrap_or_default();
        match self.0.retry_schedule.get(step) {
            Some(delay) if !error.is_permanent() => EffectOutcome::Retrying {
                at: Timestamp::now() + *delay,
                error: text,
            },
            _ => EffectOutcome::Dead { error: text },
        }
    }

    async fn call_handler(&self, effect: Effect, name: &str) -> Result<(), ReceiverError> {
        let Some(handler) = self.0.effects.get(name) else {
            let error =
                format!("unknown effect `{name}`; add `.effect(\"{name}\", ..)` to the builder");
            return Err(ReceiverError::Failed(error.into()));
        };
        let call = async move { handler(effect).await.map_err(ReceiverError::Failed) };
        runner::contain(DEFAULT_TIMEOUT, call).await
    }
}
