//! Whether a delivery to an endpoint is Stripe's, and fits the endpoint.

use std::sync::Arc;
use std::time::SystemTime;

use uuid::Uuid;

use super::open_endpoints::ReadyEndpoint;
use crate::app::Djstripe;
use crate::client::{Client, ClientError, Request};
use crate::endpoint::{EndpointError, OnMismatch, ValidationMethod};
use crate::error::describe;
use crate::intake::WebhookError;
use crate::webhook::delivery::Delivery;
use crate::webhook::event::Event;
use crate::webhook::signature::{self, SignatureError};

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
        let event = match endpoint.validation {
            ValidationMethod::VerifySignature => match self.verify_at(ready, delivery, now) {
                Err(WebhookError::Signature(SignatureError::Mismatch)) => {
                    // Another process may have given it a new secret since it was read.
                    let changed = self.endpoints().get_changed(self.store(), ready).await?;
                    let changed = changed.ok_or(SignatureError::Mismatch)?;
                    self.verify_at(&changed, delivery, now)?
                }
                verified => verified?,
            },
            ValidationMethod::RetrieveEvent => {
                let client = self
                    .client()
                    .ok_or(EndpointError::NoKey { id: endpoint.id })?;
                retrieve(client, Event::unverified(delivery.body.clone())?).await?
            }
            ValidationMethod::None => Event::unverified(delivery.body.clone())?,
        };
        match endpoint.mismatch(&event) {
            Some(mismatch) if endpoint.on_mismatch == OnMismatch::Reject => {
                Err(EndpointError::from(mismatch).into())
            }
            _ => Ok(event),
        }
    }

    fn verify_at(
        &self,
        ready: &ReadyEndpoint,
        delivery: &Delivery,
        now: SystemTime,
    ) -> Result<Event, WebhookError> {
        let (secrets, tolerance) = (self.endpoints().secrets(ready)?, ready.endpoint.tolerance);
        Ok(Event::decode(signature::verify(
            delivery.body.clone(),
            delivery.signature(),
            secrets,
            tolerance,
            now,
        )?)?)
    }

    /// Records what of an accepted event doesn't fit its endpoint. The answer doesn't depend on it.
    pub(crate) async fn record_mismatch(&self, ready: &ReadyEndpoint, event: &Event) {
        let Some(mismatch) = ready.endpoint.mismatch(event) else {
            return;
        };
        tracing::warn!(endpoint = %ready.endpoint.id, event = event.id(), "accepted: {mismatch}");
        if let Err(error) = self
            .store()
            .remark_delivery(event.id(), mismatch.to_string())
            .await
        {
            tracing::error!(
                error = describe(&error),
                "what doesn't fit the endpoint could not be recorded"
            );
        }
    }
}

/// The event, if Stripe has the same under its id. It is asked in the event's own version, so that both read alike.
async fn retrieve(client: &Client, event: Event) -> Result<Event, EndpointError> {
    let id = || event.id().to_owned();
    let failed = |source: ClientError| match source.is_gone() {
        true => EndpointError::NotAtStripe { event: id() },
        false => EndpointError::Fetch {
            event: id(),
            source,
        },
    };
    let mut request = Request::retrieve("event", event.id())
        .map_err(|_| EndpointError::NotAtStripe { event: id() })?;
    request = request
        .livemode(event.livemode())
        .account(event.account().unwrap_or_default());
    if let Some(version) = event.api_version() {
        request = request.api_version(version);
    }
    let answer = client.send(&request).await.map_err(failed)?;
    let genuine = Event::from_json(answer.json()).is_ok_and(|genuine| is_same(&event, &genuine));
    if genuine {
        Ok(event)
    } else {
        Err(EndpointError::Forged { event: id() })
    }
}

/// Whether a delivered event and Stripe's answer say the same, `data` compared as JSON. `pending_webhooks` and the order
/// of fields may differ; the account is compared by asking as it.
fn is_same(delivered: &Event, genuine: &Event) -> bool {
    let head = |event: &Event| {
        (
            event.id().to_owned(),
            event.name().clone(),
            event.livemode(),
            event.created(),
        )
    };
    let json = |json: Option<&str>| {
        json.map(serde_json::from_str::<serde_json::Value>)
            .transpose()
            .ok()
    };
    let same = |part: fn(&Event) -> Option<&str>| {
        json(part(delivered)).is_some_and(|value| Some(value) == json(part(genuine)))
    };
    head(delivered) == head(genuine) && same(Event::object_json) && same(Event::previous_json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_the_same_if_its_head_and_data_are() {
        let event = |head: &str, data: &str| {
            let json = format!(r#"{{"id":"evt_1","type":"charge.failed",{head},"data":{data}}}"#);
            Event::from_json(&json).unwrap()
        };
        let data = r#"{"object":{"id":"ch_1","amount":5},"previous_attributes":{"amount":4}}"#;
        let delivered = event(r#""created":7,"livemode":true,"pending_webhooks":1"#, data);
        let check = |head: &str, data: &str, expected: bool| {
            assert_eq!(
                is_same(&delivered, &event(head, data)),
                expected,
                "{head} {data}"
            );
        };
        check(
            r#""created":7,"livemode":true,"pending_webhooks":0"#,
            data,
            true,
        );
        let reordered =
            r#"{"previous_attributes": {"amount": 4}, "object": {"amount": 5, "id": "ch_1"}}"#;
        check(r#""livemode":true,"created":7"#, reordered, true);
        check(r#""created":8,"livemode":true"#, data, false);
        check(r#""created":7,"livemode":false"#, data, false);
        check(
            r#""created":7,"livemode":true"#,
            r#"{"object":{"id":"ch_1","amount":5}}"#,
            false,
        );
        let other = r#"{"object":{"id":"ch_1","amount":6},"previous_attributes":{"amount":4}}"#;
        check(r#""created":7,"livemode":true"#, other, false);
        check(r#""created":7,"livemode":true"#, "{}", false);
    }
}
