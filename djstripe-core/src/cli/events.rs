//! `events`: what is stored, and running it again.

use std::time::SystemTime;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::list::{open_current, print};
use super::{CommandError, Ending, Misuse, Output, state_parser};
use crate::app::Builder;
use crate::processing::dry_run::{DryOutcome, DryRun};
use crate::receiver::registry::Registry;
use crate::store::{EventFilter, EventState, Rerun, RunOutcome, Store, StoredEvent};
use crate::timestamp::Timestamp;
use crate::webhook::event_name::EventName;

/// Events that are read, and run again, at a time.
const PAGE: u32 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List stored events, newest first; `events` alone does the same
    List(List),
    /// Show an event: its receivers' runs, deliveries, effects and payload; ends with 1 if it is dead
    Show {
        /// The event
        id: String,
        #[command(flatten)]
        output: Output,
    },
    /// Let workers run the receivers that have not succeeded
    Retry {
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        output: Output,
    },
    /// Let workers run all receivers again, or one of them, also if they have succeeded
    Replay {
        #[command(flatten)]
        selection: Selection,
        /// Only show what the receivers would do now: they run in a transaction that is rolled back; ends with 1 if one
        /// would fail
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those in this state
    #[arg(long, value_parser = state_parser())]
    state: Option<EventState>,
    /// Only dead ones
    #[arg(long, conflicts_with = "state")]
    dead: bool,
    /// Only those of this name
    #[arg(long, visible_alias = "type", value_name = "EVENT")]
    name: Option<String>,
    /// Only those that arrived since then: 2d, or 2026-01-31T12:00:00Z
    #[arg(long, value_parser = since, value_name = "TIME")]
    since: Option<Timestamp>,
    /// At most this many
    #[arg(long, default_value_t = 100)]
    limit: u32,
    #[command(flatten)]
    output: Output,
}

/// Which events to run again; all that is given must fit.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// These events
    #[arg(conflicts_with_all = ["since", "name", "dead"])]
    ids: Vec<String>,
    /// Those that arrived since then: 2d, or 2026-01-31T12:00:00Z
    #[arg(long, value_parser = since, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Those of this name
    #[arg(long = "type", value_name = "EVENT")]
    name: Option<String>,
    /// Dead ones
    #[arg(long)]
    dead: bool,
    /// Those that this receiver listens to; `replay` then repeats no other one
    #[arg(long, value_name = "RECEIVER")]
    receiver: Option<String>,
}

pub(super) async fn run(builder: Builder, command: Command) -> Result<Ending, CommandError> {
    match command {
        Command::List(filter) => list(&builder, filter).await.map(|()| Ending::Done),
        Command::Show { id, output } => show(&open_current(&builder).await?, &id, output).await,
        Command::Retry { selection, output } => {
            let store = open_current(&builder).await?;
            rerun(
                &store,
                &builder.registry()?,
                &selection,
                None,
                Rerun::Unfinished,
                output,
            )
            .await
        }
        Command::Replay {
            selection,
            dry_run: false,
            output,
        } => {
            let store = open_current(&builder).await?;
            let receiver = selection.receiver.as_deref();
            rerun(
                &store,
                &builder.registry()?,
                &selection,
                receiver,
                Rerun::All,
                output,
            )
            .await
        }
        Command::Replay {
            selection,
            dry_run: true,
            output,
        } => dry_run(builder, &selection, output).await,
    }
}

/// Lists events.
pub(super) async fn list(builder: &Builder, list: List) -> Result<(), CommandError> {
    let store = open_current(builder).await?;
    let state = if list.dead {
        Some(EventState::Dead)
    } else {
        list.state
    };
    let filter = EventFilter {
        state,
        name: list.name,
        since: list.since,
        limit: Some(list.limit),
        ..EventFilter::default()
    };
    for event in store.events(&filter).await? {
        if list.output.json {
            print(format_args!("{}", event_json(&event)))?;
        } else {
            print(format_args!("{}", line(&event)))?;
        }
    }
    Ok(())
}

async fn show(store: &Store, id: &str, output: Output) -> Result<Ending, CommandError> {
    let Some((event, payload)) = store.event(id).await? else {
        return Err(format!("there is no event {id}").into());
    };
    let runs = store.receiver_runs(id).await?;
    let deliveries = store.deliveries(Some(id), PAGE).await?;
    let effects = store.effects(id).await?;
    if output.json {
        let mut json = event_json(&event);
        json["object_id"] = json!(event.object_id);
        json["request_id"] = json!(event.request_id);
        json["idempotency_key"] = json!(event.idempotency_key);
        json["runs"] = runs
            .iter()
            .map(|run| {
                json!({
                    "receiver": run.receiver,
                    "succeeded": run.outcome.is_success(),
                    "attempts": run.attempts,
                    "error": run.outcome.error(),
                    "permanent": run.outcome.is_permanent(),
                    "finished_at": run.finished_at.to_string(),
                })
            })
            .collect();
        json["deliveries"] = deliveries.iter().map(super::deliveries::json).collect();
        json["effects"] = effects
            .iter()
            .map(|stored| {
                json!({
                    "key": stored.effect.key,
                    "effect": stored.effect.effect,
                    "receiver": stored.effect.receiver,
                    "attempts": stored.attempts,
                    "last_error": stored.last_error,
                    "next_attempt_at": stored.next_attempt_at.map(|time| time.to_string()),
                    "done_at": stored.done_at.map(|time| time.to_string()),
                })
            })
            .collect();
        json["payload"] = Value::String(payload);
        print(format_args!("{json}"))?;
        return Ok(ending(event.state));
    }
    print(format_args!("{}", line(&event)))?;
    for run in &runs {
        let outcome = match &run.outcome {
            RunOutcome::Succeeded => "succeeded",
            RunOutcome::Failed {
                permanent: false, ..
            } => "failed",
            RunOutcome::Failed {
                permanent: true, ..
            } => "failed permanently",
        };
        let error = run.outcome.error().unwrap_or_default();
        print(format_args!(
            "  {}  {outcome} at try {}  {}  {error}",
            run.finished_at, run.attempts, run.receiver
        ))?;
    }
    for stored in &effects {
        let (effect, error) = (
            &stored.effect,
            stored.last_error.as_deref().unwrap_or_default(),
        );
        let state = match (stored.done_at, stored.next_attempt_at) {
            (Some(at), _) => format!("done at {at}"),
            (None, Some(at)) => format!("due at {at}"),
            (None, None) => "dead".to_owned(),
        };
        print(format_args!(
            "  effect {} of {}  {state}  {}  {error}",
            effect.effect, effect.receiver, effect.key
        ))?;
    }
    for delivery in &deliveries {
        print(format_args!("  {}", super::deliveries::line(delivery)))?;
    }
    print(format_args!("{payload}"))?;
    Ok(ending(event.state))
}

fn ending(state: EventState) -> Ending {
    if state == EventState::Dead {
        Ending::Found
    } else {
        Ending::Done
    }
}

async fn rerun(
    store: &Store,
    registry: &Registry,
    selection: &Selection,
    only: Option<&str>,
    rerun: Rerun,
    output: Output,
) -> Result<Ending, CommandError> {
    let mut pages = Pages::new(selection, registry)?;
    let mut ending = Ending::Done;
    while let Some(ids) = pages.next(store).await? {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let due = match only {
            Some(receiver) => {
                store
                    .rerun_receiver(&ids, receiver, Timestamp::now())
                    .await?
            }
            None => store.rerun(&ids, rerun, Timestamp::now()).await?,
        };
        for id in ids {
            let is_due = due.iter().any(|due| due == id);
            if !is_due {
                ending = Ending::Found;
            }
            if output.json {
                print(format_args!("{}", json!({ "id": id, "due": is_due })))?;
            } else if is_due {
                print(format_args!("{id}  due again"))?;
            } else {
                print(format_args!(
                    "{id}  left out: it is not stored, or a worker has it at this moment"
                ))?;
            }
        }
    }
    if store.paused_since().await?.is_some() {
        super::warn("the workers are paused; nothing runs before `resume`");
    }
    Ok(ending)
}

async fn dry_run(
    builder: Builder,
    selection: &Selection,
    output: Output,
) -> Result<Ending, CommandError> {
    // Building migrates, which nobody expects of this.
    drop(open_current(&builder).await?);
    let app = builder.workers_only().build().await?;
    let mut pages = Pages::new(selection, app.registry())?;
    let mut ending = Ending::Done;
    while let Some(ids) = pages.next(app.store()).await? {
        for id in ids {
            let Some(runs) = app.dry_run(&id, selection.receiver.as_deref()).await? else {
                return Err(format!("there is no event {id}").into());
            };
            if runs
                .iter()
                .any(|run| matches!(run.outcome, DryOutcome::Fails { .. }))
            {
                ending = Ending::Found;
            }
            print_dry_run(&id, &runs, output)?;
        }
    }
    Ok(ending)
}

fn print_dry_run(id: &str, runs: &[DryRun], output: Output) -> std::io::Result<()> {
    let row = |row: &crate::processing::dry_run::MirroredRow| json!({ "table": row.table.as_str(), "id": row.id, "outcome": row.upserted.as_str() });
    if output.json {
        let runs = runs.iter().map(|run| {
            let (outcome, error) = told(&run.outcome);
            let rows: Value = run.rows.iter().map(row).collect();
            json!({ "receiver": run.receiver, "outcome": outcome, "error": error, "rows": rows })
        });
        return print(format_args!(
            "{}",
            json!({ "id": id, "runs": runs.collect::<Value>() })
        ));
    }
    print(format_args!("{id}"))?;
    for run in runs {
        let (outcome, error) = told(&run.outcome);
        print(format_args!(
            "  {outcome:<8}  {}  {}",
            run.receiver,
            error.unwrap_or_default()
        ))?;
        for row in &run.rows {
            print(format_args!(
                "    {:<9}  {} {}",
                row.upserted.as_str(),
                row.table.as_str(),
                row.id
            ))?;
        }
    }
    Ok(())
}

fn told(outcome: &DryOutcome) -> (&'static str, Option<&str>) {
    match outcome {
        DryOutcome::Succeeds => ("succeeds", None),
        DryOutcome::Fails { error } => ("fails", Some(error)),
        DryOutcome::NotRun => ("not run", Some("what it does can't be rolled back")),
    }
}

/// The selected events, page by page: they may be many.
struct Pages<'s> {
    selection: &'s Selection,
    registry: &'s Registry,
    after: Option<(Timestamp, String)>,
    ended: bool,
}

impl<'s> Pages<'s> {
    fn new(selection: &'s Selection, registry: &'s Registry) -> Result<Self, Misuse> {
        let Selection {
            ids,
            since,
            name,
            dead,
            receiver,
        } = selection;
        if ids.is_empty() && since.is_none() && name.is_none() && !dead && receiver.is_none() {
            return Err(Misuse(
                "say which events: their ids, --since, --type, --dead or --receiver".to_owned(),
            ));
        }
        if let Some(id) = receiver
            && !registry
                .receivers()
                .iter()
                .any(|receiver| receiver.id == id)
        {
            return Err(Misuse(format!(
                "no receiver is called `{id}`; `receivers` lists them"
            )));
        }
        Ok(Self {
            selection,
            registry,
            after: None,
            ended: false,
        })
    }

    async fn next(&mut self, store: &Store) -> Result<Option<Vec<String>>, CommandError> {
        if self.ended {
            return Ok(None);
        }
        let Selection {
            ids,
            since,
            name,
            dead,
            receiver,
        } = self.selection;
        if !ids.is_empty() {
            self.ended = true;
            return Ok(Some(ids.clone()));
        }
        let filter = EventFilter {
            state: dead.then_some(EventState::Dead),
            name: name.clone(),
            since: *since,
            limit: Some(PAGE),
            after: self.after.take(),
            ..EventFilter::default()
        };
        let page = store.events(&filter).await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        self.after = Some((last.received_at, last.id.clone()));
        let fits = |event: &StoredEvent| {
            receiver.as_ref().is_none_or(|id| {
                let receivers = self.registry.receivers_for(&EventName::new(&event.name));
                receivers.iter().any(|receiver| receiver.id == id)
            })
        };
        Ok(Some(
            page.iter()
                .filter(|event| fits(event))
                .map(|event| event.id.clone())
                .collect(),
        ))
    }
}

fn line(event: &StoredEvent) -> String {
    let error = event.last_error.as_deref().unwrap_or_default();
    format!(
        "{}  {:<10}  {:<40}  {}  {error}",
        event.received_at, event.state, event.name, event.id
    )
}

fn event_json(event: &StoredEvent) -> Value {
    json!({
        "id": event.id,
        "name": event.name,
        "state": event.state.as_str(),
        "account": event.account,
        "livemode": event.livemode,
        "api_version": event.api_version,
        "created": event.created,
        "attempts": event.attempts,
        "last_error": event.last_error,
        "next_attempt_at": event.next_attempt_at.map(|time| time.to_string()),
        "received_at": event.received_at.to_string(),
        "processed_at": event.processed_at.map(|time| time.to_string()),
    })
}

/// A time, or how long ago it was.
pub(super) fn since(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = humantime::parse_rfc3339_weak(text) {
        return Ok(time.into());
    }
    let ago = humantime::parse_duration(text)
        .map_err(|_| "neither like 2d nor like 2026-01-31T12:00:00Z".to_owned())?;
    SystemTime::now()
        .checked_sub(ago)
        .map(Timestamp::from)
        .ok_or_else(|| "too long ago".to_owned())
}
