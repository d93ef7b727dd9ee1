//! The events that the application needs Stripe to send.

use std::collections::BTreeSet;

use djstripe_models::descriptor;

use super::info::Rank;
use super::registry::Registry;
use crate::webhook::event_name::EventName;

/// Stands for every event, at Stripe and in receivers.
const ALL: &str = "*";

/// The events that the receivers listen to, in alphabetical order; `["*"]` if a receiver of the
/// application takes every event.
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
    let mut names = BTreeSet::new();
    for receiver in registry.receivers() {
        match receiver.rank {
            Rank::Application if receiver.listens_to_all() => return vec![ALL.to_owned()],
            Rank::Handler | Rank::CatchAll if !mirror => {}
            Rank::CatchAll => names.extend(mirrored()),
            Rank::Handler | Rank::Application => {
                names.extend(receiver.events.iter().map(|&name| name.to_owned()));
            }
        }
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

        check(&[shop, catch_all, log], true, &["*"]);
        check(&[log], false, &["*"]);
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
        assert!(names.len() > 200, "{}", names.len());
    }
}
