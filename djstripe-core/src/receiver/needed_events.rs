//! Which events the application needs Stripe to send.

use std::collections::BTreeSet;

use djstripe_models::descriptor;

use crate::receiver::registry::Registry;
use crate::webhook::event_name::EventName;

/// What stands for every event, at Stripe as here.
const ALL: &str = "*";

/// The events that the receivers listen to, in alphabetical order; `["*"]` if one of the application's own takes every
/// event. The built-in receivers count too unless `mirror` is false, the mirror of everything with the events whose
/// objects have a table.
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
        match (receiver.is_built_in(), receiver.listens_to_all()) {
            (false, true) => return vec![ALL.to_owned()],
            (true, _) if !mirror => {}
            (true, true) => names.extend(mirrored()),
            (_, false) => names.extend(receiver.events.iter().map(|&name| name.to_owned())),
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
        let (shop, more) = (
            receiver("shop", &["invoice.paid"]),
            receiver("more", &["charge.failed", "invoice.paid"]),
        );
        let built_in = ranked(Rank::CatchAll, "djstripe::mirror", &["*"]);
        check(&[], true, &[]);
        check(&[shop], true, &["invoice.paid"]);
        check(&[shop, more], true, &["charge.failed", "invoice.paid"]);
        check(
            &[
                shop,
                built_in,
                ranked(Rank::Handler, "djstripe::charge", &["charge.failed"]),
            ],
            false,
            &["invoice.paid"],
        );
        check(
            &[shop, receiver("preview", &["thing.made"])],
            true,
            &["invoice.paid", "thing.made"],
        );
        check(&[shop, built_in, receiver("log", &["*"])], true, &["*"]);
        check(&[receiver("log", &["*"])], false, &["*"]);
        check(
            &[receiver("djstripe::x", &["price.created"])],
            false,
            &["price.created"],
        );
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
