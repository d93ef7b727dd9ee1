//! The stored events of a customer.

use std::collections::BTreeSet;

use super::batches::{BATCH, ROWS, chunks};
use super::error::RedactError;
use super::found::Found;
use super::options::RedactOptions;
use crate::store::{EventPosition, Marks, RedactionCounts, Scope, Store, TheirEvents};

/// Events that one statement searches.
const SEARCHED_EVENTS: u32 = 5_000;

/// The events of a customer, batch by batch.
pub(super) struct EventBatches<'e> {
    store: &'e Store,
    options: &'e RedactOptions,
    marks: Marks,
    /// Events that were looked at.
    seen: BTreeSet<String>,
    theirs: TheirEvents,
    counts: RedactionCounts,
}

impl<'e> EventBatches<'e> {
    pub(super) fn new(
        store: &'e Store,
        options: &'e RedactOptions,
        scope: &Scope,
        found: &Found,
    ) -> Self {
        let mut events = Self {
            store,
            options,
            marks: Marks::default(),
            seen: BTreeSet::new(),
            theirs: TheirEvents::default(),
            counts: RedactionCounts::default(),
        };
        events.mark(scope, found);
        events
    }

    /// Knows the objects that were found. Events that were not theirs are looked at once more.
    pub(super) fn mark(&mut self, scope: &Scope, found: &Found) {
        let options = self.options;
        self.marks = Marks::default();
        for (object, ids) in &found.ids {
            for id in ids {
                let RedactOptions {
                    customer,
                    keep_metadata,
                    ..
                } = options;
                self.marks
                    .add_object(scope, customer, object, id, *keep_metadata);
            }
        }
        self.seen.clone_from(&self.theirs.ids);
    }

    /// Type and id of the objects that their events are about.
    pub(super) fn objects(&self) -> &BTreeSet<(String, String)> {
        &self.theirs.objects
    }

    /// The ids of their events, and what was blanked.
    pub(super) fn finish(self) -> (BTreeSet<String>, RedactionCounts) {
        (self.theirs.ids, self.counts)
    }

    pub(super) async fn of_objects(&mut self, found: &mut Found) -> Result<(), RedactError> {
        let objects: BTreeSet<String> = found.ids.values().flatten().cloned().collect();
        for objects in chunks(&objects, BATCH) {
            let mut after = String::new();
            loop {
                let events = self.store.events_of_objects(&objects, &after, ROWS).await?;
                let Some(last) = events.last() else { break };
                after = last.clone();
                self.blank(events, found).await?;
            }
        }
        Ok(())
    }

    /// An object without a row, such as a portal's session, has events all the same.
    pub(super) async fn that_mention_the_customer(
        &mut self,
        found: &mut Found,
    ) -> Result<(), RedactError> {
        let Self { store, options, .. } = *self;
        let mut position = Some(EventPosition::start());
        while let Some(after) = position {
            let (events, next) = store
                .events_with_text(&options.customer, after, SEARCHED_EVENTS)
                .await?;
            for events in events.chunks(BATCH) {
                self.blank(events.to_vec(), found).await?;
            }
            position = next;
        }
        Ok(())
    }

    async fn blank(
        &mut self,
        mut events: Vec<String>,
        found: &mut Found,
    ) -> Result<(), RedactError> {
        events.retain(|id| self.seen.insert(id.clone()));
        if events.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = events.iter().map(String::as_str).collect();
        self.counts += self
            .store
            .blank_events(
                &ids,
                &self.marks,
                self.options.keep_metadata,
                &mut found.known,
                &mut self.theirs,
                !self.options.dry_run,
            )
            .await?;
        Ok(())
    }
}
