//! What a change of events would run: which receivers, for how many of the events.

use super::change::Change;
use super::selection::EventPages;
use crate::page::error::PageError;
use crate::page::visit::Visit;
use crate::receiver::dispatch::skipped_by_origin;
use crate::receiver::registry::Registry;
use crate::store::StoredEvent;
use crate::webhook::event::EventKinds;
use crate::webhook::event_name::EventName;

/// Once so many events are planned, no more are read.
pub(in crate::page) const ENOUGH: usize = 200;

/// Pages of events that are read for a plan: with a filter that finds few, most have none.
pub(in crate::page) const MOST_PAGES: usize = 3;

/// Events that are named.
const MOST_NAMED: usize = 10;

/// What would run.
#[derive(Default)]
pub(in crate::page) struct Plan {
    /// How many events were looked at.
    pub(in crate::page) planned: usize,
    /// Whether there are more.
    pub(in crate::page) are_more: bool,
    /// The first of them.
    pub(in crate::page) first: Vec<StoredEvent>,
    /// For how many events each receiver would run, in the order of the registry.
    pub(in crate::page) receivers: Vec<(&'static str, u64)>,
    /// Whether a receiver looks at what changed, so that it may run for fewer events.
    pub(in crate::page) is_upper_bound: bool,
    pub(in crate::page) dead_effects: u64,
}

impl Plan {
    pub(in crate::page) async fn make(
        visit: &Visit,
        change: &Change,
        mut pages: EventPages,
    ) -> Result<Self, PageError> {
        let registry = visit.app().registry();
        let mut plan = Self {
            receivers: registry.receivers().iter().map(|it| (it.id, 0)).collect(),
            ..Self::default()
        };

        for _ in 0..MOST_PAGES {
            let Some(page) = pages.next().await? else {
                break;
            };
            plan.add(visit, registry, change, page).await?;
            if plan.planned >= ENOUGH {
                break;
            }
        }
        plan.are_more = !pages.is_done();
        plan.receivers.retain(|(_, events)| *events > 0);
        Ok(plan)
    }

    async fn add(
        &mut self,
        visit: &Visit,
        registry: &Registry,
        change: &Change,
        events: Vec<StoredEvent>,
    ) -> Result<(), PageError> {
        let Some(rerun) = change.rerun() else {
            return Ok(());
        };
        let ids: Vec<&str> = events.iter().map(|event| &*event.id).collect();
        let kept = visit.store().kept_runs(&ids, &rerun).await?;
        self.dead_effects += visit.store().revived_effects(&ids, &rerun).await?;

        for event in &events {
            let kinds = EventKinds {
                snapshot: event.is_snapshot,
                thin: event.is_thin,
            };
            for receiver in registry.receivers_for(&EventName::new(&event.name)) {
                let is_connected = event.account.is_some();
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
        self.planned += events.len();
        let room = MOST_NAMED.saturating_sub(self.first.len());
        self.first.extend(events.into_iter().take(room));
        Ok(())
    }
}
