//! Looks up events, their families and their payload types in the generated catalogue.

use crate::event_facts::EventFacts;
pub(crate) use crate::generated::event_names::EVENTS;
use crate::payload::type_name;

/// The facts of the event with this name, if the catalogue lists it. The name of a thin event finds the snapshot event
/// of the same happening.
pub(crate) fn find(name: &str) -> Option<&'static EventFacts> {
    EVENTS
        .binary_search_by(|event| event.name.cmp(name))
        .ok()
        .map(|index| &EVENTS[index])
        .or_else(|| EVENTS.iter().find(|event| event.thin == Some(name)))
}

/// Every name that can be listed: of the events, and of the thin ones among them.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let thin = EVENTS.iter().filter(|event| event.has_snapshot);
    let thin = thin.filter_map(|event| event.thin);
    EVENTS.iter().map(|event| event.name).chain(thin)
}

/// The events of which a name starts with `prefix.`, which `"customer.subscription.*"` and
/// `"v1.customer.subscription.*"` list.
pub(crate) fn family(prefix: &str) -> impl Iterator<Item = &'static EventFacts> {
    EVENTS.iter().filter(move |event| {
        let is_below = |name: &str| prefixes(name).any(|it| it == prefix);
        is_below(event.name) || event.thin.is_some_and(is_below)
    })
}

/// The prefixes of a name, longest first: `customer.subscription` and `customer` for `customer.subscription.deleted`. A
/// dot in brackets ends none: `v2.core.account[configuration.customer]`.
pub(crate) fn prefixes(name: &str) -> impl Iterator<Item = &str> {
    let is_prefix = |prefix: &&str| prefix.matches('[').count() == prefix.matches(']').count();
    std::iter::successors(name.rsplit_once('.'), |(start, _)| start.rsplit_once('.'))
        .map(|(start, _)| start)
        .filter(is_prefix)
}

/// The name of a family's enum: `CustomerSubscriptionEvent` for `customer.subscription`.
pub(crate) fn enum_of_family(prefix: &str) -> String {
    type_name(prefix) + "Event"
}

/// The prefix of the family whose enum has this name.
pub(crate) fn family_of_enum(name: &str) -> Option<&'static str> {
    EVENTS
        .iter()
        .flat_map(|event| prefixes(event.name))
        .find(|prefix| enum_of_family(prefix) == name && has_enum(prefix))
}

/// The longest prefix whose family has all of these events.
pub(crate) fn common_family<'n>(names: &[&'n str]) -> Option<&'n str> {
    let in_family = |prefix: &str, name: &str| prefixes(name).any(|it| it == prefix);
    prefixes(names.first()?)
        .find(|prefix| has_enum(prefix) && names.iter().all(|name| in_family(prefix, name)))
}

/// A family of one event has no enum, nor has one of thin names.
fn has_enum(prefix: &str) -> bool {
    let is_below = |event: &EventFacts| prefixes(event.name).any(|it| it == prefix);
    let members = family(prefix).filter(|event| event.has_snapshot && is_below(event));
    members.count() > 1
}

/// Whether this is the name of a payload type: of a model that an event carries, or of a union of several.
pub(crate) fn is_payload(name: &str) -> bool {
    EVENTS.iter().any(|event| {
        !name.is_empty() && event.payload == name
            || event.objects.iter().any(|object| type_name(object) == name)
    })
}
