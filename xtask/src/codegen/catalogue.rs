//! Every event that a receiver can list: the snapshot events, and the thin events without one.
//!
//! A thin event with a snapshot event is another message about the same happening, so it has no
//! entry of its own: its name is another name of that entry.

use std::collections::BTreeMap;

use crate::spec::Spec;

/// An event of the catalogue.
pub(super) struct Entry<'s> {
    /// Types of object that it carries or, if it is thin only, refers to.
    pub(super) objects: Vec<&'s str>,
    /// API version that added it, if that is later than the document's.
    pub(super) since: Option<&'s str>,
    /// Its name as a thin event; `None` if Stripe sends it as a snapshot event only.
    pub(super) thin: Option<&'s str>,
    /// Whether Stripe sends it as a snapshot event.
    pub(super) has_snapshot: bool,
    /// Schema of the thin event's `data`.
    pub(super) data: Option<&'s str>,
}

/// The events by name, in alphabetical order.
pub(super) fn entries(spec: &Spec) -> BTreeMap<&str, Entry<'_>> {
    let mut entries: BTreeMap<&str, Entry<'_>> = BTreeMap::new();
    for (name, event) in &spec.events {
        entries.insert(
            name,
            Entry {
                objects: event.objects.iter().map(String::as_str).collect(),
                since: event.since.as_deref(),
                thin: None,
                has_snapshot: true,
                data: None,
            },
        );
    }

    for (name, event) in &spec.thin {
        let snapshot = event.snapshot.as_deref();
        if let Some(entry) = snapshot.and_then(|snapshot| entries.get_mut(snapshot)) {
            entry.thin = Some(name);
            entry.data = event.data.as_deref();
            continue;
        }
        let related = event.related.as_deref();
        entries.insert(
            name,
            Entry {
                objects: related.into_iter().collect(),
                since: None,
                thin: Some(name),
                has_snapshot: false,
                data: event.data.as_deref(),
            },
        );
    }
    entries
}

/// The thin names of events that have another one, with the index of that event. Sorted.
pub(super) fn thin_names(spec: &Spec) -> Vec<(&str, usize)> {
    let entries = entries(spec);
    let mut names: Vec<(&str, usize)> = entries
        .values()
        .enumerate()
        .filter(|(_, entry)| entry.has_snapshot)
        .filter_map(|(index, entry)| Some((entry.thin?, index)))
        .collect();
    names.sort_unstable();
    names
}

/// Checks that every thin event names a snapshot event and an object of the catalogue, if any.
///
/// # Errors
/// The first that does not.
pub(super) fn check(spec: &Spec) -> Result<(), String> {
    for (name, event) in &spec.thin {
        if let Some(snapshot) = &event.snapshot
            && !spec.events.contains_key(snapshot)
        {
            return Err(format!("`{name}` names `{snapshot}`, which is no event"));
        }
        if let Some(related) = &event.related
            && !spec.resources.contains_key(related)
        {
            return Err(format!(
                "`{name}` refers to `{related}`, which is no object"
            ));
        }
    }
    Ok(())
}
