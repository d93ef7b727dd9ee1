//! Effects outside the database: mail, other APIs, writes to Stripe.
//!
//! What a receiver writes through [`Db`] happens exactly once. An effect outside the database
//! can't: the process may die between the effect and the record that it happened. So a receiver
//! requests an effect in its transaction, and workers run it after the commit, at least once, with
//! an idempotency key that is the same each time. A service that honours the key performs the
//! effect once.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::BoxError;
use crate::store::{ClaimedEffect, Db, NewEffect, Origin, StoreError};

/// An effect to run.
#[derive(Clone, Debug)]
pub struct Effect {
    claimed: ClaimedEffect,
}

impl Effect {
    pub(crate) fn new(claimed: ClaimedEffect) -> Self {
        Self { claimed }
    }

    /// The idempotency key: the same for every run of this effect, and for every run of the
    /// receiver that requested it.
    pub fn key(&self) -> &str {
        &self.claimed.effect.key
    }

    /// The id of the event whose receiver requested the effect.
    pub fn event_id(&self) -> &str {
        &self.claimed.effect.event_id
    }

    /// The number of this run, from 1.
    pub fn attempts(&self) -> i32 {
        self.claimed.attempts
    }

    /// The payload that the receiver gave to [`Db::after_commit`].
    ///
    /// # Errors
    /// If the payload does not decode as `T`.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.claimed.effect.payload)
    }
}

/// Why an effect could not be requested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The connection belongs to no receiver's run.
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
    /// Requests an effect, which runs once this transaction has committed. If the transaction does
    /// not commit, the effect never runs.
    ///
    /// ```
    /// use djstripe_core::receiver::{Effect, OutboxError};
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
    /// The key is derived from the event, the receiver's id and the number of this call within the
    /// run. A receiver that requests several effects has to request them in the same order each
    /// time.
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

        let requested = NewEffect {
            key: key(&event_id, receiver, steps),
            event_id,
            receiver: receiver.to_owned(),
            effect: effect.to_owned(),
            payload: serde_json::to_string(payload)?,
        };
        Ok(self.request_effect(requested).await?)
    }
}

/// The idempotency key. It is a digest so that it fits Stripe's limit of 255 characters whatever
/// the receiver is called.
fn key(event_id: &str, receiver: &str, step: u32) -> String {
    let source = format!("{event_id}\n{receiver}\n{step}");
    let digest = ring::digest::digest(&ring::digest::SHA256, source.as_bytes());
    let hex = digest.as_ref()[..16].iter();
    hex.fold("djstripe-".to_owned(), |key, byte| {
        format!("{key}{byte:02x}")
    })
}

/// The application's function that runs an effect.
pub(crate) type EffectHandler =
    Arc<dyn Fn(Effect) -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync>;

/// The effects that an application can run, by name.
#[derive(Clone, Default)]
pub(crate) struct Effects(HashMap<String, EffectHandler>);

impl Effects {
    /// Adds a handler; a second one of the same name replaces the first.
    pub(crate) fn insert<F, E>(
        &mut self,
        name: &str,
        run: impl Fn(Effect) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let handler: EffectHandler =
            Arc::new(move |effect| run(effect).map(|result| result.map_err(Into::into)).boxed());
        self.0.insert(name.to_owned(), handler);
    }

    /// The handler of this name.
    pub(crate) fn get(&self, name: &str) -> Option<EffectHandler> {
        self.0.get(name).cloned()
    }
}

impl fmt::Debug for Effects {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
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
