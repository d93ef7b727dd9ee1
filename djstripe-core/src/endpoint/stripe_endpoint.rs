//! An endpoint as Stripe has it: a webhook endpoint of API v1 or an event destination of API v2.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::kind::EndpointKind;

/// A webhook endpoint or an event destination of Stripe's API, without its secret.
///
/// Source: [The Webhook Endpoint object](https://docs.stripe.com/api/webhook_endpoints/object),
/// [The Event Destination object](https://docs.stripe.com/api/v2/core/event-destinations/object).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StripeEndpoint {
    /// What it is.
    pub(crate) kind: EndpointKind,
    /// The id, `we_…` or `ed_…`.
    pub(crate) id: String,
    /// The URL that it delivers to, or the other place that it delivers to, `amazon_eventbridge`.
    pub(crate) url: String,
    /// The names of the events that it delivers; `*` for all of them.
    pub(crate) enabled_events: Vec<String>,
    /// The accounts whose events it delivers, `@self`; empty for a webhook endpoint, which doesn't
    /// say.
    pub(crate) events_from: Vec<String>,
    /// The API version of these events; `None` for the account's default version, and for thin
    /// events.
    pub(crate) api_version: Option<String>,
    /// The mode of these events.
    pub(crate) livemode: bool,
    /// `enabled` or `disabled`.
    pub(crate) status: String,
    /// Why it is disabled, as far as Stripe says.
    pub(crate) reason: Option<String>,
    /// When it was created, in RFC 3339; `None` for a webhook endpoint.
    pub(crate) created: Option<String>,
    /// The metadata. Under [`StripeEndpoint::METADATA_KEY`] it has the id of the endpoint's row.
    pub(crate) metadata: BTreeMap<String, String>,
}

impl StripeEndpoint {
    /// The metadata key of the row's id, set on endpoints that djstripe creates.
    pub(crate) const METADATA_KEY: &str = "djstripe_endpoint";
    /// The metadata key of the id of the row that the endpoint takes over from.
    pub(crate) const TAKES_OVER_KEY: &str = "djstripe_takes_over";

    /// Whether it is enabled.
    pub(crate) fn is_enabled(&self) -> bool {
        self.status != "disabled"
    }

    /// Reads a webhook endpoint.
    pub(crate) fn from_webhook_endpoint(json: &str) -> serde_json::Result<Self> {
        let found: WebhookEndpoint = serde_json::from_str(json)?;
        Ok(Self {
            kind: EndpointKind::WebhookEndpoint,
            id: found.id,
            url: found.url,
            enabled_events: found.enabled_events,
            events_from: Vec::new(),
            api_version: found.api_version,
            livemode: found.livemode,
            status: found.status,
            reason: None,
            created: None,
            metadata: found.metadata,
        })
    }

    /// Reads an event destination.
    pub(crate) fn from_destination(json: &str) -> serde_json::Result<Self> {
        let found: Destination = serde_json::from_str(json)?;
        let is_thin = found.event_payload == "thin";
        let url = found.webhook_endpoint.and_then(|endpoint| endpoint.url);
        let disabled = found.status_details.and_then(|details| details.disabled);
        Ok(Self {
            kind: if is_thin {
                EndpointKind::ThinDestination
            } else {
                EndpointKind::SnapshotDestination
            },
            id: found.id,
            url: url.unwrap_or(found.transport),
            enabled_events: found.enabled_events,
            events_from: found.events_from.unwrap_or_default(),
            api_version: found.snapshot_api_version.filter(|_| !is_thin),
            livemode: found.livemode,
            status: found.status,
            reason: disabled.and_then(|disabled| disabled.reason),
            created: found.created,
            metadata: found.metadata.unwrap_or_default(),
        })
    }
}

#[derive(Deserialize)]
struct WebhookEndpoint {
    id: String,
    url: String,
    #[serde(default)]
    enabled_events: Vec<String>,
    #[serde(default)]
    api_version: Option<String>,
    #[serde(default)]
    livemode: bool,
    #[serde(default)]
    status: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Destination {
    id: String,
    event_payload: String,
    #[serde(rename = "type")]
    transport: String,
    #[serde(default)]
    webhook_endpoint: Option<Address>,
    #[serde(default)]
    enabled_events: Vec<String>,
    #[serde(default)]
    events_from: Option<Vec<String>>,
    #[serde(default)]
    snapshot_api_version: Option<String>,
    #[serde(default)]
    livemode: bool,
    #[serde(default)]
    status: String,
    #[serde(default)]
    status_details: Option<StatusDetails>,
    #[serde(default)]
    created: Option<String>,
    #[serde(default)]
    metadata: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Address {
    #[serde(default)]
    url: Option<String>,
}

#[derive(Deserialize)]
struct StatusDetails {
    #[serde(default)]
    disabled: Option<Disabled>,
}

#[derive(Deserialize)]
struct Disabled {
    #[serde(default)]
    reason: Option<String>,
}
