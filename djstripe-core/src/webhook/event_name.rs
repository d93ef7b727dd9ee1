//! The name of an event, such as `customer.updated`.
//!
//! In: any string. Out: an [`EventName`], which is a dense index for the names of the catalogue.
//!
//! Invariant: a name that the catalogue doesn't list is a value, never an error.

use std::fmt;
use std::sync::Arc;

use super::spelling;
use crate::generated::event_names::{NAMES, OBJECTS, THIN, THIN_INDEX};

/// The verb of the events that a sync creates for receivers, one per object. Stripe itself never
/// sends it.
pub(crate) const BACKFILLED: &str = "backfilled";

/// Stands for all events, in receivers and in the events that an endpoint asks Stripe for.
pub(crate) const ALL: &str = "*";

/// Stripe waits for the answer to this event and approves or declines a purchase by it. An endpoint
/// that is asked and doesn't decide delays every purchase.
///
/// Source: [Issuing real-time authorizations](https://docs.stripe.com/issuing/controls/real-time-authorizations).
pub(crate) const SYNCHRONOUS: &str = "issuing_authorization.request";

/// The events that Stripe sends only to endpoints that name them: [`ALL`] doesn't include them.
///
/// Source: "Selection required" in [Types of events](https://docs.stripe.com/api/events/types).
pub(crate) const ONLY_BY_NAME: [&str; 3] = [
    "identity.verification_session.redacted",
    SYNCHRONOUS,
    "reporting.report_type.updated",
];

/// Whether an endpoint that asks for `requested` gets the event of this name; `name` may be [`ALL`].
#[cfg(any(feature = "cli", feature = "page"))]
pub(crate) fn is_sent(name: &str, requested: impl Fn(&str) -> bool) -> bool {
    requested(name) || requested(ALL) && !ONLY_BY_NAME.contains(&name)
}

/// The kinds of events that Stripe sends.
///
/// Source: [Event destinations](https://docs.stripe.com/event-destinations#events-overview).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// An event with the object as it was when the event happened.
    Snapshot,
    /// An event that refers to its object, and does not carry it.
    Thin,
}

impl EventKind {
    /// `snapshot` or `thin`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Thin => "thin",
        }
    }
}

/// The name of a Stripe event, `customer.updated`.
///
/// Most happenings have two names, as Stripe can send a snapshot event, a thin event or both. They
/// are one name here, that of the snapshot event.
///
/// A name of the catalogue is stored as its index, which makes dispatch an array access and a clone
/// free. Any other name is stored as a string, and is dispatched to the receivers of `"*"` and of
/// `unchecked("…")`.
///
/// ```
/// use djstripe_core::EventName;
///
/// let name = EventName::new("customer.subscription.deleted");
/// assert!(name.is_known());
/// assert_eq!(name.verb(), "subscription.deleted");
/// assert!(!EventName::new("customer.levitated").is_known());
/// assert_eq!(EventName::new("v1.customer.updated"), EventName::CUSTOMER_UPDATED);
/// ```
///
/// Source: [Types of events](https://docs.stripe.com/api/events/types).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EventName(Name);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Name {
    Known(u16),
    Other(Arc<str>),
}

impl EventName {
    /// Creates a name from a string.
    pub fn new(name: &str) -> Self {
        if let Ok(index) = NAMES.binary_search(&name) {
            return Self::at(index as u16);
        }
        match THIN_INDEX.binary_search_by_key(&name, |(thin, _)| thin) {
            Ok(place) => Self::at(THIN_INDEX[place].1),
            Err(_) => Self(Name::Other(name.into())),
        }
    }

    /// The name of the catalogue that was probably meant by one that it doesn't list: in another
    /// spelling, without its first words, or with a typing mistake.
    pub(crate) fn nearest(name: &str) -> Option<Self> {
        let plain = |name: &str| name.trim().to_lowercase().replace('_', ".");
        let wanted = plain(name);
        let ending = format!(".{wanted}");

        let same = || NAMES.iter().find(|known| plain(known) == wanted);
        let longer = || NAMES.iter().find(|known| plain(known).ends_with(&ending));
        let near = || spelling::nearest(NAMES.iter(), name);
        let found = same().or_else(longer).or_else(near)?;
        Some(Self::new(found))
    }

    /// The name with this index in the catalogue.
    pub(crate) const fn at(index: u16) -> Self {
        Self(Name::Known(index))
    }

    /// The number of names in the catalogue; each [`EventName::index`] is smaller.
    pub const KNOWN: usize = NAMES.len();

    /// All names of the catalogue, in alphabetical order.
    pub fn known() -> impl ExactSizeIterator<Item = Self> {
        (0..NAMES.len()).map(|index| Self::at(index as u16))
    }

    /// The name as Stripe writes it.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Known(index) => NAMES[usize::from(*index)],
            Name::Other(text) => text,
        }
    }

    /// The index of the name in the catalogue; `None` if the catalogue doesn't list it.
    pub fn index(&self) -> Option<usize> {
        match self.0 {
            Name::Known(index) => Some(usize::from(index)),
            Name::Other(_) => None,
        }
    }

    /// Whether the catalogue lists the name.
    pub fn is_known(&self) -> bool {
        self.index().is_some()
    }

    /// The name of the thin event, `v1.customer.updated`; `None` if Stripe sends the event as a snapshot
    /// event only, or if the catalogue doesn't list it.
    pub fn thin_name(&self) -> Option<&'static str> {
        THIN[self.index()?]
    }

    /// Whether Stripe sends the event as a thin event only. False if the catalogue doesn't list it.
    pub fn is_thin_only(&self) -> bool {
        self.thin_name() == Some(self.as_str())
    }

    /// Whether the thin event refers to an object.
    #[cfg(any(feature = "cli", feature = "testing"))]
    pub(crate) fn refers_to_object(&self) -> bool {
        use crate::generated::event_names::WITHOUT_OBJECT;

        let name = self.thin_name();
        name.is_some_and(|name| WITHOUT_OBJECT.binary_search(&name).is_err())
    }

    /// The types of object that an event of this name can carry, as `data.object.object` names
    /// them. Empty if the catalogue doesn't list the name.
    pub fn objects(&self) -> &'static [&'static str] {
        self.index().map_or(&[], |index| OBJECTS[index])
    }

    /// The type of object in the name of a sync's event: `customer` for `customer.backfilled`.
    pub(crate) fn backfilled(&self) -> Option<&str> {
        self.as_str().strip_suffix(BACKFILLED)?.strip_suffix('.')
    }

    /// Everything after the first dot: `subscription.deleted` for `customer.subscription.deleted`.
    /// The verb of a name without a dot is the whole name. The `v1.` of a thin name doesn't count.
    pub fn verb(&self) -> &str {
        let name = self.as_str();
        let name = name.strip_prefix("v1.").unwrap_or(name);
        name.split_once('.').map_or(name, |(_, verb)| verb)
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for EventName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl From<&str> for EventName {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl PartialEq<str> for EventName {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for EventName {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_catalogue_is_found_at_its_index() {
        assert_eq!(EventName::CUSTOMER_UPDATED, "customer.updated");
        for (index, name) in NAMES.iter().enumerate() {
            assert_eq!(EventName::new(name).index(), Some(index), "{name}");
        }
        assert_eq!(EventName::known().len(), EventName::KNOWN);
    }

    #[test]
    fn the_name_of_a_thin_event_is_that_of_its_snapshot_event() {
        for (thin, index) in THIN_INDEX {
            let name = EventName::new(thin);
            assert_eq!(name.index(), Some(usize::from(index)), "{thin}");
            assert_eq!(name.thin_name(), Some(thin));
            assert!(!name.is_thin_only(), "{thin}");
        }
        assert!(EventName::V1_CUSTOMER_SUBSCRIPTION_PAST_DUE.is_thin_only());
        assert_eq!(EventName::APPS_INSTALL_CREATED.thin_name(), None);
    }

    #[test]
    fn verb_is_what_follows_the_first_dot() {
        let check = |name: &str, verb: &str| assert_eq!(EventName::new(name).verb(), verb);
        check("customer.updated", "updated");
        check("customer.subscription.deleted", "subscription.deleted");
        check("v1.customer.subscription.past_due", "subscription.past_due");
        check("ping", "ping");
        check("", "");
    }
}
