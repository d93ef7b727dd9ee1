//! What the requests about webhook endpoints and those about event destinations share.

use secrecy::SecretString;
use serde_json::{Value, json};

use crate::cli::exit::CommandError;
use crate::client::{Answer, ClientError, Request};
use crate::endpoint::{Endpoint, StripeEndpoint};

/// An endpoint that Stripe has just created, with its secret, which Stripe shows only once.
pub(super) struct Created {
    pub(super) at_stripe: StripeEndpoint,
    pub(super) secret: SecretString,
}

/// The metadata by which the row is found again.
pub(super) fn metadata(endpoint: &Endpoint) -> Value {
    let mut metadata = json!({ StripeEndpoint::METADATA_KEY: endpoint.id.to_string() });
    if let Some(from) = &endpoint.take_over {
        metadata[StripeEndpoint::TAKES_OVER_KEY] = from.endpoint.to_string().into();
    }
    metadata
}

pub(super) fn in_mode(request: Request, endpoint: &Endpoint) -> Request {
    match endpoint.livemode {
        Some(livemode) => request.livemode(livemode),
        None => request,
    }
}

/// The error of an answer that can't be read. It doesn't quote it, because it may hold a secret.
pub(super) fn malformed(_: serde_json::Error) -> CommandError {
    "Stripe's answer is not an endpoint".into()
}

/// The answer of a request about an endpoint at Stripe; `None` if that is gone.
pub(super) fn unless_gone(
    sent: Result<Answer, ClientError>,
) -> Result<Option<Answer>, ClientError> {
    match sent {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is said of an endpoint that Stripe no longer has.
pub(super) fn gone(stripe_id: &str) -> String {
    format!("{stripe_id} is gone at Stripe; `endpoints roll` creates another")
}

/// The error of a request about an endpoint at Stripe, which may be gone.
pub(super) fn gone_or(error: ClientError, stripe_id: &str) -> CommandError {
    if error.is_gone() {
        gone(stripe_id).into()
    } else {
        error.into()
    }
}
