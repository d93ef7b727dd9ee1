//! From a delivery to a stored event: verify, decode, store, and only then acknowledge.

pub(crate) mod inbox;
pub(crate) mod validate;
pub(crate) mod open_endpoints;
use std::sync::Arc;
use std::time::SystemTime;

use axum::http::StatusCode;
use tracing::Instrument;
use uuid::Uuid;

use crate::app::{Djstripe, Mode};
use crate::endpoint::EndpointError;
use crate::error::describe;
use crate::intake::inbox::InboxError;
use crate::metrics;
use crate::store::{NewDelivery, NewEvent, StoreError, Stored};
use crate::webhook::delivery::Delivery;
use crate::webhook::event::{DecodeError, Event};
use crate::webhook::signature::{self, SignatureError};
use open_endpoints::ReadyEndpoint;

/// What became of an accepted delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Receipt {
    /// The event is stored and waits for the workers, or, inline, its receivers have run.
    Stored,
    /// The event was stored before; no receiver runs again for it.
    Duplicate,
}

/// Why a delivery is not acknowledged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The signature was not accepted.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The body is not an event.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The body is longer than the limit.
    #[error("body is longer than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The endpoint doesn't exist, can't take deliveries, or not this one.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The event could not be stored. Deliveries that were to be stored together share the reason.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// Too many deliveries wait for the database, or this one did for too long.
    #[error("the database is too slow: too many deliveries wait for it")]
    Overloaded,
    /// Inline mode: another event of the same object is being processed, the sender is asked to deliver again.
    #[error("another event of the object of event {id} is being processed")]
    Busy {
        /// The event's id.
        id: String,
    },
    /// Inline mode: a receiver failed, the sender is asked to deliver again.
    #[error("a receiver of event {id} failed")]
    ReceiverFailed {
        /// The event's id.
        id: String,
    },
}

impl From<StoreError> for WebhookError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<InboxError> for WebhookError {
    fn from(error: InboxError) -> Self {
        match error {
            InboxError::Store(error) => Self::Store(error),
            InboxError::Overloaded => Self::Overloaded,
        }
    }
}

impl WebhookError {
    /// The status of the answer. Stripe delivers again unless it is a 2xx.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Signature(_) | Self::Decode(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Endpoint(error) => error.status(),
            Self::Store(_) | Self::Overloaded | Self::Busy { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::ReceiverFailed { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the sender is told: nothing that helps a forger or shows the inside.
    pub fn public_message(&self) -> &'static str {
        match self {
            Self::Signature(SignatureError::MissingHeader) => "no signature",
            Self::Signature(_) => "signature not accepted",
            Self::Decode(_) => "not an event",
            Self::TooLarge { .. } => "body too large",
            Self::Endpoint(error) => error.public_message(),
            Self::Store(_) | Self::Overloaded => "not stored; deliver again later",
            Self::Busy { .. } | Self::ReceiverFailed { .. } => "not processed; deliver again later",
        }
    }

    /// Whether the operator can look the delivery up: what isn't even signed is not kept.
    fn is_kept(&self) -> bool {
        matches!(self, Self::Signature(error) if *error != SignatureError::MissingHeader)
            || matches!(self, Self::Decode(_) | Self::TooLarge { .. })
            || matches!(self, Self::Endpoint(error) if error.is_kept())
    }
}

impl Djstripe {
    /// Takes one delivery: whatever the web framework, hand over the headers and the raw bytes.
    ///
    /// ```no_run
    /// # async fn handler(app: djstripe_core::Djstripe, headers: axum::http::HeaderMap, body: Vec<u8>) -> u16 {
    /// use djstripe_core::Delivery;
    ///
    /// match app.receive(Delivery::new(headers, body)).await {
    ///     Ok(_) => 200,
    ///     Err(error) => error.status().as_u16(),
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`WebhookError`]; when it returns `Ok`, the event is stored durably.
    pub async fn receive(&self, delivery: Delivery) -> Result<Receipt, WebhookError> {
        metrics::delivery(self.receive_from(None, delivery))
            .instrument(delivery_span())
            .await
    }

    /// Takes one delivery to the endpoint with this id, by its secrets and rules.
    ///
    /// ```no_run
    /// # async fn handler(app: djstripe_core::Djstripe, delivery: djstripe_core::Delivery) -> u16 {
    /// use djstripe_core::uuid::uuid;
    ///
    /// let id = uuid!("11111111-2222-4333-8444-555555555555");
    /// app.receive_at(id, delivery).await.map_or_else(|error| error.status().as_u16(), |_| 200)
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`receive`](Self::receive), and [`WebhookError::Endpoint`].
    pub async fn receive_at(
        &self,
        endpoint: Uuid,
        delivery: Delivery,
    ) -> Result<Receipt, WebhookError> {
        let receiving = async {
            let endpoint = self.open_endpoint(endpoint).await?;
            self.receive_from(Some(&endpoint), delivery).await
        };
        metrics::delivery(receiving)
            .instrument(delivery_span())
            .await
    }

    async fn receive_from(
        &self,
        endpoint: Option<&ReadyEndpoint>,
        delivery: Delivery,
    ) -> Result<Receipt, WebhookError> {
        let now = SystemTime::now();
        self.hooks().pre_validate(&delivery).await;
        let verified = self.check(endpoint, &delivery, now).await;
        self.hooks()
            .post_validate(&delivery, verified.as_ref().ok())
            .await;
        let event = match verified {
            Ok(event) => event,
            Err(error) => {
                self.refuse(&delivery, &error, now).await;
                return Err(error);
            }
        };
        tracing::Span::current().record("event", event.id());
        let stored = NewEvent {
            event: event.clone(),
            received_at: now.into(),
            remote_address: Some(self.remote_address(&delivery)),
        };
        let stored = self.inbox().store(stored).await?;
        let is_new = stored != Stored::Duplicate;
        if let Some(endpoint) = endpoint {
            self.record_mismatch(endpoint, &event).await;
        }
        tracing::debug!(event = event.id(), name = %event.name(), is_new, "event received");
        match self.mode() {
            Mode::Inline => self.process_now(&delivery, &event, is_new).await?,
            Mode::Background if stored == Stored::Waiting => self.wake_workers(),
            Mode::Background => {}
        }
        Ok(if is_new {
            Receipt::Stored
        } else {
            Receipt::Duplicate
        })
    }

    async fn check(
        &self,
        endpoint: Option<&ReadyEndpoint>,
        delivery: &Delivery,
        now: SystemTime,
    ) -> Result<Event, WebhookError> {
        let limit = self.body_limit();
        if delivery.body.len() > limit {
            return Err(WebhookError::TooLarge { limit });
        }
        if let Some(endpoint) = endpoint {
            return self.validate(endpoint, delivery, now).await;
        }
        let secrets = self.secrets().ok_or(EndpointError::Unknown)?;
        let body = delivery.body.clone();
        let verified =
            signature::verify(body, delivery.signature(), secrets, self.tolerance(), now)?;
        Ok(Event::decode(verified)?)
    }

    /// Keeps what was refused for the operator. The answer doesn't depend on it.
    async fn refuse(&self, delivery: &Delivery, error: &WebhookError, now: SystemTime) {
        let reason = describe(error);
        tracing::warn!(reason, "delivery refused");
        if !error.is_kept() {
            return;
        }
        let record = NewDelivery {
            received_at: now.into(),
            reason,
            remote_address: Some(self.remote_address(delivery)),
            headers: delivery.public_headers(),
            body: delivery.body.to_vec(),
        };
        if let Err(error) = self.store().record_delivery(record).await {
            tracing::error!(
                error = describe(&error),
                "refused delivery could not be recorded"
            );
        }
    }

    fn remote_address(&self, delivery: &Delivery) -> String {
        delivery.remote_address(self.trusted_proxies()).to_string()
    }
}

/// From here to the commit; what is logged meanwhile says of which event.
fn delivery_span() -> tracing::Span {
    tracing::info_span!("delivery", event = tracing::field::Empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_status() {
        let check = |error: WebhookError, status: u16, kept: bool| {
            assert_eq!(
                (error.status().as_u16(), error.is_kept()),
                (status, kept),
                "{error}"
            );
        };
        check(SignatureError::MissingHeader.into(), 400, false);
        check(SignatureError::Mismatch.into(), 400, true);
        check(SignatureError::InvalidTime.into(), 400, true);
        check(DecodeError::NotAnObject.into(), 400, true);
        check(WebhookError::TooLarge { limit: 1 }, 413, true);
        check(
            WebhookError::Busy {
                id: "evt_1".to_owned(),
            },
            503,
            false,
        );
        check(
            WebhookError::ReceiverFailed {
                id: "evt_1".to_owned(),
            },
            500,
            false,
        );
    }
}
