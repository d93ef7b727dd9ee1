//! `events list`: stored events, newest first.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::row;
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::event_name::check_event_name;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::list::{self, DEFAULT_LIMIT};
use crate::cli::output::OutputArgs;
use crate::cli::settings::DatabaseArgs;
use crate::cli::time::since;
use crate::store::{EventFilter, EventState};
use crate::timestamp::Timestamp;

#[derive(Debug, Args)]
pub(super) struct List {
    /// Show events in this state only
    #[arg(long, value_parser = state_parser())]
    state: Option<EventState>,
    /// Show events only that are dead or have dead effects
    #[arg(long, conflicts_with = "state")]
    dead: bool,
    /// Show events of this name only
    #[arg(long, visible_alias = "type", value_name = "EVENT")]
    name: Option<String>,
    /// Show events received since this time only: 2d or 2026-01-31T12:00:00Z
    #[arg(long, value_parser = since, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Show at most this many
    #[arg(long, default_value_t = DEFAULT_LIMIT, value_name = "NUMBER")]
    limit: u32,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn state_parser() -> impl TypedValueParser<Value = EventState> {
    PossibleValuesParser::new(EventState::ALL.map(EventState::as_str))
        .try_map(|state| state.parse::<EventState>())
}

pub(super) async fn run(builder: Builder, arguments: List) -> Result<ExitStatus, CommandError> {
    let store = open_migrated(&arguments.database.apply(builder)).await?;
    if let Some(name) = &arguments.name {
        check_event_name(&store, name).await?;
    }
    let filter = EventFilter {
        state: arguments.state,
        dead: arguments.dead,
        name: arguments.name,
        since: arguments.since,
        limit: Some(list::one_more(arguments.limit)),
        ..EventFilter::default()
    };
    let events = store.events(&filter).await?;

    list::print_rows(&events, arguments.limit, "events", |event| {
        Ok(if arguments.output.json {
            row::to_json(event).to_string()
        } else {
            row::line(event)
        })
    })?;
    Ok(ExitStatus::Success)
}
