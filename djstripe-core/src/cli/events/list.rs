//! `events list`: stored events, newest first, or those that Stripe has about an object.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::{at_stripe, row};
use crate::app::Builder;
use crate::cli::client::client_of;
use crate::cli::database::open_migrated;
use crate::cli::event_name::check_event_name;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::list::{self, DEFAULT_LIMIT};
use crate::cli::output::OutputArgs;
use crate::cli::settings::{DatabaseArgs, StripeArgs};
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
    /// Show events about the object with this id only
    #[arg(long, value_name = "ID")]
    object: Option<String>,
    /// Show what Stripe has about the object from the last 30 days, and whether it is stored here:
    /// happenings of which Stripe sends thin events
    #[arg(long, requires = "object", conflicts_with_all = ["state", "dead", "name", "since"])]
    at_stripe: bool,
    /// With --at-stripe, request the events of this connected account
    #[arg(long, requires = "at_stripe", value_name = "ACCOUNT")]
    account: Option<String>,
    /// With --at-stripe, request the events of this one of several Stripe accounts of your own
    #[arg(long, requires = "at_stripe", value_name = "ACCOUNT")]
    own_account: Option<String>,
    /// With --at-stripe, request events of live mode instead of test mode
    #[arg(long, requires = "at_stripe")]
    live: bool,
    /// Show events received since this time only: 2d, 2026-01-31, 2026-01-31T12:00 or …+02:00; UTC
    #[arg(long, value_parser = since, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Show at most this many
    #[arg(long, default_value_t = DEFAULT_LIMIT, value_name = "NUMBER")]
    limit: u32,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    stripe: StripeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn state_parser() -> impl TypedValueParser<Value = EventState> {
    PossibleValuesParser::new(EventState::ALL.map(EventState::as_str))
        .try_map(|state| state.parse::<EventState>())
}

pub(super) async fn run(builder: Builder, arguments: List) -> Result<ExitStatus, CommandError> {
    let builder = arguments.stripe.apply(arguments.database.apply(builder));
    let store = open_migrated(&builder).await?;
    if let Some(id) = arguments.object.as_deref().filter(|_| arguments.at_stripe) {
        let (own, account) = (
            arguments.own_account.as_deref(),
            arguments.account.as_deref(),
        );
        let client = client_of(&builder, own, account, arguments.live)?;
        let (limit, output) = (arguments.limit, arguments.output);
        return at_stripe::list(&store, &client, id, limit, output).await;
    }

    if let Some(name) = &arguments.name {
        check_event_name(&store, name).await?;
    }
    let filter = EventFilter {
        state: arguments.state,
        dead: arguments.dead,
        name: arguments.name,
        object_id: arguments.object,
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
