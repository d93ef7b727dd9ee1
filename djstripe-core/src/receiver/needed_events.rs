//! The events that the application needs Stripe to send.

use std::collections::BTreeSet;

use djstripe_models::descriptor;

use super::info::Rank;
use super::registry::Registry;
#[cfg(any(feature = "cli", feature = "page"))]
use crate::webhook::event_name::is_sent;
use crate::webhook::event_name::{ALL, EventKind, EventName, ONLY_BY_NAME, SYNCHRONOUS};

/// The events that the receivers listen to, in alphabetical order.
///
/// If a receiver of the application takes every event, these are `"*"` and the names that `"*"`
/// doesn't include. `issuing_authorization.request` is never among them unless a receiver of the
/// application names it, because Stripe waits for the decision in the answer.
///
/// An event that Stripe sends as a thin event only is among them by its thin name,
/// `v1.customer.subscription.past_due`: only an event destination for thin events can request it, and a
/// webhook endpoint of API v1 refuses the name.
///
/// Built-in receivers count only if `mirror` is true. The one that takes every event then counts
/// with the events whose objects have a table.
///
/// ```standalone_crate
/// use djstripe_core::receiver::needed_events;
/// use djstripe_core::{Registry, stripe_receiver};
///
/// #[stripe_receiver("invoice.paid", "customer.updated")]
/// fn ship() {}
///
/// let registry = Registry::collect()?;
/// assert!(needed_events(&registry, false).contains(&"invoice.paid".to_owned()));
/// assert!(needed_events(&registry, true).contains(&"charge.succeeded".to_owned()));
/// # Ok::<(), djstripe_core::RegistryError>(())
/// ```
pub fn needed_events(registry: &Registry, mirror: bool) -> Vec<String> {
    let Needed {
        any,
        snapshot,
        thin,
    } = Needed::by(registry, mirror);
    collapse(any.into_iter().chain(snapshot).chain(thin).collect())
}

/// `"*"` stands for all names that it includes.
fn collapse(mut names: BTreeSet<String>) -> Vec<String> {
    if names.contains(ALL) {
        names.retain(|name| name == ALL || ONLY_BY_NAME.contains(&&**name));
    }
    names.into_iter().collect()
}

/// The events of the catalogue that carry an object with a table.
fn mirrored() -> impl Iterator<Item = String> {
    let has_table =
        |object: &&str| descriptor(object).is_some_and(|descriptor| descriptor.table.is_some());
    EventName::known()
        .filter(move |name| name.objects().iter().any(has_table))
        .map(|name| name.to_string())
        .filter(|name| name != SYNCHRONOUS)
}

/// The events that the receivers listen to, by the kind in which Stripe has to send them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needed {
    /// Of either kind.
    any: BTreeSet<String>,
    /// For receivers with `only = snapshot`.
    snapshot: BTreeSet<String>,
    /// For receivers with `only = thin`.
    thin: BTreeSet<String>,
}

impl Needed {
    /// See [`needed_events`].
    pub(crate) fn by(registry: &Registry, mirror: bool) -> Self {
        let mut needed = Self::default();
        for receiver in registry.receivers() {
            let names = match receiver.options.only {
                None => &mut needed.any,
                Some(EventKind::Snapshot) => &mut needed.snapshot,
                Some(EventKind::Thin) => &mut needed.thin,
            };
            match receiver.rank {
                Rank::Handler | Rank::CatchAll if !mirror => {}
                Rank::CatchAll => names.extend(mirrored()),
                Rank::Application if receiver.listens_to_all() => {
                    let by_name = ONLY_BY_NAME.iter().filter(|name| **name != SYNCHRONOUS);
                    names.extend(by_name.chain([&ALL]).map(|&name| name.to_owned()));
                }
                Rank::Handler | Rank::Application => {
                    let events = receiver.events.iter();
                    names.extend(events.map(|&name| EventName::new(name).to_string()));
                }
            }
        }
        needed
    }
}

#[cfg(any(feature = "cli", feature = "page"))]
#[cfg_attr(
    not(feature = "cli"),
    allow(dead_code, reason = "the page compares only")
)]
impl Needed {
    /// What an endpoint with snapshot events requests.
    pub(crate) fn for_snapshot(&self) -> Vec<String> {
        let names = self.any.union(&self.snapshot);
        collapse(names.filter(|name| !is_thin(name)).cloned().collect())
    }

    /// What a destination with thin events requests. It can't request `"*"`, so all names of the
    /// catalogue take its place.
    pub(crate) fn for_thin(&self) -> Vec<String> {
        let mut names = BTreeSet::new();
        for name in self.any.union(&self.thin) {
            if name == ALL {
                let all = EventName::known().filter(|name| name.as_str() != SYNCHRONOUS);
                names.extend(all.filter_map(|name| thin_name(name.as_str())));
            } else {
                names.extend(thin_name(name));
            }
        }
        names.into_iter().collect()
    }

    /// What an endpoint with snapshot events still requests next to a thin destination: the names
    /// that have no thin event, and what receivers take as snapshot events only.
    pub(crate) fn without_thin(&self) -> Vec<String> {
        let mut names = self.snapshot.clone();
        for name in self.any.iter().filter(|name| !is_thin(name)) {
            if name == ALL {
                let all = EventName::known().filter(|name| name.as_str() != SYNCHRONOUS);
                let snapshot_only = all.filter(|name| thin_name(name.as_str()).is_none());
                names.extend(snapshot_only.map(|name| name.to_string()));
            } else if thin_name(name).is_none() {
                names.insert(name.clone());
            }
        }
        collapse(names)
    }

    /// The names that Stripe sends in no kind that the receivers need. `sent` has the names of
    /// snapshot events and of thin ones.
    pub(crate) fn missing(&self, sent: &BTreeSet<&str>) -> Vec<String> {
        let as_snapshot =
            |name: &str| !is_thin(name) && is_sent(name, |event| sent.contains(event));
        let as_thin = |name: &str| {
            let thin = thin_name(name);
            thin.is_some_and(|name| sent.contains(&*name))
        };
        let is_missing = |name: &str| !as_snapshot(name) && !as_thin(name);

        let mut missing: BTreeSet<String> = BTreeSet::new();
        for name in &self.any {
            if name == ALL && !as_snapshot(ALL) && sent.iter().any(|name| is_thin(name)) {
                // Without a snapshot endpoint for all events, each name has to come in one kind.
                let all = EventName::known().filter(|name| name.as_str() != SYNCHRONOUS);
                let each = all.map(|name| name.to_string());
                missing.extend(each.filter(|name| is_missing(name)));
            } else if is_missing(name) {
                missing.insert(name.clone());
            }
        }
        let snapshot = self.snapshot.iter().filter(|name| !as_snapshot(name));
        missing.extend(snapshot.cloned());
        let is_thin_missing = |name: &&String| match name.as_str() {
            ALL => !sent.iter().any(|name| is_thin(name)),
            name => !as_thin(name),
        };
        missing.extend(self.thin.iter().filter(is_thin_missing).cloned());
        missing.into_iter().collect()
    }

    /// Whether an event is sent only because a snapshot endpoint requests `"*"`: a thin destination
    /// can request the names of the catalogue alone.
    pub(crate) fn is_sent_by_all_only(&self, name: &str) -> bool {
        let stays = self.without_thin();
        self.takes(name) && thin_name(name).is_none() && !stays.iter().any(|other| other == name)
    }

    /// Whether a receiver takes the event, of a snapshot event or a thin one.
    pub(crate) fn takes(&self, sent: &str) -> bool {
        if is_thin(sent) {
            return self.for_thin().iter().any(|name| name == sent);
        }
        let names = self.for_snapshot();
        is_sent(sent, |event| names.iter().any(|name| name == event))
    }
}

/// Whether a name is that of a thin event. A thin event of the catalogue that has a snapshot event
/// is listed under both names, so this holds for what Stripe's API calls it.
#[cfg(any(feature = "cli", feature = "page"))]
pub(crate) fn is_thin(name: &str) -> bool {
    name.starts_with("v1.") || name.starts_with("v2.")
}

/// The name of the thin event. The event that Stripe waits for an answer to is left out: its answer
/// decides, and a thin event has none.
#[cfg(any(feature = "cli", feature = "page"))]
pub(crate) fn thin_name(name: &str) -> Option<String> {
    let known = EventName::new(name);
    match known.thin_name() {
        Some(_) if known.as_str() == SYNCHRONOUS => None,
        Some(thin) => Some(thin.to_owned()),
        None => is_thin(name).then(|| name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::{Rank, ReceiverInfo};

    fn receiver(id: &'static str, events: &'static [&'static str]) -> &'static ReceiverInfo {
        ranked(Rank::Application, id, events)
    }

    fn ranked(
        rank: Rank,
        id: &'static str,
        events: &'static [&'static str],
    ) -> &'static ReceiverInfo {
        Box::leak(Box::new(ReceiverInfo {
            rank,
            ..ReceiverInfo::idle(id, events)
        }))
    }

    #[test]
    fn needed_is_what_the_receivers_listen_to() {
        let check = |receivers: &[&'static ReceiverInfo], mirror: bool, expected: &[&str]| {
            let registry = Registry::new(receivers.iter().copied()).unwrap();
            assert_eq!(needed_events(&registry, mirror), expected);
        };
        let shop = receiver("shop", &["invoice.paid"]);
        let more = receiver("more", &["charge.failed", "invoice.paid"]);
        let preview = receiver("preview", &["thing.made"]);
        let log = receiver("log", &["*"]);
        let named_like_a_built_in_one = receiver("djstripe::x", &["price.created"]);
        let handler = ranked(Rank::Handler, "djstripe::charge", &["charge.failed"]);
        let catch_all = ranked(Rank::CatchAll, "djstripe::mirror", &["*"]);

        check(&[], true, &[]);
        check(&[shop], true, &["invoice.paid"]);
        check(&[shop, more], true, &["charge.failed", "invoice.paid"]);
        check(&[shop, preview], true, &["invoice.paid", "thing.made"]);

        check(&[shop, catch_all, handler], false, &["invoice.paid"]);
        check(&[named_like_a_built_in_one], false, &["price.created"]);

        let everything = [
            "*",
            "identity.verification_session.redacted",
            "reporting.report_type.updated",
        ];
        check(&[shop, catch_all, log], true, &everything);
        check(&[log], false, &everything);
        let decide = receiver("decide", &["issuing_authorization.request"]);
        check(&[decide], false, &["issuing_authorization.request"]);
        let all_and_decide = [
            everything[0],
            everything[1],
            "issuing_authorization.request",
            everything[2],
        ];
        check(&[log, decide], false, &all_and_decide);
    }

    #[cfg(feature = "cli")]
    #[test]
    fn each_kind_of_endpoint_requests_what_can_be_sent_to_it() {
        let only = |kind: EventKind, events| -> &'static ReceiverInfo {
            let mut info = ReceiverInfo::idle(kind.as_str(), events);
            info.options.only = Some(kind);
            Box::leak(Box::new(info))
        };
        let check = |receivers: &[&'static ReceiverInfo], expected: [&[&str]; 3]| {
            let registry = Registry::new(receivers.iter().copied()).unwrap();
            let needed = Needed::by(&registry, false);
            let actual = [
                needed.for_snapshot(),
                needed.for_thin(),
                needed.without_thin(),
            ];
            assert_eq!(actual, expected.map(|names| names.to_vec()));
        };
        let past_due = "v1.customer.subscription.past_due";

        let shop = receiver("shop", &["invoice.paid"]);
        check(&[shop], [&["invoice.paid"], &["v1.invoice.paid"], &[]]);
        let dunning = receiver("dunning", &["v1.customer.subscription.past_due"]);
        check(&[dunning], [&[], &[past_due], &[]]);
        let apps = receiver("apps", &["apps.install.created"]);
        let app = "apps.install.created";
        check(
            &[apps, shop],
            [&[app, "invoice.paid"], &["v1.invoice.paid"], &[app]],
        );
        let preview = receiver("preview", &["thing.made", "v2.thing.made"]);
        check(
            &[preview],
            [&["thing.made"], &["v2.thing.made"], &["thing.made"]],
        );

        let decide = receiver("decide", &[SYNCHRONOUS]);
        check(&[decide], [&[SYNCHRONOUS], &[], &[SYNCHRONOUS]]);
        let thin = only(EventKind::Thin, &["invoice.paid"]);
        check(&[thin], [&[], &["v1.invoice.paid"], &[]]);
        let snapshot = only(EventKind::Snapshot, &["invoice.paid"]);
        let paid: &[&str] = &["invoice.paid"];
        check(&[snapshot], [paid, &[], paid]);
        check(&[snapshot, thin], [paid, &["v1.invoice.paid"], paid]);

        let registry = Registry::new([receiver("log", &["*"])]).unwrap();
        let needed = Needed::by(&registry, false);
        assert!(needed.for_snapshot().contains(&"*".to_owned()));
        let (thin, rest) = (needed.for_thin(), needed.without_thin());
        assert!(
            thin.len() > 300 && !thin.contains(&"*".to_owned()),
            "{}",
            thin.len()
        );
        assert!(rest.contains(&app.to_owned()) && !rest.contains(&"*".to_owned()));
        assert!(!thin.contains(&"v1.issuing_authorization.request".to_owned()));
    }

    #[cfg(feature = "cli")]
    #[test]
    fn missing_is_what_stripe_sends_in_no_kind_that_is_needed() {
        let registry = |receivers: &[&'static ReceiverInfo]| {
            Needed::by(&Registry::new(receivers.iter().copied()).unwrap(), false)
        };
        let check = |needed: &Needed, sent: &[&str], expected: &[&str]| {
            let missing = needed.missing(&sent.iter().copied().collect());
            assert_eq!(missing, expected, "{sent:?}");
        };

        let past_due = "v1.customer.subscription.past_due";
        let shop = registry(&[receiver("shop", &["invoice.paid"])]);
        check(&shop, &["invoice.paid"], &[]);
        check(&shop, &["v1.invoice.paid"], &[]);
        check(&shop, &["*"], &[]);
        check(&shop, &["v1.invoice.sent"], &["invoice.paid"]);
        let dunning = registry(&[receiver("dunning", &["v1.customer.subscription.past_due"])]);
        check(&dunning, &["*"], &[past_due]);
        check(&dunning, &["*", past_due], &[]);

        let only = |kind| {
            let mut info = ReceiverInfo::idle("only", &["invoice.paid"]);
            info.options.only = Some(kind);
            registry(&[Box::leak(Box::new(info))])
        };
        check(&only(EventKind::Thin), &["*"], &["invoice.paid"]);
        check(&only(EventKind::Thin), &["v1.invoice.paid"], &[]);
        check(
            &only(EventKind::Snapshot),
            &["v1.invoice.paid"],
            &["invoice.paid"],
        );
        check(&only(EventKind::Snapshot), &["*"], &[]);

        let log = registry(&[receiver("log", &["*"])]);
        let (thin, rest) = (log.for_thin(), log.without_thin());
        let all: Vec<&str> = thin.iter().chain(&rest).map(String::as_str).collect();
        check(&log, &all, &[]);
        let but_one: Vec<&str> = all.iter().copied().filter(|it| *it != past_due).collect();
        check(&log, &but_one, &[past_due]);

        for (needed, name, expected) in [
            (&log, "thing.made", true),
            (&log, "invoice.paid", false),
            (&log, "apps.install.created", false),
            (&log, SYNCHRONOUS, false),
            (&shop, "thing.made", false),
        ] {
            assert_eq!(needed.is_sent_by_all_only(name), expected, "{name}");
        }
        assert!(shop.takes("invoice.paid") && shop.takes("v1.invoice.paid"));
        assert!(!shop.takes("invoice.sent") && !shop.takes(past_due));
    }

    #[test]
    fn the_mirror_needs_the_events_whose_objects_have_a_table() {
        let registry = Registry::new([ranked(Rank::CatchAll, "djstripe::mirror", &["*"])]).unwrap();
        let names = needed_events(&registry, true);

        let check = |name: &str, needed: bool| {
            assert_eq!(names.iter().any(|other| other == name), needed, "{name}")
        };
        check("customer.updated", true);
        check("checkout.session.completed", true);
        check("balance.available", false);
        check("identity.verification_session.redacted", true);
        check("reporting.report_type.updated", true);
        check("issuing_authorization.created", true);
        check("issuing_authorization.request", false);
        assert!(names.len() > 200, "{}", names.len());
    }
}
