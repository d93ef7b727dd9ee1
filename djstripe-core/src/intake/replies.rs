//! Answers to deliveries that Stripe waits for.
//!
//! In: a verified event, before it is stored. Out: the answer of the receiver that gives one, the
//! same for every delivery of the event. No answer is an answer, too: Stripe then decides by the
//! account's settings.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::describe;
use crate::receiver::arguments::Parts;
use crate::receiver::context::Context;
use crate::receiver::dispatch::skipped;
use crate::receiver::registry::Registry;
use crate::receiver::runner::{REPLY_TIMEOUT, run_uncounted};
use crate::receiver::{ReceiverInfo, Reply, runner};
use crate::store::{RunOutcome, Store, StoreError, stored_id};
use crate::telemetry::minutes::Minutes;
use crate::webhook::event::Event;

/// How long Stripe waits for an answer before it decides by the account's settings.
///
/// Source: <https://docs.stripe.com/issuing/controls/real-time-authorizations>.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How often a second delivery looks whether the first one has its answer.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What answers deliveries.
pub(crate) struct Replies {
    pub(crate) store: Store,
    pub(crate) registry: Arc<Registry>,
    pub(crate) context: Context,
    pub(crate) minutes: Minutes,
}

/// Whether Stripe waits for an answer to a delivery, and the answer.
pub(super) enum Replied {
    /// No receiver answers this event.
    NotAsked,
    /// `None` if the receiver failed or took too long.
    Asked(Option<Reply>),
}

impl Replies {
    /// Answers a delivery of this event.
    pub(super) async fn reply(&self, event: &Event) -> Result<Replied, StoreError> {
        // Stripe waits for an answer to the snapshot event alone.
        if event.has_thin_payload() {
            return Ok(Replied::NotAsked);
        }
        let Some(receiver) = self.registry.replying(event.name()) else {
            return Ok(Replied::NotAsked);
        };
        if skipped(&receiver.options, event).is_some() {
            return Ok(Replied::NotAsked);
        }

        let id = stored_id(event.id());
        let reply = if self.store.begin_reply(&id, receiver.id).await? {
            self.run(&id, event, receiver).await?
        } else {
            self.wait(&id, receiver).await?
        };
        Ok(Replied::Asked(reply))
    }

    /// The same answer, unless it comes too late for a delivery that arrived then. Stripe has decided
    /// without it by now, which is recorded.
    pub(super) async fn in_time(
        &self,
        replied: Replied,
        event: &Event,
        arrived_at: Instant,
    ) -> Result<Replied, StoreError> {
        let took = arrived_at.elapsed();
        let is_late = matches!(replied, Replied::Asked(Some(_))) && took >= LONGEST_WAIT;
        let Some(receiver) = self.registry.replying(event.name()).filter(|_| is_late) else {
            return Ok(replied);
        };

        let error = format!("the answer took {took:?}, and Stripe waits {LONGEST_WAIT:?}");
        tracing::warn!(
            event = event.id(),
            receiver = receiver.id,
            error,
            "no answer; Stripe decides by the account's settings"
        );
        let id = stored_id(event.id());
        self.store
            .finish_reply(&id, receiver.id, Err(&error), None)
            .await?;
        Ok(Replied::Asked(None))
    }

    /// Runs the receiver and records its answer. An answer that is not recorded is not given.
    async fn run(
        &self,
        id: &str,
        event: &Event,
        receiver: &ReceiverInfo,
    ) -> Result<Option<Reply>, StoreError> {
        let parts = Parts::new(event, &self.context, None);
        let (result, took) = run_uncounted(receiver, parts).await;
        match result {
            Ok(reply) => {
                let body = reply.as_ref().map(Reply::body).unwrap_or_default();
                self.store
                    .finish_reply(id, receiver.id, Ok(&body), Some(took))
                    .await?;
                self.minutes
                    .receiver_ran(receiver.id, RunOutcome::Succeeded.as_str(), took);
                Ok(reply)
            }
            Err(error) => {
                self.minutes
                    .receiver_ran(receiver.id, runner::failure(&error), took);
                let error = describe(&error);
                tracing::warn!(
                    event = id,
                    receiver = receiver.id,
                    error,
                    "no answer; Stripe decides by the account's settings"
                );
                self.store
                    .finish_reply(id, receiver.id, Err(&error), Some(took))
                    .await?;
                Ok(None)
            }
        }
    }

    /// The answer that another delivery of the event got, or is about to get.
    async fn wait(&self, id: &str, receiver: &ReceiverInfo) -> Result<Option<Reply>, StoreError> {
        let limit = receiver.options.timeout.unwrap_or(REPLY_TIMEOUT);
        let give_up_at = Instant::now() + limit;
        loop {
            let body = self.store.reply(id, receiver.id).await?;
            if let Some(body) = body {
                return Ok(serde_json::from_str(&body).ok().map(Reply::json));
            }
            if Instant::now() >= give_up_at {
                return Ok(None);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
