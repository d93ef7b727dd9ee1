//! The events that `retry` and `replay` run again, read page by page because there can be many.

use clap::Args;

use crate::cli::event_name::check_event_name;
use crate::cli::exit::{CommandError, UsageError};
use crate::cli::time::since;
use crate::receiver::registry::Registry;
use crate::store::{EventFilter, Store, StoredEvent};
use crate::timestamp::Timestamp;
use crate::webhook::event_name::EventName;

/// Events that are read, and run again, at a time.
const PAGE: u32 = 500;

/// Criteria, which an event has to meet all.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Ids of the events
    #[arg(conflicts_with_all = ["since", "name", "dead"])]
    ids: Vec<String>,
    /// Select events received since this time: 2d, 2026-01-31, 2026-01-31T12:00 or …+02:00; UTC
    #[arg(long, value_parser = since, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Select events of this name
    #[arg(long = "type", value_name = "EVENT")]
    name: Option<String>,
    /// Select events that are dead or have dead effects
    #[arg(long)]
    dead: bool,
    /// Select events that this receiver listens to; `replay` runs no other receiver
    #[arg(long, value_name = "RECEIVER")]
    pub(super) receiver: Option<String>,
}

impl Selection {
    /// Refuses a selection without criteria, and an unknown receiver.
    fn check(&self, registry: &Registry) -> Result<(), UsageError> {
        let Self {
            ids,
            since,
            name,
            dead,
            receiver,
        } = self;
        if ids.is_empty() && since.is_none() && name.is_none() && !dead && receiver.is_none() {
            let message = "select events by their ids, --since, --type, --dead or --receiver";
            return Err(UsageError(message.to_owned()));
        }

        let is_registered = |id: &str| registry.receivers().iter().any(|known| known.id == id);
        match receiver {
            Some(id) if !is_registered(id) => Err(UsageError(format!(
                "no receiver `{id}`; `receivers` lists them"
            ))),
            _ => Ok(()),
        }
    }
}

/// Ids of the selected events.
pub(super) struct Pages<'s> {
    selection: &'s Selection,
    registry: &'s Registry,
    after: Option<(Timestamp, String)>,
    is_done: bool,
}

impl<'s> Pages<'s> {
    pub(super) fn new(
        selection: &'s Selection,
        registry: &'s Registry,
    ) -> Result<Self, UsageError> {
        selection.check(registry)?;
        Ok(Self {
            selection,
            registry,
            after: None,
            is_done: false,
        })
    }

    /// The next page, which is empty if no event of it is selected; `None` after the last.
    pub(super) async fn next(
        &mut self,
        store: &Store,
    ) -> Result<Option<Vec<String>>, CommandError> {
        if self.is_done {
            return Ok(None);
        }
        if !self.selection.ids.is_empty() {
            self.is_done = true;
            return Ok(Some(self.selection.ids.clone()));
        }

        if let Some(name) = &self.selection.name
            && self.after.is_none()
        {
            check_event_name(store, name).await?;
        }
        let filter = EventFilter {
            dead: self.selection.dead,
            name: self.selection.name.clone(),
            since: self.selection.since,
            limit: Some(PAGE),
            after: self.after.take(),
            ..EventFilter::default()
        };
        let page = store.events(&filter).await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        self.after = Some((last.received_at, last.id.clone()));

        let selected = page.iter().filter(|event| self.has_receiver(event));
        Ok(Some(selected.map(|event| event.id.clone()).collect()))
    }

    /// Whether the selected receiver, if there is one, listens to the event.
    fn has_receiver(&self, event: &StoredEvent) -> bool {
        let Some(id) = &self.selection.receiver else {
            return true;
        };
        let receivers = self.registry.receivers_for(&EventName::new(&event.name));
        receivers.iter().any(|receiver| receiver.id == id)
    }
}
