//! All receivers of the program, sorted, with an index from event to receivers.
//!
//! `inventory` collects them in the program's link step, in no particular order. A receiver in a library crate that
//! the program never mentions is not linked and therefore absent, without a word from the compiler or the linker:
//! `use that_crate as _;` brings it back, [`Registry::require`] notices.

use std::collections::{BTreeSet, HashMap, HashSet};

use djstripe_models::DESCRIPTORS;

use crate::receiver::{Location, Rank, ReceiverInfo, Registration};
use crate::webhook::event_name::EventName;

/// The receivers of a program, in the order in which they run.
#[derive(Debug)]
pub struct Registry {
    receivers: Vec<&'static ReceiverInfo>,
    /// One list for each name of the catalogue, receivers of `"*"` included.
    known: Box<[Vec<&'static ReceiverInfo>]>,
    /// The same for the names of `unchecked("…")`.
    unchecked: HashMap<&'static str, Vec<&'static ReceiverInfo>>,
    /// Receivers of `"*"` alone: what every other name gets.
    every: Vec<&'static ReceiverInfo>,
    /// By type of object, those that a sync calls for each of them.
    backfilled: HashMap<&'static str, Vec<&'static ReceiverInfo>>,
}

/// Why the receivers of a program can't be used together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Two receivers have the same id, so one's checkpoints would be taken for the other's.
    #[error(
        "two receivers have the id `{id}`, at {first} and at {second}; give one of them `id = \"…\"`"
    )]
    DuplicateId {
        /// The id.
        id: &'static str,
        /// Where the one stands.
        first: Location,
        /// Where the other stands.
        second: Location,
    },
    /// No receiver listens to an event that the application can't do without.
    #[error(
        "no receiver listens to `{name}`; if it is in a library crate that no code mentions, add `use that_crate as _;`"
    )]
    NoReceiver {
        /// The event's name.
        name: EventName,
    },
}

impl Registry {
    /// The receivers that `#[stripe_receiver]` registered in this program.
    ///
    /// # Errors
    /// [`RegistryError::DuplicateId`].
    pub fn collect() -> Result<Self, RegistryError> {
        Self::new(inventory::iter::<Registration>().map(|registration| registration.0))
    }

    /// As [`collect`](Self::collect), without the built-in ones.
    ///
    /// # Errors
    /// [`RegistryError::DuplicateId`].
    pub fn collect_without_built_in() -> Result<Self, RegistryError> {
        let all = inventory::iter::<Registration>().map(|registration| registration.0);
        Self::new(all.filter(|receiver| !receiver.is_built_in()))
    }

    /// The given receivers and no others.
    ///
    /// # Errors
    /// [`RegistryError::DuplicateId`].
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
        let mut registry = Self {
            known: vec![Vec::new(); EventName::KNOWN].into_boxed_slice(),
            unchecked: HashMap::new(),
            backfilled: backfilled(&receivers),
            every: receivers
                .iter()
                .copied()
                .filter(|receiver| receiver.listens_to_all())
                .collect(),
            receivers,
        };
        registry.index();
        Ok(registry)
    }

    /// Every receiver, in the order in which they run.
    pub fn receivers(&self) -> &[&'static ReceiverInfo] {
        &self.receivers
    }

    /// The receivers that listen to `name`, in the order in which they run. One array access for a known name.
    pub fn receivers_for(&self, name: &EventName) -> &[&'static ReceiverInfo] {
        match name.index() {
            Some(index) => &self.known[index],
            None => match name.backfilled() {
                Some(object) => self.receivers_on_backfill(object),
                None => self.unchecked.get(name.as_str()).unwrap_or(&self.every),
            },
        }
    }

    /// The receivers that a sync calls for each object of this type: those with `on_backfill` one of whose events may carry
    /// such an object.
    pub fn receivers_on_backfill(&self, object: &str) -> &[&'static ReceiverInfo] {
        self.backfilled.get(object).map_or(&[], Vec::as_slice)
    }

    /// Whether a sync calls any receiver.
    pub fn has_receivers_on_backfill(&self) -> bool {
        !self.backfilled.is_empty()
    }

    /// Asserts that some receiver of the application's listens to `name` by name, not only by `"*"`.
    ///
    /// ```
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
    /// [`RegistryError::NoReceiver`].
    pub fn require(&self, name: &str) -> Result<&Self, RegistryError> {
        let name = EventName::new(name);
        let own = self
            .receivers_for(&name)
            .iter()
            .filter(|receiver| !receiver.is_built_in());
        let by_name = own
            .into_iter()
            .any(|receiver| receiver.events.contains(&name.as_str()));
        if by_name {
            Ok(self)
        } else {
            Err(RegistryError::NoReceiver { name })
        }
    }

    fn index(&mut self) {
        for &receiver in &self.receivers {
            for &text in receiver.events.iter().filter(|text| **text != "*") {
                if EventName::new(text).index().is_none() {
                    self.unchecked.entry(text).or_default();
                }
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
                // What a handler has needs no second receiver, nor its checkpoint.
                for (name, list) in EventName::known().zip(self.known.iter_mut()) {
                    if !handled.contains(name.as_str()) {
                        list.push(receiver);
                    }
                }
                self.unchecked
                    .values_mut()
                    .for_each(|list| list.push(receiver));
                continue;
            }
            if receiver.listens_to_all() {
                let lists = self.known.iter_mut().chain(self.unchecked.values_mut());
                lists.for_each(|list| list.push(receiver));
                continue;
            }
            for text in receiver.events {
                let list = match EventName::new(text).index() {
                    Some(index) => Some(&mut self.known[index]),
                    None => self.unchecked.get_mut(text),
                };
                list.into_iter().for_each(|list| list.push(receiver));
            }
        }
    }
}

/// The receivers that take objects on backfill, by type of object.
fn backfilled(
    receivers: &[&'static ReceiverInfo],
) -> HashMap<&'static str, Vec<&'static ReceiverInfo>> {
    let mut all: HashMap<&'static str, Vec<&'static ReceiverInfo>> = HashMap::new();
    for &receiver in receivers
        .iter()
        .filter(|receiver| receiver.options.on_backfill)
    {
        let objects: BTreeSet<&str> = if receiver.listens_to_all() {
            DESCRIPTORS
                .iter()
                .map(|descriptor| descriptor.object)
                .collect()
        } else {
            receiver
                .events
                .iter()
                .flat_map(|name| EventName::new(name).objects())
                .copied()
                .collect()
        };
        objects
            .into_iter()
            .for_each(|object| all.entry(object).or_default().push(receiver));
    }
    all
}

fn refuse_duplicate_ids(receivers: &[&'static ReceiverInfo]) -> Result<(), RegistryError> {
    let mut seen = HashMap::with_capacity(receivers.len());
    for receiver in receivers {
        if let Some(first) = seen.insert(receiver.id, receiver.location) {
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
        let taking = |id: &'static str,
                      events: &'static [&'static str],
                      line: u32|
         -> &'static ReceiverInfo {
            let mut info = ReceiverInfo {
                ..*receiver(id, events, 0, line)
            };
            info.options.on_backfill = true;
            Box::leak(Box::new(info))
        };
        let registry = Registry::new([
            taking("customers", &["customer.created", "customer.updated"], 1),
            taking("sources", &["customer.source.updated"], 2),
            taking("all", &["*"], 3),
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
}
