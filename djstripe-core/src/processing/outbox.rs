//! Effects outside the database: mails, other APIs, writes to Stripe.
//!
//! What a receiver writes through [`Db`] happens exactly once. What it does outside can't: the process may die between the
//! effect and the note that it happened. So a receiver asks for an effect in its transaction, and workers carry it out after
//! the commit, at least once, with a key that is the same each time: whoever takes the key makes it once.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::app::{Builder, Djstripe};
use crate::error::{BoxError, describe};
use crate::receiver::ReceiverError;
use crate::receiver::runner::DEFAULT_TIMEOUT;
use crate::store::{ClaimedEffect, Db, EffectOutcome, NewEffect, Origin, StoreError};
use crate::timestamp::Timestamp;

/// How often workers look for effects that are due without being woken.
const POLL: Duration = Duration::from_millis(500);

/// Effects that one process carries out at a time.
const CONCURRENCY: u32 = 16;

/// An effect to carry out.
#[derive(Clone, Debug)]
pub struct Effect {
    claimed: ClaimedEffect,
}

impl Effect {
    /// The idempotency key: the same however often this effect is tried, and however often the receiver ran.
    pub fn key(&self) -> &str {
        &self.claimed.effect.key
    }

    /// The event that it is because of.
    pub fn event_id(&self) -> &str {
        &self.claimed.effect.event_id
    }

    /// How often it was begun, this time included.
    pub fn attempts(&self) -> i32 {
        self.claimed.attempts
    }

    /// What the receiver gave with it.
    ///
    /// # Errors
    /// If it is of another shape.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.claimed.effect.payload)
    }
}

/// Why an effect could not be asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// There is no receiver's run to be after.
    #[error("`after_commit` is for receivers; this connection belongs to none")]
    NoReceiver,
    /// The payload can't be written as JSON.
    #[error("the payload can't be written as JSON")]
    Payload(#[from] serde_json::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Db<'_> {
    /// Asks for an effect, to be carried out once this transaction has committed; if it doesn't, it never is.
    ///
    /// ```
    /// use djstripe_core::outbox::{Effect, OutboxError};
    /// use djstripe_core::{Db, Djstripe, Event, stripe_receiver};
    ///
    /// #[stripe_receiver("customer.created")]
    /// async fn welcome(event: Event, mut db: Db<'_>) -> Result<(), OutboxError> {
    ///     db.after_commit("welcome_mail", &event.object_head().id).await
    /// }
    ///
    /// async fn send(effect: Effect) -> Result<(), std::io::Error> {
    ///     let customer: Option<String> = effect.payload()?;
    ///     println!("mail to {customer:?}, Idempotency-Key: {}", effect.key());
    ///     Ok(())
    /// }
    ///
    /// let builder = Djstripe::builder().effect("welcome_mail", send);
    /// # let _ = builder;
    /// ```
    ///
    /// The key is made of the event, the receiver's id and the number of this call within the run: a receiver that asks for
    /// several effects must ask for them in the same order each time.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub async fn after_commit(
        &mut self,
        effect: &str,
        payload: &impl Serialize,
    ) -> Result<(), OutboxError> {
        let origin = self.origin_mut().ok_or(OutboxError::NoReceiver)?;
        origin.steps += 1;
        let Origin {
            event_id,
            receiver,
            steps,
        } = origin.clone();
        let asked = NewEffect {
            key: key(&event_id, receiver, steps),
            event_id,
            receiver: receiver.to_owned(),
            effect: effect.to_owned(),
            payload: serde_json::to_string(payload)?,
        };
        Ok(self.ask_for_effect(asked).await?)
    }
}

/// Short enough for Stripe, which takes 255 characters, whatever the receiver is called.
fn key(event_id: &str, receiver: &str, step: u32) -> String {
    let digest = ring::digest::digest(
        &ring::digest::SHA256,
        format!("{event_id}\n{receiver}\n{step}").as_bytes(),
    );
    digest.as_ref()[..16]
        .iter()
        .fold("djstripe-".to_owned(), |key, byte| {
            format!("{key}{byte:02x}")
        })
}

type Handler = Arc<dyn Fn(Effect) -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync>;

/// The effects that an application can carry out.
#[derive(Clone, Default)]
pub(crate) struct Effects(HashMap<String, Handler>);

impl fmt::Debug for Effects {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Builder {
    /// Says how an effect is carried out that receivers ask for with [`Db::after_commit`].
    ///
    /// It is tried again by the application's schedule when it fails, unless its error is [`Permanent`](crate::Permanent).
    #[must_use]
    pub fn effect<F, E>(
        mut self,
        name: &str,
        carry_out: impl Fn(Effect) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let handler: Handler = Arc::new(move |effect| {
            carry_out(effect)
                .map(|done| done.map_err(Into::into))
                .boxed()
        });
        self.effects.0.insert(name.to_owned(), handler);
        self
    }
}

impl Djstripe {
    /// Carries out effects until `shutdown` turns true.
    pub(crate) async fn carry_out(&self, mut shutdown: watch::Receiver<bool>) {
        while !*shutdown.borrow() {
            let carried_out = self.carry_out_due().await.unwrap_or_else(|error| {
                tracing::error!(error = describe(&error), "effects could not be claimed");
                0
            });
            if carried_out == 0 {
                tokio::select! {
                    () = self.effects_asked_for() => {}
                    () = tokio::time::sleep(POLL) => {}
                    _ = shutdown.changed() => {}
                }
            }
        }
    }

    /// Carries out what is due now; returns how many effects that were.
    pub(crate) async fn carry_out_due(&self) -> Result<usize, StoreError> {
        let now = Timestamp::now();
        // Longer than an effect may take, so that nobody else begins it meanwhile.
        let until = now + self.lease().max(DEFAULT_TIMEOUT * 2);
        let claimed = self.store().claim_effects(CONCURRENCY, now, until).await?;
        let count = claimed.len();
        join_all(
            claimed
                .into_iter()
                .map(|claimed| self.carry_out_one(claimed)),
        )
        .await;
        Ok(count)
    }

    async fn carry_out_one(&self, claimed: ClaimedEffect) {
        let (key, fence, attempts) = (claimed.effect.key.clone(), claimed.fence, claimed.attempts);
        let name = claimed.effect.effect.clone();
        let outcome = match self.run_effect(Effect { claimed }, &name).await {
            Ok(()) => EffectOutcome::Done,
            Err(error) => {
                let text = describe(&error);
                tracing::warn!(effect = name, key, attempts, error = text, "effect failed");
                let step = usize::try_from(attempts - 1).unwrap_or_default();
                match self.retry_schedule().get(step) {
                    Some(delay) if !error.is_permanent() => EffectOutcome::Retrying {
                        at: Timestamp::now() + *delay,
                        error: text,
                    },
                    _ => EffectOutcome::Dead { error: text },
                }
            }
        };
        crate::metrics::effect(&outcome);
        match self.store().settle_effect(&key, fence, &outcome).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!(effect = name, key, "another worker took the effect over"),
            Err(error) => tracing::error!(key, error = describe(&error), "effect left for later"),
        }
    }

    async fn run_effect(&self, effect: Effect, name: &str) -> Result<(), ReceiverError> {
        let Some(handler) = self.effects().0.get(name).cloned() else {
            return Err(ReceiverError::Failed(
                format!(
                    "no effect `{name}` is known; add `.effect(\"{name}\", ..)` to the builder"
                )
                .into(),
            ));
        };
        crate::receiver::runner::contain(DEFAULT_TIMEOUT, async move {
            handler(effect).await.map_err(ReceiverError::Failed)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_for_the_same_step_and_no_other() {
        let first = key("evt_1", "shop::welcome", 1);
        assert_eq!(first, key("evt_1", "shop::welcome", 1));
        assert!(first.len() < 255);
        for other in [
            key("evt_2", "shop::welcome", 1),
            key("evt_1", "shop::ship", 1),
            key("evt_1", "shop::welcome", 2),
        ] {
            assert_ne!(first, other);
        }
    }
}
