//! The events that the application needs Stripe to send.

use std::collections::BTreeSet;

use djstripe_models::descriptor;

use super::info::Rank;
use super::registry::Registry;
use crate::webhook::event_name::{ALL, EventName, ONLY_BY_NAME, SYNCHRONOUS};

/// The events that the receivers listen to, in alphabetical order.
///
/// If a receiver of the application takes every event, these are `"*"` and the names that `"*"`
/// doesn't include. `issuing_authorization.request` is never among them unless a receiver of the
/// application names it, because Stripe waits for the decision in the answer.
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
            Rank::Handler | Rank::CatchAll if !mirror => {}
            Rank::CatchAll => names.extend(mirrored()),
            Rank::Application if receiver.listens_to_all() => {
                let by_name = ONLY_BY_NAME.iter().filter(|name| **name != SYNCHRONOUS);
                names.extend(by_name.chain([&ALL]).map(|&name| name.to_owned()));
            }
            Rank::Handler | Rank::Application => {
                names.extend(receiver.events.iter().map(|&name| name.to_owned()));
            }
        }
    }

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
