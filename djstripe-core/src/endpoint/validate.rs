//! Whether a delivery to an endpoint is Stripe's, and fits the endpoint.

use std::sync::Arc;
use std::time::SystemTime;

use uuid::Uuid;

use super::cache::ReadyEndpoint;
use super::{EndpointError, OnMismatch, ValidationMethod};
use crate::app::Djstripe;
use crate::delivery::Delivery;
use crate::event::Event;
use crate::receive::WebhookError;
use crate::runner::describe;
use crate::signature;

impl Djstripe {
    /// The endpoint with this id.
    pub(crate) async fn open_endpoint(&self, id: Uuid) -> Result<Arc<ReadyEndpoint>, WebhookError> {
        let found = self.endpoints().get(self.store(), id).await?;
        found.ok_or_else(|| EndpointError::Unknown.into())
    }

    /// Checks a delivery in the way of its endpoint.
    pub(crate) async fn validate(
        &self,
        ready: &ReadyEndpoint,
        delivery: &Delivery,
        now: SystemTime,
    ) -> Result<Event, WebhookError> {
        let endpoint = &ready.endpoint;
        let body = delivery.body.clone();
        let event = match endpoint.validation {
            ValidationMethod::VerifySignature => {
                let secrets = self.endpoints().secrets(ready)?;
                Event::decode(signature::verify(body, delivery.signature(), secrets, endpoint.tolerance, now)?)?
            }
            ValidationMethod::RetrieveEvent => return Err(EndpointError::NoKey { id: endpoint.id }.into()),
            ValidationMethod::None => Event::unverified(body)?,
        };
        match endpoint.mismatch(&event) {
            Some(mismatch) if endpoint.on_mismatch == OnMismatch::Reject => Err(EndpointError::from(mismatch).into()),
            _ => Ok(event),
        }
    }

    /// Records what of an accepted event doesn't fit its endpoint. The answer doesn't depend on it.
    pub(crate) async fn record_mismatch(&self, ready: &ReadyEndpoint, event: &Event) {
        let Some(mismatch) = ready.endpoint.mismatch(event) else { return };
        tracing::warn!(endpoint = %ready.endpoint.id, event = event.id(), "accepted: {mismatch}");
        if let Err(error) = self.store().remark_delivery(event.id(), mismatch.to_string()).await {
            tracing::error!(error = describe(&error), "what doesn't fit the endpoint could not be recorded");
        }
    }
}
