//! Looks up events in the generated catalogue.

use crate::event_facts::EventFacts;
pub(crate) use crate::generated::event_names::EVENTS;

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
