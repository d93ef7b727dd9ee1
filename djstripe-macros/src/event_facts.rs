//! What the catalogue of Stripe's events says about one of them.

/// One event of the catalogue.
pub(crate) struct EventFacts {
    /// `customer.updated`.
    pub(crate) name: &'static str,
    /// The types of object that the event may carry.
    pub(crate) objects: &'static [&'static str],
    /// The API version that introduced the event, if that is newer than the pinned one.
    pub(crate) since: Option<&'static str>,
}
