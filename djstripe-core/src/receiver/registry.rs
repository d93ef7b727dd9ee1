//! All receivers of the program, sorted, with an index from event name to receivers.
//!
//! `inventory` collects them at link time, in no particular order. A receiver in a library crate
//! that the program never mentions is not linked, and neither the compiler nor the linker says so:
//! `use that_crate as _;` links it, and [`Registry::require`] notices that it is missing.

use std::collections::{BTreeSet, HashMap, HashSet};

use djstripe_models::DESCRIPTORS;

use super::info::{Location, Rank, ReceiverInfo, Registration};
use crate::webhook::event_name::{EventKind, EventName, SYNCHRONOUS};
use crate::webhook::spelling::suggestion;

/// The receivers of a program, in the order in which they run.
#[derive(Debug)]
pub struct Registry {
    receivers: Vec<&'static ReceiverInfo>,
    /// One list for each name of the catalogue, including the receivers of `"*"`.
    known: Box<[Vec<&'static ReceiverInfo>]>,
    /// The same for the names of `unchecked("…")`.
    unchecked: HashMap<&'static str, Vec<&'static ReceiverInfo>>,
    /// The receivers of `"*"` alone, for every other name.
    every: Vec<&'static ReceiverInfo>,
    /// By type of object, the receivers that a sync calls for each object.
    on_backfill: HashMap<&'static str, Vec<&'static ReceiverInfo>>,
}

/// Why the receivers of a program can't be used together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Two receivers have the same id, so they would share their checkpoints.
    #[error(
        "two receivers have the id `{id}`, at {first} and at {second}; give one of them `id = \"…\"`"
    )]
    DuplicateId {
        /// The id.
        id: &'static str,
        /// Position of the first receiver.
        first: Location,
        /// Position of the second receiver.
        second: Location,
    },
    /// Two receivers answer deliveries of the same event.
    #[error("two receivers answer `{name}`, at {first} and at {second}; only one can")]
    TwoReplies {
        /// The event's name.
        name: EventName,
        /// Position of the first receiver.
        first: Location,
        /// Position of the second receiver.
        second: Location,
    },
    /// No receiver listens to an event that the application requires.
    #[error(
        "no receiver listens to `{name}`; if it is in a library crate that no code mentions, add `use that_crate as _;`"
    )]
    NoReceiver {
        /// The event's name.
        name: EventName,
    },
    /// Stripe has no event of the name that the application requires.
    #[error(
        "`{}` is not a Stripe event{}",
        .name.as_str(),
        suggestion(.nearest.as_ref())
    )]
    UnknownEvent {
        /// The name.
        name: EventName,
        /// The event that was probably meant.
        nearest: Option<EventName>,
    },
}

impl Registry {
    /// The receivers that `#[stripe_receiver]` registered in this program.
    ///
    /// # Errors
    /// [`RegistryError::DuplicateId`] and [`RegistryError::TwoReplies`].
    pub fn collect() -> Result<Self, RegistryError> {
        Self::new(inventory::iter::<Registration>().map(|registration| registration.0))
    }

    /// As [`collect`](Self::collect), without the built-in receivers.
    ///
    /// # Errors
    /// [`RegistryError::DuplicateId`] and [`RegistryError::TwoReplies`].
    pub(crate) fn collect_without_built_in() -> Result<Self, RegistryError> {
        let all = inventory::iter::<Registration>().map(|registration| registration.0);
        Self::new(all.filter(|receiver| !receiver.is_built_in()))
    }

    /// The given receivers and no others.
    ///
    /// # Errors
    /// [`RegistryError::DuplicateId`] and [`RegistryError::TwoReplies`].
    pub fn new(
        receivers: impl IntoIterator<Item = &'static ReceiverInfo>,
    ) -> Result<Self, RegistryError> {
        let mut receivers: Vec<_> = receivers.into_iter().collect();
        receivers.sort_by_key(|receiver| {
            (
                receiver.rank,
                receiver.options.priority,
                receiver.location,
                receiver.id,
            )
        });
        refuse_duplicate_ids(&receivers)?;

        let every = receivers
            .iter()
            .copied()
            .filter(|receiver| receiver.listens_to_all())
            .collect();
        let mut registry = Self {
            known: vec![Vec::new(); EventName::KNOWN].into_boxed_slice(),
            unchecked: HashMap::new(),
            every,
            on_backfill: by_object(&receivers),
            receivers,
        };
        registry.index();
        registry.refuse_two_replies()?;
        Ok(registry)
    }

    /// The receiver that answers deliveries of this event.
    pub(crate) fn replying(&self, name: &EventName) -> Option<&'static ReceiverInfo> {
        let mut receivers = self.receivers_for(name).iter();
        receivers.find(|receiver| receiver.replies).copied()
    }

    fn refuse_two_replies(&self) -> Result<(), RegistryError> {
        let name = EventName::new(SYNCHRONOUS);
        let mut replying = self.receivers_for(&name).iter().filter(|it| it.replies);
        match (replying.next(), replying.next()) {
            (Some(first), Some(second)) => Err(RegistryError::TwoReplies {
                name,
                first: first.location,
                second: second.location,
            }),
            _ => Ok(()),
        }
    }

    /// Every receiver, in the order in which they run.
    pub fn receivers(&self) -> &[&'static ReceiverInfo] {
        &self.receivers
    }

    /// The receivers that listen to `name`, in the order in which they run. One array access for a
    /// known name.
    pub fn receivers_for(&self, name: &EventName) -> &[&'static ReceiverInfo] {
        match name.index() {
            Some(index) => &self.known[index],
            None => match name.backfilled() {
                Some(object) => self.receivers_on_backfill(object),
                None => self.unchecked.get(name.as_str()).unwrap_or(&self.every),
            },
        }
    }

    /// The receivers that a sync calls for each object of this type: those with `on_backfill` that
    /// listen to an event which can carry such an object.
    pub(crate) fn receivers_on_backfill(&self, object: &str) -> &[&'static ReceiverInfo] {
        self.on_backfill.get(object).map_or(&[], Vec::as_slice)
    }

    /// Whether a receiver of this event takes this kind alone.
    pub(crate) fn takes_alone(&self, name: &EventName, kind: EventKind) -> bool {
        let mut receivers = self.receivers_for(name).iter();
        receivers.any(|receiver| receiver.options.only == Some(kind))
    }

    /// Whether a sync calls any receiver.
    pub(crate) fn has_receivers_on_backfill(&self) -> bool {
        !self.on_backfill.is_empty()
    }

    /// Checks that a receiver of the application listens to `name` by name, not only by `"*"`.
    ///
    /// ```standalone_crate
    /// use djstripe_core::{Registry, stripe_receiver};
    ///
    /// #[stripe_receiver("invoice.paid")]
    /// fn ship() {}
    ///
    /// let registry = Registry::collect()?;
    /// registry.require("invoice.paid")?;
    /// assert!(registry.require("invoice.voided").is_err());
    /// # Ok::<(), djstripe_core::RegistryError>(())
    /// ```
    ///
    /// # Errors
    /// [`RegistryError::NoReceiver`], and [`RegistryError::UnknownEvent`] for a name that neither
    /// the catalogue nor a receiver has.
    pub fn require(&self, name: &str) -> Result<&Self, RegistryError> {
        let name = EventName::new(name);
        let is_required = |receiver: &&ReceiverInfo| {
            !receiver.is_built_in() && receiver.events.contains(&name.as_str())
        };

        if self.receivers_for(&name).iter().any(is_required) {
            Ok(self)
        } else if name.is_known() {
            Err(RegistryError::NoReceiver { name })
        } else {
            let nearest = EventName::nearest(name.as_str());
            Err(RegistryError::UnknownEvent { name, nearest })
        }
    }

    /// Fills the lists by name. The receivers are sorted, so each list is too.
    fn index(&mut self) {
        // The lists of unchecked names must exist before receivers of `"*"` are added to every
        // list.
        for name in self.receivers.iter().flat_map(|receiver| receiver.events) {
            if *name != "*" && EventName::new(name).index().is_none() {
                self.unchecked.entry(name).or_default();
            }
        }

        let handled: HashSet<&str> = self
            .receivers
            .iter()
            .filter(|receiver| receiver.rank == Rank::Handler)
            .flat_map(|receiver| receiver.events)
            .copied()
            .collect();

        for &receiver in &self.receivers {
            if receiver.rank == Rank::CatchAll {
                // A handler mirrors its events alone: a second receiver would only cost a second
                // checkpoint.
                let unhandled = EventName::known()
                    .zip(&mut self.known)
                    .filter(|(name, _)| !handled.contains(name.as_str()))
                    .map(|(_, list)| list);
                let lists = unhandled.chain(self.unchecked.values_mut());
                lists.for_each(|list| list.push(receiver));
            } else if receiver.listens_to_all() {
                let lists = self.known.iter_mut().chain(self.unchecked.values_mut());
                lists.for_each(|list| list.push(receiver));
            } else {
                for name in receiver.events {
                    let list = match EventName::new(name).index() {
                        Some(index) => Some(&mut self.known[index]),
                        None => self.unchecked.get_mut(name),
                    };
                    list.into_iter().for_each(|list| list.push(receiver));
                }
            }
        }
    }
}

/// The receivers with `on_backfill`, by type of object.
fn by_object(
    receivers: &[&'static ReceiverInfo],
) -> HashMap<&'static str, Vec<&'static ReceiverInfo>> {
    let mut lists: HashMap<&'static str, Vec<&'static ReceiverInfo>> = HashMap::new();
    for &receiver in receivers {
        if receiver.options.on_backfill {
            for object in objects(receiver) {
                lists.entry(object).or_default().push(receiver);
            }
        }
    }
    lists
}

/// The types of object that a receiver's events can carry.
fn objects(receiver: &ReceiverInfo) -> BTreeSet<&'static str> {
    if receiver.listens_to_all() {
        return DESCRIPTORS
            .iter()
            .map(|descriptor| descriptor.object)
            .collect();
    }
    receiver
        .events
        .iter()
        .flat_map(|name| EventName::new(name).objects())
        .copied()
        .collect()
}

fn refuse_duplicate_ids(receivers: &[&'static ReceiverInfo]) -> Result<(), RegistryError> {
    let mut locations = HashMap::with_capacity(receivers.len());
    for receiver in receivers {
        if let Some(first) = locations.insert(receiver.id, receiver.location) {
            return Err(RegistryError::DuplicateId {
                id: receiver.id,
                first,
                second: receiver.location,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::ReceiverOptions;

    fn receiver(
        id: &'static str,
        events: &'static [&'static str],
        priority: i32,
        line: u32,
    ) -> &'static ReceiverInfo {
        Box::leak(Box::new(ReceiverInfo {
            location: Location {
                file: "shop.rs",
                line,
                column: 1,
            },
            options: ReceiverOptions {
                priority,
                ..ReceiverOptions::DEFAULT
            },
            ..ReceiverInfo::idle(id, events)
        }))
    }

    fn ids(registry: &Registry, name: &str) -> Vec<&'static str> {
        registry
            .receivers_for(&EventName::new(name))
            .iter()
            .map(|receiver| receiver.id)
            .collect()
    }

    #[test]
    fn receivers_run_by_priority_then_by_place() {
        let registry = Registry::new([
            receiver("late", &["customer.updated"], 1, 1),
            receiver("line 11", &["customer.updated"], 0, 11),
            receiver("line 5", &["customer.updated", "invoice.paid"], 0, 5),
            receiver("all", &["*"], -1, 20),
            receiver("preview", &["customer.levitated"], 0, 30),
        ])
        .unwrap();

        let check =
            |name: &str, expected: &[&str]| assert_eq!(ids(&registry, name), expected, "{name}");
        check("customer.updated", &["all", "line 5", "line 11", "late"]);
        check("invoice.paid", &["all", "line 5"]);
        check("invoice.voided", &["all"]);
        check("customer.levitated", &["all", "preview"]);
        check("nobody.knows", &["all"]);
    }

    #[test]
    fn the_rank_comes_before_the_priority_and_is_not_told_from_the_id() {
        let ranked = |rank: Rank, info: &ReceiverInfo| -> &'static ReceiverInfo {
            Box::leak(Box::new(ReceiverInfo { rank, ..*info }))
        };
        let catch_all = receiver("djstripe::mirror", &["*"], 0, 1);
        let handler = receiver("djstripe::handle", &["customer.updated"], 0, 9);
        let own_handler = receiver("djstripe::x", &["customer.updated"], -5, 2);
        let own_mirror = receiver("djstripe::mirror_too", &["*"], 0, 3);

        let registry = Registry::new([
            ranked(Rank::CatchAll, catch_all),
            ranked(Rank::Handler, handler),
            own_handler,
            own_mirror,
        ])
        .unwrap();

        let check =
            |name: &str, expected: &[&str]| assert_eq!(ids(&registry, name), expected, "{name}");
        check(
            "customer.updated",
            &["djstripe::handle", "djstripe::x", "djstripe::mirror_too"],
        );
        check(
            "invoice.paid",
            &["djstripe::mirror", "djstripe::mirror_too"],
        );
        assert!(registry.require("customer.updated").is_ok());
    }

    #[test]
    fn listed_objects_go_to_those_that_take_them_and_to_nobody_else() {
        let on_backfill = |info: &ReceiverInfo| -> &'static ReceiverInfo {
            let mut info = ReceiverInfo { ..*info };
            info.options.on_backfill = true;
            Box::leak(Box::new(info))
        };
        let (created, source) = (
            &["customer.created", "customer.updated"],
            &["customer.source.updated"],
        );

        let registry = Registry::new([
            on_backfill(receiver("customers", created, 0, 1)),
            on_backfill(receiver("sources", source, 0, 2)),
            on_backfill(receiver("all", &["*"], 0, 3)),
            receiver("not asked", &["customer.updated"], 0, 4),
            receiver("all, not asked", &["*"], 0, 5),
        ])
        .unwrap();

        let check =
            |name: &str, expected: &[&str]| assert_eq!(ids(&registry, name), expected, "{name}");
        check("customer.backfilled", &["customers", "all"]);
        check("card.backfilled", &["sources", "all"]);
        check("invoice.backfilled", &["all"]);
        check("basket.backfilled", &[]);
        check(
            "customer.updated",
            &["customers", "all", "not asked", "all, not asked"],
        );
    }

    #[test]
    fn duplicate_ids_are_refused_with_both_places() {
        let error =
            Registry::new([receiver("a", &["*"], 0, 7), receiver("a", &["*"], 0, 3)]).unwrap_err();

        assert_eq!(
            error.to_string(),
            "two receivers have the id `a`, at shop.rs:3:1 and at shop.rs:7:1; give one of them `id = \"…\"`"
        );
    }

    #[test]
    fn a_required_event_needs_a_receiver_by_name() {
        let registry = Registry::new([
            receiver("a", &["invoice.paid"], 0, 1),
            receiver("b", &["*"], 0, 2),
        ])
        .unwrap();

        assert!(registry.require("invoice.paid").is_ok());
        let error = registry.require("invoice.voided").unwrap_err();
        assert_eq!(
            error,
            RegistryError::NoReceiver {
                name: EventName::new("invoice.voided")
            }
        );
    }

    #[test]
    fn a_required_event_that_does_not_exist_is_told_with_the_nearest() {
        let registry = Registry::new([receiver("a", &["preview.event"], 0, 1)]).unwrap();
        assert!(registry.require("preview.event").is_ok());

        let check = |name: &str, expected: &str| {
            let error = registry.require(name).unwrap_err();
            assert_eq!(error.to_string(), expected);
        };
        check(
            "invoice.payed",
            "`invoice.payed` is not a Stripe event; did you mean `invoice.paid`?",
        );
        check(
            "Customer_Updated",
            "`Customer_Updated` is not a Stripe event; did you mean `customer.updated`?",
        );
        check(
            "subscription.deleted",
            "`subscription.deleted` is not a Stripe event; \
             did you mean `customer.subscription.deleted`?",
        );
        check("gift.wrapped", "`gift.wrapped` is not a Stripe event");
    }
}
