//! A receiver requests effects.

use std::time::Duration;

use serde::Serialize;

use super::arguments::EffectInput;
use super::info::StripeEffect;
use crate::store::{Db, NewEffect, Origin, StoreError};
use crate::timestamp::Timestamp;

/// Why an effect could not be requested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The connection belongs to no receiver's run.
    #[error("effects are for receivers; this connection belongs to none")]
    NoReceiver,
    /// The application can run no effect of this name.
    #[error(
        "no effect `{name}` is known; declare a function with `#[stripe_effect(name = \"{name}\")]`, \
         or add `.effect(\"{name}\", ..)` to the builder"
    )]
    UnknownEffect {
        /// The name.
        name: String,
    },
    /// The payload can't be written as JSON.
    #[error("the payload can't be written as JSON")]
    Payload(#[from] serde_json::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Effects, which run once this transaction has committed. If it does not commit, they never run.
///
/// The key of an effect is derived from the event, the receiver's id and the number of this call
/// within the run. A receiver that requests several effects has to request them in the same order
/// each time. A second request with the same key, when the receiver runs again, revives a dead effect
/// and changes nothing about one that is done, that waits, or that an operator discarded.
impl Db<'_> {
    /// Requests an effect that is declared with [`stripe_effect`](crate::stripe_effect).
    ///
    /// ```
    /// use djstripe_core::models::Customer;
    /// use djstripe_core::receiver::{Effect, OutboxError};
    /// use djstripe_core::{Db, Object, State, stripe_effect, stripe_receiver};
    ///
    /// struct Mailer;
    ///
    /// #[stripe_effect]
    /// async fn welcome_mail(address: String, effect: Effect, mailer: State<Mailer>) {
    ///     println!("mail to {address}, Idempotency-Key: {}", effect.key());
    /// }
    ///
    /// #[stripe_receiver("customer.created")]
    /// async fn welcome(customer: Object<Customer>, mut db: Db<'_>) -> Result<(), OutboxError> {
    ///     match &customer.email {
    ///         Some(email) => db.request_effect::<welcome_mail>(email.as_str()).await,
    ///         None => Ok(()),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`OutboxError`].
    pub async fn request_effect<E: StripeEffect>(
        &mut self,
        input: impl Into<E::Input>,
    ) -> Result<(), OutboxError> {
        let name = E::info().name;
        let payload = input.into().to_json()?;
        self.request(name, Duration::ZERO, payload).await
    }

    /// As [`request_effect`](Self::request_effect); the effect runs no earlier than `delay` from
    /// now.
    ///
    /// ```
    /// use std::time::Duration;
    /// use djstripe_core::receiver::OutboxError;
    /// use djstripe_core::{Db, Event, stripe_effect, stripe_receiver};
    ///
    /// #[stripe_effect(schedule = ["10m", "1h", "6h"])]
    /// async fn reminder(invoice: String) {
    ///     println!("{invoice} is still open");
    /// }
    ///
    /// #[stripe_receiver("invoice.finalized")]
    /// async fn remind(event: Event, mut db: Db<'_>) -> Result<(), OutboxError> {
    ///     let three_days = Duration::from_secs(3 * 24 * 60 * 60);
    ///     let invoice = event.object_head().id.unwrap_or_default();
    ///     db.request_effect_in::<reminder>(three_days, invoice).await
    /// }
    /// ```
    ///
    /// # Errors
    /// [`OutboxError`].
    pub async fn request_effect_in<E: StripeEffect>(
        &mut self,
        delay: Duration,
        input: impl Into<E::Input>,
    ) -> Result<(), OutboxError> {
        let name = E::info().name;
        let payload = input.into().to_json()?;
        self.request(name, delay, payload).await
    }

    /// Requests an effect by the name that the builder knows it by.
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
    /// # Errors
    /// [`OutboxError`], also for a name that the application has no effect of: then the receiver
    /// fails, and is retried.
    pub async fn after_commit(
        &mut self,
        effect: &str,
        payload: &impl Serialize,
    ) -> Result<(), OutboxError> {
        let payload = serde_json::to_string(payload)?;
        self.request(effect, Duration::ZERO, payload).await
    }

    /// As [`after_commit`](Self::after_commit); the effect runs no earlier than `delay` from now.
    ///
    /// # Errors
    /// As [`after_commit`](Self::after_commit).
    pub async fn after_commit_in(
        &mut self,
        delay: Duration,
        effect: &str,
        payload: &impl Serialize,
    ) -> Result<(), OutboxError> {
        let payload = serde_json::to_string(payload)?;
        self.request(effect, delay, payload).await
    }

    async fn request(
        &mut self,
        effect: &str,
        delay: Duration,
        payload: String,
    ) -> Result<(), OutboxError> {
        let origin = self.origin_mut().ok_or(OutboxError::NoReceiver)?;
        if !origin.effects.contains(effect) {
            return Err(OutboxError::UnknownEffect {
                name: effect.to_owned(),
            });
        }
        origin.steps += 1;
        let Origin {
            event_id,
            receiver,
            steps,
            ..
        } = origin.clone();

        let requested = NewEffect {
            key: key(&event_id, receiver, steps),
            event_id,
            receiver: receiver.to_owned(),
            effect: effect.to_owned(),
            payload,
        };
        let now = Timestamp::now();
        Ok(self.insert_effect(requested, now, now + delay).await?)
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
