//! Runs the effects that receivers requested: claims those that are due, runs them, records how
//! that ended.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tracing::Instrument;

use super::stage::Processing;
use crate::error::describe;
use crate::receiver::ReceiverError;
use crate::receiver::effects::Effect;
use crate::receiver::effects::handlers::EffectHandler;
use crate::receiver::runner;
use crate::store::{ClaimedEffect, EffectOutcome, StoreError};
use crate::telemetry::metrics;
use crate::telemetry::repeats::Repeats;
use crate::timestamp::Timestamp;

/// How often a worker looks for due effects while there are unfinished ones. It only reads.
const POLL: Duration = Duration::from_millis(500);

/// The same while there are none. Receivers of this process wake it; what other processes leave behind,
/// and what an operator retries, is found this late.
const SLOW_POLL: Duration = Duration::from_secs(5);

/// Longest wait before the next look while looking fails.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Effects that one process runs at a time.
const CONCURRENCY: u32 = 16;

impl Processing {
    /// Runs effects until `shutdown` turns true. A program without effects has nothing to look for.
    pub(super) async fn run_effects(&self, shutdown: watch::Receiver<bool>) {
        if self.0.effects.names().is_empty() {
            return;
        }
        let run = self.run_effects_until(shutdown.clone());
        self.vitals().until("effects", &shutdown, run).await;
    }

    async fn run_effects_until(&self, mut shutdown: watch::Receiver<bool>) {
        let mut repeats = Repeats::new("running effects", POLL, LONGEST_WAIT);
        while !*shutdown.borrow() {
            let now = Timestamp::now();
            let wait = match self.run_effects_or_look(now).await {
                Ok(next) => {
                    if repeats.succeeded() {
                        self.0.wake.database_works();
                    }
                    next
                }
                Err(error) => Some(repeats.failed(&describe(&error))),
            };
            let Some(wait) = wait else {
                continue;
            };

            tokio::select! {
                () = self.0.wake.effects_notified(), if !repeats.is_failing() => {}
                () = self.0.wake.retry_after(wait) => {}
                // The sender was dropped: nobody can ask for the shutdown any more.
                changed = shutdown.changed() => if changed.is_err() {
                    return;
                },
            }
        }
    }

    /// Runs the effects that are due. If none is, returns how long to wait for the next look.
    async fn run_effects_or_look(&self, now: Timestamp) -> Result<Option<Duration>, StoreError> {
        let queue = self.0.store.queue();
        let Some(next) = queue.next_effect(self.0.effects.names()).await? else {
            return Ok(Some(SLOW_POLL));
        };
        if next > now || self.run_due_effects(now).await? == 0 {
            return Ok(Some(POLL));
        }
        Ok(None)
    }

    /// Runs the effects that are due at this time and returns their number.
    pub(super) async fn run_due_effects(&self, now: Timestamp) -> Result<usize, StoreError> {
        let effects = &self.0.effects;
        if effects.names().is_empty() {
            return Ok(0);
        }
        // Longer than an effect may run, so that no other worker claims it in the meantime.
        let leased_until = now + self.0.lease.max(effects.longest_timeout() * 2);
        let claimed = self
            .0
            .store
            .queue()
            .claim_effects(effects.names(), CONCURRENCY, now, leased_until)
            .await?;

        let count = claimed.len();
        join_all(claimed.into_iter().map(|effect| self.run_effect(effect))).await;
        Ok(count)
    }

    async fn run_effect(&self, claimed: ClaimedEffect) {
        let span = tracing::info_span!(
            "effect",
            event = claimed.effect.event_id,
            name = claimed.effect.effect,
            key = claimed.effect.key,
            attempt = claimed.attempts
        );
        self.run_effect_in_span(claimed).instrument(span).await;
    }

    async fn run_effect_in_span(&self, claimed: ClaimedEffect) {
        // Only effects with a handler are claimed.
        let Some(handler) = self.0.effects.get(&claimed.effect.effect) else {
            return;
        };
        let (key, fence, attempts) = (claimed.effect.key.clone(), claimed.fence, claimed.attempts);
        let event_id = claimed.effect.event_id.clone();
        let name = claimed.effect.effect.clone();
        let effect = Effect::new(claimed, &self.0.context);
        let run = runner::contain(handler.timeout(), async { (handler.call)(&effect).await });
        let outcome = match run.await {
            Ok(()) => EffectOutcome::Done,
            Err(error) => {
                let outcome = self.after_failure(handler, attempts, &error);
                let is_dead = matches!(outcome, EffectOutcome::Dead { .. });
                let error = failure(&error);
                tracing::warn!(
                    event = event_id,
                    effect = name,
                    key,
                    attempts,
                    is_dead,
                    error,
                    "effect failed"
                );
                outcome
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
            Ok(false) => tracing::warn!("another worker took the effect over"),
            Err(error) => tracing::error!(
                error = describe(&error),
                "the effect's outcome could not be recorded; it will run again"
            ),
        }
    }

    /// Whether a failed effect runs again, and when.
    fn after_failure(
        &self,
        handler: &EffectHandler,
        attempts: i32,
        error: &ReceiverError,
    ) -> EffectOutcome {
        let schedule = handler.options.schedule.as_deref();
        let schedule = schedule.unwrap_or(&self.0.retry_schedule);
        let step = usize::try_from(attempts - 1).unwrap_or_default();
        let text = failure(error);
        match schedule.get(step) {
            Some(delay) if !error.is_permanent() => EffectOutcome::Retrying {
                at: Timestamp::now() + *delay,
                error: text,
            },
            _ => EffectOutcome::Dead { error: text },
        }
    }
}

/// A failure of an effect for people: the words of [`ReceiverError`] are about receivers.
fn failure(error: &ReceiverError) -> String {
    match error {
        ReceiverError::Argument(error) => describe(error),
        ReceiverError::Failed(error) => describe(error.as_ref()),
        ReceiverError::Panicked { message } => format!("panicked: {message}"),
        ReceiverError::TimedOut { limit } => format!("took longer than {limit:?}"),
    }
}
