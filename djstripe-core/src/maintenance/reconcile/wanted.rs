//! Which events of each of Stripe's two lists are compared.

use std::collections::BTreeSet;

use super::options::ReconcileOptions;
use crate::receiver::needed_events;
use crate::receiver::registry::Registry;
use crate::receiver::{Rank, ReceiverInfo};
use crate::webhook::event::Event;
use crate::webhook::event_name::{ALL, EventKind, EventName};

/// Names of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Every name.
    All,
    /// These names, sorted.
    Only(Vec<String>),
}

impl Names {
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Only(names) if names.is_empty())
    }

    /// The names to request; `None` for all.
    pub(super) fn listed(&self) -> Option<&[String]> {
        match self {
            Self::All => None,
            Self::Only(names) => Some(names),
        }
    }

    fn contains(&self, name: &str) -> bool {
        self.listed().is_none_or(|names| {
            let found = names.binary_search_by(|wanted| (**wanted).cmp(name));
            found.is_ok()
        })
    }
}

/// The events to compare.
pub(super) struct Wanted {
    /// Names of the snapshot events, in `/v1/events`.
    pub(super) snapshot: Names,
    /// Names of the thin events, in `/v2/core/events`.
    pub(super) thin: Names,
}

impl Wanted {
    /// What the receivers need. `mirrors_v2` tells that the mirror has objects of API v2, whose
    /// changes only thin events report.
    pub(super) fn new(registry: &Registry, options: &ReconcileOptions, mirrors_v2: bool) -> Self {
        if options.all_events {
            let (snapshot, thin) = (Names::All, Names::All);
            return Self { snapshot, thin };
        }

        let mut snapshot = needed_events(registry, true);
        snapshot.retain(|name| !is_thin_only(&EventName::new(name)));
        let snapshot = match snapshot.iter().any(|name| name == ALL) {
            true => Names::All,
            false => Names::Only(snapshot),
        };

        let mut thin = BTreeSet::new();
        for receiver in registry.receivers() {
            match thin_names(receiver, mirrors_v2) {
                Names::Only(names) => thin.extend(names),
                Names::All => {
                    return Self {
                        snapshot,
                        thin: Names::All,
                    };
                }
            }
        }
        let thin = Names::Only(thin.into_iter().collect());
        Self { snapshot, thin }
    }

    /// Whether a snapshot event of the list is compared.
    pub(super) fn has_snapshot(&self, event: &Event) -> bool {
        self.snapshot.contains(event.name().as_str())
    }

    /// Whether a thin event of the list is compared. One that has a snapshot event is found by that,
    /// unless a receiver takes thin events alone.
    pub(super) fn has_thin(&self, event: &Event, registry: &Registry) -> bool {
        let name = event.name();
        let has_twin =
            event.thin_id() != Some(event.id()) || name.is_known() && !name.is_thin_only();
        let listed = name.thin_name().unwrap_or(name.as_str());
        self.thin.contains(listed) && (!has_twin || registry.takes_alone(name, EventKind::Thin))
    }
}

/// Whether no snapshot event has this name. The catalogue may lack the name.
fn is_thin_only(name: &EventName) -> bool {
    let is_prefixed = ["v1.", "v2."]
        .iter()
        .any(|prefix| name.as_str().starts_with(prefix));
    name.is_thin_only() || !name.is_known() && is_prefixed
}

/// The thin events that a receiver needs and no snapshot event replaces.
fn thin_names(receiver: &ReceiverInfo, mirrors_v2: bool) -> Names {
    let only = receiver.options.only;
    let is_application = receiver.rank == Rank::Application;
    if only == Some(EventKind::Snapshot) {
        return Names::Only(Vec::new());
    }
    if is_application && receiver.listens_to_all() {
        return Names::All;
    }

    let needed = |name: &EventName| -> Option<String> {
        if is_thin_only(name) {
            // The mirror has all else from snapshot events.
            let is_needed = is_application || mirrors_v2 && name.as_str().starts_with("v2.");
            return is_needed.then(|| name.to_string());
        }
        let thin = name.thin_name().filter(|_| only == Some(EventKind::Thin));
        thin.map(str::to_owned)
    };
    let names = match receiver.listens_to_all() {
        true => EventName::known()
            .filter_map(|name| needed(&name))
            .collect(),
        false => {
            let names = receiver.events.iter().map(|name| EventName::new(name));
            names.filter_map(|name| needed(&name)).collect()
        }
    };
    Names::Only(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::ReceiverOptions;

    const PAST_DUE: &str = "v1.customer.subscription.past_due";

    fn receiver(
        rank: Rank,
        events: &'static [&'static str],
        only: Option<EventKind>,
    ) -> &'static ReceiverInfo {
        Box::leak(Box::new(ReceiverInfo {
            rank,
            options: ReceiverOptions {
                only,
                ..ReceiverOptions::DEFAULT
            },
            ..ReceiverInfo::idle("shop", events)
        }))
    }

    fn wanted(receiver: &'static ReceiverInfo, mirrors_v2: bool) -> Wanted {
        let registry = Registry::new([receiver]).unwrap();
        Wanted::new(&registry, &ReconcileOptions::default(), mirrors_v2)
    }

    #[test]
    fn thin_events_are_listed_that_no_snapshot_event_replaces() {
        let only = |names: &[&str]| Names::Only(names.iter().map(|&it| it.to_owned()).collect());
        let check = |events, kind, snapshot: Names, thin: Names| {
            let wanted = wanted(receiver(Rank::Application, events, kind), false);
            assert_eq!(
                (wanted.snapshot, wanted.thin),
                (snapshot, thin),
                "{events:?}"
            );
        };

        let updated = || only(&["customer.updated"]);
        check(&["customer.updated"], None, updated(), only(&[]));
        let thin = Some(EventKind::Thin);
        let twin = only(&["v1.customer.updated"]);
        check(&["customer.updated"], thin, updated(), twin);
        let both: &[&str] = &["customer.updated", PAST_DUE];
        check(both, None, updated(), only(&[PAST_DUE]));
        let preview: &[&str] = &["v2.thing.made", "thing.made"];
        check(
            preview,
            None,
            only(&["thing.made"]),
            only(&["v2.thing.made"]),
        );
        check(&["*"], None, Names::All, Names::All);
        check(&["*"], Some(EventKind::Snapshot), Names::All, only(&[]));
    }

    #[test]
    fn the_mirror_needs_thin_events_once_it_has_objects_of_api_v2() {
        let mirror = receiver(Rank::CatchAll, &["*"], None);
        let unused = wanted(mirror, false);
        assert!(unused.thin.is_empty());
        let snapshot = unused.snapshot.listed().unwrap();
        assert!(
            snapshot
                .iter()
                .all(|name| !is_thin_only(&EventName::new(name)))
        );

        let names = wanted(mirror, true).thin;
        let names = names.listed().unwrap();
        assert!(
            names.iter().all(|name| name.starts_with("v2.")),
            "{names:?}"
        );
        assert!(names.contains(&"v2.core.account.created".to_owned()));
    }

    #[test]
    fn a_thin_event_is_compared_if_it_is_the_only_one_or_taken_alone() {
        let check = |event: &str, kind, expected: bool| {
            let receiver = receiver(Rank::Application, &["*"], kind);
            let registry = Registry::new([receiver]).unwrap();
            let wanted = Wanted::new(&registry, &ReconcileOptions::default(), false);
            let json = format!(r#"{{"id":"evt_2","object":"v2.core.event",{event}}}"#);
            let event = Event::from_json(&json).unwrap();
            assert_eq!(wanted.has_thin(&event, &registry), expected, "{json}");
        };

        let thin = Some(EventKind::Thin);
        check(r#""type":"v1.customer.subscription.past_due""#, None, true);
        check(r#""type":"v2.core.account.created""#, None, true);
        check(r#""type":"v1.customer.levitated""#, None, true);
        let twin = r#""type":"v1.customer.updated","snapshot_event":"evt_1""#;
        check(twin, None, false);
        check(twin, thin, true);
        check(r#""type":"v1.customer.updated""#, None, false);
        let new = r#""type":"v1.customer.levitated","snapshot_event":"evt_1""#;
        check(new, None, false);
    }
}
