//! What the catalogue of Stripe's events says about one of them.

/// One event of the catalogue.
pub(crate) struct EventFacts {
    /// `customer.updated`.
    pub(crate) name: &'static str,
    /// The types of object that the event may carry.
    pub(crate) objects: &'static [&'static str],
    /// The payload type that fits: a model, or the union of several.
    pub(crate) payload: &'static str,
    /// The cargo feature that the payload type needs.
    pub(crate) feature: Option<&'static str>,
    /// The API version that introduced the event, if that is newer than the pinned one.
    pub(crate) since: Option<&'static str>,
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
