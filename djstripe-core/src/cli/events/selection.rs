//! The events that `retry` and `replay` run again.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::audit::subject_of;
use crate::cli::event_name::check_event_name;
use crate::cli::exit::{CommandError, UsageError};
use crate::cli::pages::{Pages, Place, Selectable};
use crate::cli::receiver_name::{check_receiver, check_registered};
use crate::cli::time::since;
use crate::receiver::registry::Registry;
use crate::store::{EventFilter, EventState, Store, StoreError, StoredEvent};
use crate::timestamp::Timestamp;
use crate::webhook::event_name::EventName;

/// Criteria, which an event has to meet all.
#[derive(Debug, Args)]
pub(super) struct Criteria {
    /// Select events in this state
    #[arg(long, value_parser = state_parser())]
    pub(super) state: Option<EventState>,
    /// Select events that are dead or have dead effects
    #[arg(long, conflicts_with = "state")]
    pub(super) dead: bool,
    /// Select events of this name, or of a family such as invoice.*
    #[arg(long = "type", visible_alias = "name", value_name = "EVENT")]
    pub(super) name: Option<String>,
    /// Select events about the object with this id
    #[arg(long, value_name = "ID")]
    pub(super) object: Option<String>,
    /// Select events of this connected account, or of this one of several accounts of your own
    #[arg(long, value_name = "ACCOUNT")]
    pub(super) account: Option<String>,
    /// Select events with an error that contains this text; … stands for any id or number
    #[arg(long, allow_hyphen_values = true, value_name = "TEXT")]
    pub(super) error: Option<String>,
    /// Select events received since this time: 2d, 2026-01-31, 2026-01-31T12:00 or …+02:00; UTC
    #[arg(long, value_parser = since, value_name = "TIME")]
    pub(super) since: Option<Timestamp>,
}

fn state_parser() -> impl TypedValueParser<Value = EventState> {
    PossibleValuesParser::new(EventState::ALL.map(EventState::as_str))
        .try_map(|state| state.parse::<EventState>())
}

impl Criteria {
    pub(super) fn filter(&self) -> EventFilter {
        EventFilter {
            state: self.state,
            dead: self.dead,
            name: self.name.clone(),
            object_id: self.object.clone(),
            account: self.account.clone(),
            error: self.error.clone(),
            since: self.since,
            ..EventFilter::default()
        }
    }

    fn is_empty(&self) -> bool {
        let Self {
            state,
            dead,
            name,
            object,
            account,
            error,
            since,
        } = self;
        let texts = [name, object, account, error];
        state.is_none() && !dead && since.is_none() && texts.iter().all(|text| text.is_none())
    }
}

/// Events by their ids, or by criteria.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Ids of the events
    #[arg(conflicts_with_all = ["state", "dead", "name", "object", "account", "error", "since", "all"])]
    pub(super) ids: Vec<String>,
    #[command(flatten)]
    criteria: Criteria,
    /// Select events that this receiver listens to, or with --error those for which it failed so;
    /// `replay` runs no other receiver that has succeeded
    #[arg(long, value_name = "RECEIVER")]
    pub(super) receiver: Option<String>,
    /// Select all stored events, or all that the receiver listens to
    #[arg(
        long,
        conflicts_with_all = ["state", "dead", "name", "object", "account", "error", "since"]
    )]
    all: bool,
}

impl Selection {
    /// The selection as a record names it.
    pub(super) fn describe(&self) -> String {
        if !self.ids.is_empty() {
            return subject_of(&self.ids);
        }
        let Criteria {
            state,
            dead,
            name,
            object,
            account,
            error,
            since,
        } = &self.criteria;
        let text = |text: &Option<String>| text.clone();
        let options = [
            ("state", state.map(|state| state.to_string())),
            ("type", text(name)),
            ("object", text(object)),
            ("account", text(account)),
            ("error", text(error)),
            ("since", since.map(|since| since.to_string())),
            ("receiver", text(&self.receiver)),
        ];
        let flags = [("--dead", *dead), ("--all", self.all)];

        let flags = flags.into_iter().filter(|(_, is_set)| *is_set);
        let options = options.into_iter();
        let options = options.filter_map(|(name, value)| Some(format!("--{name} {}", value?)));
        let words: Vec<String> = flags
            .map(|(name, _)| name.to_owned())
            .chain(options)
            .collect();
        words.join(" ")
    }

    /// The events of a selection that was [checked](Self::check).
    pub(super) fn pages<'s>(&'s self, registry: &'s Registry) -> Pages<SelectedEvents<'s>> {
        Pages::new(SelectedEvents {
            selection: self,
            registry,
        })
    }

    /// Refuses a selection without criteria: a receiver alone would select all events it listens to.
    fn check_criteria(&self) -> Result<(), UsageError> {
        if !self.ids.is_empty() || !self.criteria.is_empty() || self.all {
            return Ok(());
        }
        let message = "select events by their ids, --since, --type, --object, --account, --error, \
                       --state or --dead; --all selects all of them";
        Err(UsageError(message.to_owned()))
    }

    /// Refuses a selection without criteria, or with names that don't exist.
    pub(super) async fn check(
        &self,
        store: &Store,
        registry: &Registry,
    ) -> Result<(), CommandError> {
        self.check_criteria()?;
        match &self.receiver {
            // The database knows for which events it failed.
            Some(id) if self.criteria.error.is_some() => {
                check_receiver(store, registry, id).await?
            }
            Some(id) => check_registered(registry, id)?,
            None => {}
        }
        match &self.criteria.name {
            Some(name) => check_event_name(store, name).await,
            None => Ok(()),
        }
    }
}

/// The events of a selection, and the receivers that may listen to them.
pub(super) struct SelectedEvents<'s> {
    selection: &'s Selection,
    registry: &'s Registry,
}

impl Selectable for SelectedEvents<'_> {
    type Row = StoredEvent;

    fn keys(&self) -> &[String] {
        &self.selection.ids
    }

    async fn read(
        &self,
        store: &Store,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let selection = self.selection;
        let failed = selection.criteria.error.is_some();
        let filter = EventFilter {
            receiver: selection.receiver.clone().filter(|_| failed),
            limit: Some(limit),
            after,
            ..selection.criteria.filter()
        };
        store.events(&filter).await
    }

    /// Whether the selected receiver, if there is one, listens to the event.
    fn has(&self, event: &StoredEvent) -> bool {
        let failed = self.selection.criteria.error.is_some();
        let Some(id) = self.selection.receiver.as_ref().filter(|_| !failed) else {
            return true;
        };
        let receivers = self.registry.receivers_for(&EventName::new(&event.name));
        receivers.iter().any(|receiver| receiver.id == id)
    }

    fn place(event: &StoredEvent) -> Place {
        (event.received_at, event.id.clone())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        selection: Selection,
    }

    #[test]
    fn events_are_selected_by_ids_or_criteria() {
        let check = |arguments: &str, expected: bool| {
            let line = Line::try_parse_from(["retry"].into_iter().chain(arguments.split(' ')));
            let is_taken = line.is_ok_and(|line| line.selection.check_criteria().is_ok());
            assert_eq!(is_taken, expected, "{arguments}");
        };

        for criterion in [
            "--since 2d",
            "--type invoice.paid",
            "--name invoice.*",
            "--object in_1",
            "--account acct_1",
            "--error no_luck",
            "--state retrying",
            "--dead",
            "--all",
            "evt_1",
        ] {
            check(criterion, true);
            check(&format!("{criterion} --receiver shop::ship"), true);
            if !criterion.starts_with("evt") {
                check(&format!("evt_2 {criterion}"), false);
            }
        }
        check("--type invoice.paid --since 2d --error no", true);
        check("--receiver shop::ship", false);
        check("--all --since 2d", false);
        check("--dead --state dead", false);
        check("--state odd", false);
    }

    #[test]
    fn nothing_selects_nothing() {
        let line = Line::try_parse_from(["retry"]).unwrap();
        assert!(line.selection.check_criteria().is_err());
    }
}
