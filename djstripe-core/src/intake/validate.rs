//! Whether a delivery to an endpoint of the database comes from Stripe and fits the endpoint.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::error::{EndpointError, WebhookError};
use super::open_endpoints::OpenEndpoint;
use super::refusals::Arrival;
use super::retrieval::is_plausible;
use super::shortened::shortened;
use super::stage::Intake;
use crate::client::event_list::as_delivered;
use crate::client::thin_list::thin_as_delivered;
use crate::client::{Client, ClientError, Request};
use crate::endpoint::{Endpoint, OnMismatch, ValidationMethod};
use crate::error::describe;
use crate::webhook::delivery::Delivery;
use crate::webhook::event::Event;
use crate::webhook::signature::{self, SignatureError};

impl Intake {
    /// The endpoint with this id.
    pub(super) async fn open_endpoint(&self, id: Uuid) -> Result<Arc<OpenEndpoint>, WebhookError> {
        let found = self.0.endpoints.get(&self.0.store, id).await?;
        found.ok_or_else(|| EndpointError::Unknown.into())
    }

    /// Checks a delivery by the endpoint's validation method, and notes the event's id once it is known.
    pub(super) async fn validate(
        &self,
        open: &OpenEndpoint,
        delivery: &Delivery,
        arrival: &mut Arrival,
        now: SystemTime,
    ) -> Result<Event, WebhookError> {
        let endpoint = &open.endpoint;
        let assign = |event: Event| {
            let own_account = endpoint.own_account.as_deref();
            self.0.clients.assign(event, own_account)
        };
        let event = match endpoint.validation {
            ValidationMethod::VerifySignature => assign(self.verify(open, delivery, now).await?),
            ValidationMethod::RetrieveEvent => {
                let no_key = EndpointError::NoKey { id: endpoint.id };
                let delivered = assign(Event::unverified(delivery.body.clone())?);
                arrival.event = Some(shortened(delivered.id()));
                // No request is spent on an event that would be refused afterwards.
                reject_mismatch(endpoint, &delivered)?;
                let client = self.0.clients.of(delivered.own_account()).ok_or(no_key)?;
                let genuine = self.retrieve(client, &delivered).await?;
                // One of the client's own account names no account any more, so it stays with it.
                match genuine.account() {
                    Some(_) => assign(genuine),
                    None => genuine,
                }
            }
            ValidationMethod::None => assign(Event::unverified(delivery.body.clone())?),
        };

        arrival.event = Some(shortened(event.id()));
        reject_mismatch(endpoint, &event)?;
        Ok(event)
    }

    /// Stripe's copy of a delivered event, within the rate budget.
    async fn retrieve(&self, client: &Client, delivered: &Event) -> Result<Event, EndpointError> {
        let requested_id = requested_id(delivered);
        let event = || requested_id.to_owned();
        if !is_plausible(delivered, requested_id) {
            return Err(EndpointError::NotAtStripe { event: event() });
        }
        if !self.0.retrievals.may_retrieve(client, delivered) {
            return Err(EndpointError::TooManyToRetrieve { event: event() });
        }
        retrieve(client, delivered, self.0.retrieve_limit).await
    }

    async fn verify(
        &self,
        open: &OpenEndpoint,
        delivery: &Delivery,
        now: SystemTime,
    ) -> Result<Event, WebhookError> {
        let verified = self.verify_by(open, delivery, now);
        let Err(WebhookError::Signature(SignatureError::Mismatch)) = verified else {
            return verified;
        };

        // Another process may have given the endpoint a new secret since it was read.
        let changed = self.0.endpoints.get_changed(&self.0.store, open).await?;
        let changed = changed.ok_or(SignatureError::Mismatch)?;
        self.verify_by(&changed, delivery, now)
    }

    fn verify_by(
        &self,
        open: &OpenEndpoint,
        delivery: &Delivery,
        now: SystemTime,
    ) -> Result<Event, WebhookError> {
        let secrets = open.secrets()?;
        let tolerance = open.endpoint.tolerance;
        let body = delivery.body.clone();
        let verified = signature::verify(body, delivery.signature(), secrets, tolerance, now)?;
        Ok(Event::decode(verified)?)
    }

    /// Records in what way an accepted event does not fit its endpoint. The answer does not depend
    /// on it.
    pub(super) async fn record_mismatch(&self, open: &OpenEndpoint, event: &Event) {
        let Some(mismatch) = open.endpoint.mismatch(event) else {
            return;
        };
        tracing::warn!(endpoint = %open.endpoint.id, event = event.id(), "accepted: {mismatch}");

        let remark = mismatch.to_string();
        if let Err(error) = self.0.store.remark_delivery(event.id(), remark).await {
            tracing::error!(
                error = describe(&error),
                "the mismatch between event and endpoint could not be recorded"
            );
        }
    }
}

/// Refuses an event of another mode or account, if the endpoint says so.
fn reject_mismatch(endpoint: &Endpoint, event: &Event) -> Result<(), EndpointError> {
    match endpoint.mismatch(event) {
        Some(mismatch) if endpoint.on_mismatch == OnMismatch::Reject => Err(mismatch.into()),
        _ => Ok(()),
    }
}

/// The id that a delivered event has at Stripe.
fn requested_id(delivered: &Event) -> &str {
    match delivered.thin_id() {
        Some(thin_id) if delivered.has_thin_payload() => thin_id,
        _ => delivered.id(),
    }
}

/// Stripe's copy of a delivered event, if it is the same event. Nothing of the delivery is kept.
///
/// The request for a snapshot event names the event's own API version, so that both have the same
/// shape. A thin event has no version and a path of its own; Stripe's copy of it is the whole event.
async fn retrieve(
    client: &Client,
    delivered: &Event,
    limit: Duration,
) -> Result<Event, EndpointError> {
    let is_thin = delivered.has_thin_payload();
    let requested_id = requested_id(delivered);
    let id = || requested_id.to_owned();
    let failed = |source: ClientError| match source.is_gone() {
        true => EndpointError::NotAtStripe { event: id() },
        false => EndpointError::Fetch {
            event: id(),
            source,
        },
    };

    let account = delivered.mirror_account();
    let request = if is_thin {
        Request::thin_event(requested_id)
    } else {
        Request::retrieve("event", requested_id)
    };
    let mut request = request
        .map_err(|_| EndpointError::NotAtStripe { event: id() })?
        .livemode(delivered.livemode())
        .account(account)
        .context(delivered.context().unwrap_or_default());
    if let Some(version) = delivered.api_version() {
        request = request.api_version(version);
    }

    let answer = tokio::time::timeout(limit, client.send(&request)).await;
    let answer = answer
        .unwrap_or(Err(ClientError::TimedOut { limit }))
        .map_err(failed)?;
    let genuine = if is_thin {
        thin_as_delivered(answer.json(), account, client).map(Event::fetched)
    } else {
        as_delivered(answer.json(), account, client.own_account())
    };
    genuine
        .ok()
        .filter(|genuine| {
            if is_thin {
                is_same_thin(delivered, genuine)
            } else {
                is_same(delivered, genuine)
            }
        })
        .ok_or_else(|| EndpointError::Forged { event: id() })
}

/// Whether a delivered notification is that of Stripe's thin event. The delivery may leave out the id
/// of the snapshot event, but not name another.
fn is_same_thin(delivered: &Event, genuine: &Event) -> bool {
    let head = |event: &Event| {
        let related = event.related_object();
        (
            event.thin_id().map(str::to_owned),
            event.name().clone(),
            event.livemode(),
            related.map(|it| (it.id.clone(), it.object.clone())),
        )
    };
    let names_snapshot = delivered.thin_id() != Some(delivered.id());
    genuine.has_thin_payload()
        && head(delivered) == head(genuine)
        && (!names_snapshot || delivered.id() == genuine.id())
}

/// Whether a delivered event and Stripe's copy are equal, with `data` compared as JSON, so that the
/// order of fields doesn't matter. The account needs no comparison: the request was made for it. The
/// other fields, such as `pending_webhooks`, may differ: the copy's are kept.
fn is_same(delivered: &Event, genuine: &Event) -> bool {
    let head = |event: &Event| {
        (
            event.id().to_owned(),
            event.name().clone(),
            event.livemode(),
            event.created(),
        )
    };
    let data = |event: &Event| serde_json::from_str::<Envelope>(event.json()).ok();
    head(delivered) == head(genuine) && data(delivered) == data(genuine)
}

/// The part of an event that is compared as a whole.
#[derive(PartialEq, Deserialize)]
struct Envelope {
    data: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thin_event_is_the_same_if_it_refers_to_the_same() {
        let event = |id: &str, name: &str, related: &str, more: &str| {
            let json = format!(
                r#"{{"id":"{id}","object":"v2.core.event","type":"{name}",{more}
                    "related_object":{{"id":"{related}","type":"customer","url":"/v1/customers"}}}}"#
            );
            Event::from_json(&json).unwrap()
        };
        let snapshot = r#""snapshot_event":"evt_1","#;
        let genuine = event("evt_2", "v1.customer.updated", "cus_1", snapshot);
        let check = |delivered: Event, expected: bool| {
            assert_eq!(
                is_same_thin(&delivered, &genuine),
                expected,
                "{delivered:?}"
            );
        };

        check(genuine.clone(), true);
        check(event("evt_2", "v1.customer.updated", "cus_1", ""), true);
        let other = r#""snapshot_event":"evt_3","#;
        check(event("evt_2", "v1.customer.updated", "cus_1", other), false);
        check(
            event("evt_2", "v1.customer.updated", "cus_2", snapshot),
            false,
        );
        check(
            event("evt_2", "v1.customer.deleted", "cus_1", snapshot),
            false,
        );
        check(
            event("evt_3", "v1.customer.updated", "cus_1", snapshot),
            false,
        );
        let live = r#""livemode":true,"snapshot_event":"evt_1","#;
        check(event("evt_2", "v1.customer.updated", "cus_1", live), false);
        let snapshot = r#"{"id":"evt_1","type":"customer.updated"}"#;
        assert!(!is_same_thin(
            &genuine,
            &Event::from_json(snapshot).unwrap()
        ));
    }

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
        let more =
            r#"{"object":{"id":"ch_1","amount":5},"previous_attributes":{"amount":4},"note":1}"#;
        check(r#""created":7,"livemode":true"#, more, false);
    }
}
