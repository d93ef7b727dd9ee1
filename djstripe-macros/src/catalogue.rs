//! Looks up events, their families and their payload types in the generated catalogue.

use crate::event_facts::EventFacts;
pub(crate) use crate::generated::event_names::EVENTS;
use crate::payload::type_name;

/// The facts of the event with this name, if the catalogue lists it.
pub(crate) fn find(name: &str) -> Option<&'static EventFacts> {
    EVENTS
        .binary_search_by(|event| event.name.cmp(name))
        .ok()
        .map(|index| &EVENTS[index])
}

/// The events whose names start with `prefix.`, which `"customer.subscription.*"` lists.
pub(crate) fn family(prefix: &str) -> impl Iterator<Item = &'static EventFacts> {
    EVENTS.iter().filter(move |event| {
        event
            .name
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// The prefixes of a name, longest first: `customer.subscription` and `customer` for `customer.subscription.deleted`.
pub(crate) fn prefixes(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(name.rsplit_once('.'), |(start, _)| start.rsplit_once('.'))
        .map(|(start, _)| start)
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

/// A family of one event has no enum.
fn has_enum(prefix: &str) -> bool {
    family(prefix).nth(1).is_some()
}

/// Whether this is the name of a payload type: of a model that an event carries, or of a union of several.
pub(crate) fn is_payload(name: &str) -> bool {
    EVENTS.iter().any(|event| {
        event.payload == name || event.objects.iter().any(|object| type_name(object) == name)
    })
}
