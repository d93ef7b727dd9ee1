//! Stores the events of a page that the database lacks.
//!
//! In: events as Stripe would have delivered them. Out: stored events, which workers are notified of,
//! and a record of each gap.

use std::collections::HashSet;

use super::comparison::Comparison;
use super::error::ReconcileError;
use super::report::ScopeReport;
use crate::store::{Gap, NewEvent, StoreError};
use crate::telemetry::metrics;
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;
use crate::webhook::event_name::EventKind;

impl Comparison<'_> {
    /// Of these events, the missing ones: no event has the id or, if a receiver takes this kind
    /// alone, Stripe has not sent this kind.
    pub(super) async fn missing(&self, events: Vec<Event>) -> Result<Vec<Event>, StoreError> {
        let mut missing = HashSet::new();
        for kind in [None, Some(EventKind::Snapshot), Some(EventKind::Thin)] {
            let ids = events.iter().filter(|event| self.alone(event) == kind);
            let ids: Vec<&str> = ids.map(Event::id).collect();
            missing.extend(match kind {
                None => self.store.missing_events(&ids).await?,
                Some(kind) => self.store.missing_of_kind(&ids, kind).await?,
            });
        }

        let is_missing = |event: &Event| missing.contains(event.id());
        Ok(events.into_iter().filter(is_missing).collect())
    }

    /// The event's kind, if a receiver takes it alone.
    fn alone(&self, event: &Event) -> Option<EventKind> {
        let kind = match event.has_thin_payload() {
            true => EventKind::Thin,
            false => EventKind::Snapshot,
        };
        let takes_alone = self.registry.takes_alone(event.name(), kind);
        takes_alone.then_some(kind)
    }

    /// Stores those of the events that are missing, and old enough.
    pub(super) async fn store_missing(
        &self,
        events: Vec<Event>,
        listed_at: Timestamp,
        report: &mut ScopeReport,
    ) -> Result<(), ReconcileError> {
        let missing = self.missing(events).await?;
        if missing.is_empty() {
            return Ok(());
        }

        let old_enough = (listed_at - self.options.min_age).seconds();
        let (events, young): (Vec<Event>, Vec<Event>) = missing
            .into_iter()
            .partition(|event| event.created() <= old_enough);
        report.young += young.len() as u64;

        // Gaps come before the events: a stored event is not missing any more, so its gap could not
        // be recorded after a crash between the two.
        let found_at = Timestamp::now();
        let gaps: Vec<Gap> = events
            .iter()
            .map(|event| self.gap(event, found_at))
            .collect();
        self.store.record_gaps(&gaps).await?;

        let stored = self.insert(events, found_at).await?;
        if stored > 0 {
            report.missing += stored;
            metrics::found_missing(stored);
            tracing::warn!(
                account = self.scope.account,
                livemode = self.scope.livemode,
                events = stored,
                "missing events stored"
            );
            self.wake.notify_workers();
        }
        Ok(())
    }

    /// Stores the events; returns how many of them were missing.
    async fn insert(&self, events: Vec<Event>, found_at: Timestamp) -> Result<u64, StoreError> {
        let mut new: Vec<NewEvent> = events
            .into_iter()
            .map(|event| NewEvent {
                event,
                received_at: found_at,
                remote_address: None,
                endpoint: None,
            })
            .collect();
        let queue = self.store.queue();
        let insertions = queue.insert_and_lease(&mut new, None).await?;

        let mut stored = 0;
        for (NewEvent { event, .. }, insertion) in new.iter().zip(insertions) {
            // What is stored under this id is the event of the other kind.
            let is_added = !insertion.is_new()
                && self.alone(event).is_some()
                && queue.add_kind(event, true, found_at).await?;
            stored += u64::from(insertion.is_new() || is_added);
        }
        Ok(stored)
    }

    fn gap(&self, event: &Event, found_at: Timestamp) -> Gap {
        Gap {
            event_id: event.id().to_owned(),
            account: self.scope.account.clone(),
            livemode: event.livemode(),
            name: event.name().to_string(),
            created: event.created(),
            found_at,
            delivered_at: None,
        }
    }
}
