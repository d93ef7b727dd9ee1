//! What `retry` and `replay` would do, for the operator to confirm.

use super::selection::Selection;
use crate::cli::confirm::{FEW, MOST_COUNTED, Proposal};
use crate::cli::count::{Count, quantity};
use crate::cli::exit::CommandError;
use crate::cli::pages::Selected;
use crate::receiver::dispatch::skipped_by_origin;
use crate::receiver::registry::Registry;
use crate::store::{Rerun, Store, StoredEvent};
use crate::timestamp::Timestamp;
use crate::webhook::event::EventKinds;
use crate::webhook::event_name::EventName;

/// The events of a selection, and the receivers that would run.
pub(super) struct Plan {
    pub(super) events: Count,
    /// When the newest of them was received.
    pub(super) newest: Option<Timestamp>,
    /// For how many of the events each receiver would run, in the order of the registry.
    receivers: Vec<(&'static str, u64)>,
    /// Whether a receiver looks at what changed, so that it may run for fewer events.
    is_upper_bound: bool,
    dead_effects: u64,
}

impl Plan {
    pub(super) async fn make(
        store: &Store,
        registry: &Registry,
        selection: &Selection,
        rerun: &Rerun,
    ) -> Result<Self, CommandError> {
        let mut plan = Self {
            events: Count::up_to(MOST_COUNTED, 0),
            newest: None,
            receivers: registry.receivers().iter().map(|it| (it.id, 0)).collect(),
            is_upper_bound: false,
            dead_effects: 0,
        };

        let mut pages = selection.pages(registry);
        while let Some(page) = pages.next(store).await? {
            let mut events = Vec::with_capacity(page.len());
            for Selected { key, row } in page {
                let event = match row {
                    Some(event) => Some(event),
                    None => store.event(&key).await?.map(|(event, _)| event),
                };
                events.extend(event);
            }
            // An event that arrives between the pages stands before the first one.
            plan.newest = plan
                .newest
                .or(events.first().map(|event| event.received_at));
            plan.add(store, registry, rerun, &events).await?;
            if plan.events.exact().is_none() {
                break;
            }
        }
        Ok(plan)
    }

    async fn add(
        &mut self,
        store: &Store,
        registry: &Registry,
        rerun: &Rerun,
        events: &[StoredEvent],
    ) -> Result<(), CommandError> {
        self.events = self
            .events
            .plus(Count::up_to(MOST_COUNTED, events.len() as u64));
        // The receivers are those of the events within the bound.
        let beyond = self.events.beyond();
        let events = &events[..events.len().saturating_sub(beyond)];
        let ids: Vec<&str> = events.iter().map(|event| &*event.id).collect();
        let kept = store.kept_runs(&ids, rerun).await?;
        self.dead_effects += store.revived_effects(&ids, rerun).await?;

        for event in events {
            let kinds = EventKinds {
                snapshot: event.is_snapshot,
                thin: event.is_thin,
            };
            let is_connected = event.account.is_some();
            for receiver in registry.receivers_for(&EventName::new(&event.name)) {
                let skipped =
                    skipped_by_origin(&receiver.options, is_connected, kinds, event.livemode);
                let key = (event.id.clone(), receiver.id.to_owned());
                if skipped.is_some() || kept.contains(&key) {
                    continue;
                }

                self.is_upper_bound |= !receiver.options.changed.is_empty();
                let count = self.receivers.iter_mut().find(|(id, _)| *id == receiver.id);
                if let Some((_, count)) = count {
                    *count += 1;
                }
            }
        }
        Ok(())
    }

    /// For the operator. `verb` says what would be done with the events.
    pub(super) fn proposal(&self, verb: &str) -> Proposal {
        let effects = match self.dead_effects {
            0 => String::new(),
            dead => format!(", with {}", quantity(dead, "dead effect")),
        };
        let mut lines = vec![format!(
            "{} would be {verb}{effects}",
            quantity(self.events, "event")
        )];

        let at_most = if self.is_upper_bound { "at most " } else { "" };
        let part = match self.events.exact() {
            Some(_) => String::new(),
            None => format!(
                " of the first {}",
                Count::up_to(MOST_COUNTED, MOST_COUNTED.into())
            ),
        };
        let running = self.receivers.iter().filter(|(_, events)| *events > 0);
        let running = running.map(|(id, events)| {
            format!(
                "  {id} runs for {at_most}{}{part}",
                quantity(*events, "event")
            )
        });
        lines.extend(running);
        if lines.len() == 1 {
            lines.push("  no receiver of this program runs for them".to_owned());
        }
        Proposal {
            lines,
            is_much: self.events.exceeds(FEW),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(events: u64, receivers: Vec<(&'static str, u64)>) -> Plan {
        Plan {
            events: Count::up_to(MOST_COUNTED, events),
            newest: None,
            receivers,
            is_upper_bound: false,
            dead_effects: 0,
        }
    }

    #[test]
    fn a_plan_says_which_receivers_run_and_how_often() {
        let all = plan(
            2_000,
            vec![("shop::ship", 2_000), ("shop::thank", 0), ("shop::log", 1)],
        );
        assert_eq!(
            all.proposal("retried").lines,
            [
                "2,000 events would be retried",
                "  shop::ship runs for 2,000 events",
                "  shop::log runs for 1 event",
            ]
        );

        let many = Plan {
            is_upper_bound: true,
            dead_effects: 1,
            ..plan(10_500, vec![("shop::ship", 10_000)])
        };
        assert_eq!(
            many.proposal("replayed").lines,
            [
                "more than 10,000 events would be replayed, with 1 dead effect",
                "  shop::ship runs for at most 10,000 events of the first 10,000",
            ]
        );
        let none = plan(1, vec![("shop::ship", 0)]).proposal("retried");
        assert_eq!(none.lines[1], "  no receiver of this program runs for them");
    }

    #[test]
    fn few_events_need_no_question() {
        for (events, is_much) in [(0, false), (10, false), (11, true), (10_500, true)] {
            assert_eq!(
                plan(events, Vec::new()).proposal("retried").is_much,
                is_much
            );
        }
    }
}
