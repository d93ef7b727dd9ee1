//! Why a delivery is not acknowledged, and what its sender learns about that.

use std::sync::Arc;

use axum::http::StatusCode;
use uuid::Uuid;

use super::inbox::InboxError;
use crate::client::ClientError;
use crate::endpoint::{Mismatch, SecretsError};
use crate::store::StoreError;
use crate::webhook::event::DecodeError;
use crate::webhook::signature::SignatureError;

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
    /// The endpoint does not exist, can't take deliveries, or can't take this one.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The event could not be stored. Deliveries of one batch share the error.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// Too many deliveries wait for the database, or this one waited too long.
    #[error("the database is too slow: too many deliveries wait for it")]
    Overloaded,
    /// Inline mode: another event of the same object is being processed, and the sender has to
    /// deliver this one again.
    #[error("another event of the object of event {id} is being processed")]
    Busy {
        /// The event's id.
        id: String,
    },
    /// Inline mode: the event is thin, its snapshot event is not known, and Stripe's API could not be
    /// asked for it. The sender has to deliver it again.
    #[error("thin event {id} was not processed: {reason}")]
    NotIdentified {
        /// The event's id.
        id: String,
        /// Why.
        reason: String,
    },
    /// Inline mode: a receiver failed, and the sender has to deliver the event again.
    #[error("a receiver of event {id} failed")]
    ReceiverFailed {
        /// The event's id.
        id: String,
    },
}

/// Why an endpoint can't take a delivery.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// No endpoint has this address, or it is disabled.
    #[error("no endpoint has this address")]
    Unknown,
    /// It verifies signatures, and none of its secrets can be used.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// It fetches each event from Stripe, and there is no API key for its mode.
    #[error(
        "endpoint {id} fetches each event from Stripe, which needs an API key of its mode: set \
         STRIPE_SECRET_KEY"
    )]
    NoKey {
        /// The endpoint.
        id: Uuid,
    },
    /// Stripe does not have the event.
    #[error("Stripe has no event {event}")]
    NotAtStripe {
        /// The event's id.
        event: String,
    },
    /// Stripe has a different event with this id.
    #[error("event {event} differs from the event that Stripe has with this id")]
    Forged {
        /// The event's id.
        event: String,
    },
    /// The event could not be fetched from Stripe.
    #[error("event {event} could not be fetched from Stripe")]
    Fetch {
        /// The event's id.
        event: String,
        /// The client's error.
        source: ClientError,
    },
    /// It fetches each event from Stripe, and more deliveries came than it may send requests for.
    #[error("event {event} was not fetched from Stripe: too many deliveries came")]
    TooManyToRetrieve {
        /// The event's id.
        event: String,
    },
    /// The event is of another mode or account.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
}

impl From<StoreError> for WebhookError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<SecretsError> for WebhookError {
    fn from(error: SecretsError) -> Self {
        Self::Endpoint(error.into())
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
    /// The status of the answer. Stripe delivers the event again unless it is a 2xx.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Signature(_) | Self::Decode(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Endpoint(error) => error.status(),
            Self::Store(_) | Self::Overloaded | Self::Busy { .. } | Self::NotIdentified { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::ReceiverFailed { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The body of the answer. It says nothing that helps a forger or exposes internals.
    pub fn public_message(&self) -> &'static str {
        match self {
            Self::Signature(SignatureError::MissingHeader) => "no signature",
            Self::Signature(_) => "signature not accepted",
            Self::Decode(_) => "not an event",
            Self::TooLarge { .. } => "body too large",
            Self::Endpoint(error) => error.public_message(),
            Self::Store(_) | Self::Overloaded => "not stored; deliver again later",
            Self::Busy { .. } | Self::NotIdentified { .. } | Self::ReceiverFailed { .. } => {
                "not processed; deliver again later"
            }
        }
    }

    /// The label of the metric: one of [`REASONS`](crate::telemetry::metrics::REASONS).
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Signature(SignatureError::MissingHeader) => "no_signature",
            Self::Signature(SignatureError::TooOld { .. } | SignatureError::TooNew { .. }) => {
                "clock"
            }
            Self::Signature(_) => "signature",
            Self::Decode(_) => "not_an_event",
            Self::TooLarge { .. } => "too_large",
            Self::Endpoint(EndpointError::Unknown) => "unknown_endpoint",
            Self::Endpoint(
                EndpointError::Mismatch(_)
                | EndpointError::NotAtStripe { .. }
                | EndpointError::Forged { .. },
            ) => "mismatch",
            Self::Endpoint(EndpointError::TooManyToRetrieve { .. }) => "retrieve_budget",
            Self::Endpoint(_) => "endpoint",
            Self::Store(_) => "store",
            Self::Overloaded => "overloaded",
            Self::Busy { .. } => "busy",
            Self::NotIdentified { .. } => "not_identified",
            Self::ReceiverFailed { .. } => "receiver_failed",
        }
    }

    /// Whether the refused delivery is recorded for the operator. `is_signed`: it has a
    /// `Stripe-Signature` header. One without is not recorded, except at an endpoint that doesn't verify
    /// signatures.
    pub(super) fn is_recorded(&self, is_signed: bool) -> bool {
        match self {
            Self::Signature(_) | Self::TooLarge { .. } => is_signed,
            Self::Decode(_) => true,
            Self::Endpoint(error) => error.is_recorded(),
            Self::Store(_)
            | Self::Overloaded
            | Self::Busy { .. }
            | Self::NotIdentified { .. }
            | Self::ReceiverFailed { .. } => false,
        }
    }
}

impl EndpointError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Mismatch(_) | Self::NotAtStripe { .. } | Self::Forged { .. } => {
                StatusCode::BAD_REQUEST
            }
            Self::Secrets(_)
            | Self::NoKey { .. }
            | Self::Fetch { .. }
            | Self::TooManyToRetrieve { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn public_message(&self) -> &'static str {
        match self {
            Self::Unknown => "no such endpoint",
            Self::Mismatch(_) => "event of another mode or account",
            Self::NotAtStripe { .. } | Self::Forged { .. } => "event not accepted",
            Self::Secrets(_) => {
                "the signing secret of this endpoint can't be read here; deliver again later"
            }
            Self::NoKey { .. } | Self::Fetch { .. } | Self::TooManyToRetrieve { .. } => {
                "not ready; deliver again later"
            }
        }
    }

    fn is_recorded(&self) -> bool {
        matches!(
            self,
            Self::Mismatch(_) | Self::NotAtStripe { .. } | Self::Forged { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::telemetry::metrics::REASONS;

    #[test]
    fn each_refusal_has_its_status() {
        let check = |error: WebhookError, status: u16, recorded: bool| {
            let actual = (error.status().as_u16(), error.is_recorded(true));
            assert_eq!(actual, (status, recorded), "{error}");
        };
        let event = || "evt_1".to_owned();
        let id = || "evt_1".to_owned();

        assert!(!WebhookError::from(SignatureError::MissingHeader).is_recorded(false));
        assert!(!WebhookError::TooLarge { limit: 1 }.is_recorded(false));
        let of_endpoint = |error: EndpointError| WebhookError::from(error);
        let forged = EndpointError::Forged { event: event() };
        check(of_endpoint(forged), 400, true);
        let too_many = EndpointError::TooManyToRetrieve { event: event() };
        check(of_endpoint(too_many), 503, false);
        check(SignatureError::Mismatch.into(), 400, true);
        check(SignatureError::InvalidTime.into(), 400, true);
        check(DecodeError::NotAnObject.into(), 400, true);
        check(WebhookError::TooLarge { limit: 1 }, 413, true);
        check(WebhookError::Busy { id: id() }, 503, false);
        let reason = "no key".to_owned();
        check(WebhookError::NotIdentified { id: id(), reason }, 503, false);
        check(WebhookError::ReceiverFailed { id: id() }, 500, false);
    }

    #[test]
    fn each_refusal_has_a_reason_of_the_list() {
        let too_old = SignatureError::TooOld {
            age: Duration::ZERO,
            tolerance: Duration::ZERO,
        };
        let check = |error: WebhookError, expected: &str| {
            assert_eq!(error.reason(), expected);
            assert!(REASONS.contains(&error.reason()), "{expected}");
        };

        check(SignatureError::MissingHeader.into(), "no_signature");
        check(SignatureError::Mismatch.into(), "signature");
        check(too_old.into(), "clock");
        check(DecodeError::NotAnObject.into(), "not_an_event");
        check(WebhookError::TooLarge { limit: 1 }, "too_large");
        check(EndpointError::Unknown.into(), "unknown_endpoint");
        check(WebhookError::Overloaded, "overloaded");
        let event = "evt_1".to_owned();
        let too_many = EndpointError::TooManyToRetrieve { event };
        check(too_many.into(), "retrieve_budget");
    }
}
