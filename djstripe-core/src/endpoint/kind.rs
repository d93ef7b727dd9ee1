//! What an endpoint is at Stripe, and from which one it takes over.

use uuid::Uuid;

use super::rules::string_enum;
use crate::timestamp::Timestamp;

/// What an endpoint is at Stripe.
///
/// Source: [Event destinations](https://docs.stripe.com/event-destinations).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndpointKind {
    /// A webhook endpoint of API v1, which gets snapshot events.
    #[default]
    WebhookEndpoint,
    /// An event destination of API v2 that gets snapshot events.
    SnapshotDestination,
    /// An event destination of API v2 that gets thin events.
    ThinDestination,
}

string_enum!(EndpointKind {
    WebhookEndpoint = "webhook_endpoint",
    SnapshotDestination = "snapshot_destination",
    ThinDestination = "thin_destination"
});

impl EndpointKind {
    /// Whether it is an event destination of API v2.
    pub const fn is_destination(self) -> bool {
        !matches!(self, Self::WebhookEndpoint)
    }

    /// Whether Stripe sends thin events to it.
    pub const fn is_thin(self) -> bool {
        matches!(self, Self::ThinDestination)
    }
}

/// What a thin destination takes over from an endpoint with snapshot events.
///
/// Source: [Migrate from snapshot events to thin
/// events](https://docs.stripe.com/webhooks/migrate-snapshot-to-thin-events).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TakeOver {
    /// The id of that endpoint.
    pub endpoint: Uuid,
    /// The events that Stripe sent to it before.
    pub events: Vec<String>,
    /// When it lost the events that have a thin event; `None` while both deliver.
    pub cut_over_at: Option<Timestamp>,
}

impl TakeOver {
    /// Takes over from `endpoint`, to which Stripe sends these events. Both deliver at first.
    pub const fn new(endpoint: Uuid, events: Vec<String>) -> Self {
        Self {
            endpoint,
            events,
            cut_over_at: None,
        }
    }
}
