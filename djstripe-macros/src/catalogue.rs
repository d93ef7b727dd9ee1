//! The catalogue of event names, as the generator wrote it, and the questions the macro asks of it.

pub(crate) use crate::generated::event_names::EVENTS;

/// What is known of one event.
pub(crate) struct EventFacts {
    /// `customer.updated`.
    pub(crate) name: &'static str,
    /// Types of object that it may carry.
    pub(crate) objects: &'static [&'static str],
    /// The API version that brought it, if that is later than the pinned one.
    pub(crate) since: Option<&'static str>,
}

/// The facts of an event, if the catalogue lists it.
pub(crate) fn find(name: &str) -> Option<&'static EventFacts> {
    EVENTS
        .binary_search_by(|event| event.name.cmp(name))
        .ok()
        .map(|index| &EVENTS[index])
}

/// The events whose names begin with `prefix.`, as `"customer.subscription.*"` lists them.
pub(crate) fn family(prefix: &str) -> impl Iterator<Item = &'static EventFacts> {
    EVENTS.iter().filter(move |event| {
        event
            .name
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}
