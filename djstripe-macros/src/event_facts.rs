//! What the catalogue of Stripe's events says about one of them.

use crate::options::EventKind;

/// One event of the catalogue.
pub(crate) struct EventFacts {
    /// `customer.updated`.
    pub(crate) name: &'static str,
    /// Its name as a thin event, `v1.customer.updated`; `None` if Stripe sends it as a snapshot event only.
    pub(crate) thin: Option<&'static str>,
    /// Whether Stripe sends it as a snapshot event. If not, `name` is that of the thin event.
    pub(crate) has_snapshot: bool,
    /// The types of object that the event may carry, or that a thin event may refer to.
    pub(crate) objects: &'static [&'static str],
    /// The payload type that fits: a model, or the union of several. Empty if there is no object.
    pub(crate) payload: &'static str,
    /// The type of the thin event's `data`.
    pub(crate) data: Option<&'static str>,
    /// The cargo feature that the payload type needs.
    pub(crate) feature: Option<&'static str>,
    /// The API version that introduced the event, if that is newer than the pinned one.
    pub(crate) since: Option<&'static str>,
}

impl EventFacts {
    /// Whether Stripe sends the event as one of this kind.
    pub(crate) fn is_sent_as(&self, kind: EventKind) -> bool {
        match kind {
            EventKind::Snapshot => self.has_snapshot,
            EventKind::Thin => self.thin.is_some(),
        }
    }
}

/// The fields of what stands in a field of an object: of a hash, or of the elements of a list.
pub(crate) struct NestedFields {
    /// `subscription`.
    pub(crate) object: &'static str,
    /// `items`.
    pub(crate) field: &'static str,
    /// The type of object that stands there; `None` for a hash without a name.
    pub(crate) of: Option<&'static str>,
    pub(crate) fields: &'static [&'static str],
}
