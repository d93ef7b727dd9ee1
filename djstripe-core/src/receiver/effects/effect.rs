//! An effect to run, as its function sees it.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::receiver::arguments::{ArgumentError, State, find_clients, find_state};
use crate::receiver::context::Context;
use crate::store::{ClaimedEffect, NewEffect};

/// An effect to run. Cheap to clone.
#[derive(Clone)]
pub struct Effect(Arc<Parts>);

struct Parts {
    claimed: ClaimedEffect,
    context: Context,
}

impl Effect {
    pub(crate) fn new(claimed: ClaimedEffect, context: &Context) -> Self {
        Self(Arc::new(Parts {
            claimed,
            context: context.clone(),
        }))
    }

    /// An effect for a test of the function that performs it, without a database. It has the name
    /// `test`, is in its first run, and has no client.
    ///
    /// ```
    /// use djstripe_core::Context;
    /// use djstripe_core::receiver::Effect;
    ///
    /// async fn welcome(effect: Effect) -> Result<String, serde_json::Error> {
    ///     Ok(format!("welcome, {} ({})", effect.payload::<String>()?, effect.key()))
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let effect = Effect::for_test("key-1", "ann@example.com", &Context::default())?;
    /// assert_eq!(welcome(effect).await?, "welcome, ann@example.com (key-1)");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the payload can't be written as JSON.
    pub fn for_test(
        key: &str,
        payload: impl Serialize,
        context: &Context,
    ) -> Result<Self, serde_json::Error> {
        let effect = NewEffect {
            key: key.to_owned(),
            event_id: "evt_test".to_owned(),
            receiver: "test".to_owned(),
            effect: "test".to_owned(),
            payload: serde_json::to_string(&payload)?,
        };
        let claimed = ClaimedEffect {
            effect,
            account: None,
            own_account: None,
            livemode: None,
            attempts: 1,
            fence: 0,
        };
        Ok(Self::new(claimed, context))
    }

    /// The idempotency key: the same for every run of this effect, and for every run of the
    /// receiver that requested it.
    pub fn key(&self) -> &str {
        &self.0.claimed.effect.key
    }

    /// The effect's name.
    pub fn name(&self) -> &str {
        &self.0.claimed.effect.effect
    }

    /// The id of the event whose receiver requested the effect.
    pub fn event_id(&self) -> &str {
        &self.0.claimed.effect.event_id
    }

    /// The number of this run, from 1.
    pub fn attempts(&self) -> i32 {
        self.0.claimed.attempts
    }

    /// The payload that the receiver gave to [`Db::after_commit`](crate::Db::after_commit).
    ///
    /// # Errors
    /// If the payload does not decode as `T`.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0.claimed.effect.payload)
    }

    /// A shared value of the application, given with [`Builder::state`](crate::Builder::state).
    ///
    /// # Errors
    /// [`ArgumentError::MissingState`].
    pub fn state<S: Send + Sync + 'static>(&self) -> Result<State<S>, ArgumentError> {
        find_state(&self.0.context).map(State)
    }

    /// The application's client, bound to the account and mode of the effect's event. It shares its
    /// rate budget with the mirror and the receivers.
    ///
    /// ```
    /// use djstripe_core::BoxError;
    /// use djstripe_core::client::Request;
    /// use djstripe_core::receiver::Effect;
    ///
    /// async fn refund(effect: Effect) -> Result<(), BoxError> {
    ///     let charge: String = effect.payload()?;
    ///     let refund = Request::create("refund")?.param("charge", charge);
    ///     effect.client()?.send(&refund.idempotency_key(effect.key())).await?;
    ///     Ok(())
    /// }
    ///
    /// let builder = djstripe_core::Djstripe::builder().effect("refund", refund);
    /// # let _ = builder;
    /// ```
    ///
    /// # Errors
    /// [`ArgumentError::NoClient`] without a secret key, [`ArgumentError::NoEvent`] if the event is
    /// no longer stored.
    pub fn client(&self) -> Result<Client, ArgumentError> {
        let claimed = &self.0.claimed;
        let clients = find_clients(&self.0.context)?;
        let livemode = claimed.livemode.ok_or_else(|| ArgumentError::NoEvent {
            event: self.event_id().to_owned(),
        })?;
        let client = clients.of(claimed.own_account.as_deref());
        let client = client.ok_or(ArgumentError::NoClient)?;
        Ok(client.bound_to(claimed.account.as_deref(), livemode))
    }
}

impl fmt::Debug for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Effect")
            .field("name", &self.name())
            .field("key", &self.key())
            .field("event_id", &self.event_id())
            .field("attempts", &self.attempts())
            .finish_non_exhaustive()
    }
}
