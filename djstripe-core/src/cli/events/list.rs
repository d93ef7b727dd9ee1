//! `events list`: stored events, newest first, or those that Stripe has about an object.

use clap::Args;

use super::selection::Criteria;
use super::{at_stripe, row};
use crate::app::Builder;
use crate::cli::client::client_of;
use crate::cli::database::open_migrated;
use crate::cli::event_name::check_event_name;
use crate::cli::exit::{CommandError, ExitStatus, UsageError};
use crate::cli::list::{self, DEFAULT_LIMIT};
use crate::cli::output::OutputArgs;
use crate::cli::receiver_name::check_receiver;
use crate::cli::settings::{DatabaseArgs, StripeArgs};
use crate::store::{EventFilter, Store, StoredEvent};
use crate::timestamp::Timestamp;

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    criteria: Criteria,
    /// Select events for which this receiver has run, or with --error those for which it failed so
    #[arg(long, value_name = "RECEIVER")]
    receiver: Option<String>,
    /// Show the events after the one with this id, which is the last of the page before
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// Show what Stripe has about the object from the last 30 days, and whether it is stored here:
    /// happenings of which Stripe sends thin events
    #[arg(
        long,
        requires = "object",
        conflicts_with_all = ["state", "dead", "name", "error", "since", "receiver", "after"]
    )]
    at_stripe: bool,
    /// With --at-stripe, request the events of this one of several Stripe accounts of your own
    #[arg(long, requires = "at_stripe", value_name = "ACCOUNT")]
    own_account: Option<String>,
    /// With --at-stripe, request events of live mode instead of test mode
    #[arg(long, requires = "at_stripe")]
    live: bool,
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

pub(super) async fn run(builder: Builder, arguments: List) -> Result<ExitStatus, CommandError> {
    let builder = arguments.stripe.apply(arguments.database.apply(builder));
    let store = open_migrated(&builder).await?;
    let criteria = &arguments.criteria;
    if let Some(id) = criteria.object.as_deref().filter(|_| arguments.at_stripe) {
        let (own, account) = (
            arguments.own_account.as_deref(),
            criteria.account.as_deref(),
        );
        let client = client_of(&builder, own, account, arguments.live)?;
        let (limit, output) = (arguments.limit, arguments.output);
        return at_stripe::list(&store, &client, id, limit, output).await;
    }

    if let Some(name) = &criteria.name {
        check_event_name(&store, name).await?;
    }
    if let Some(receiver) = &arguments.receiver {
        check_receiver(&store, &builder.registry()?, receiver).await?;
    }
    let filter = EventFilter {
        receiver: arguments.receiver.clone(),
        limit: Some(list::one_more(arguments.limit)),
        ..criteria.filter()
    };
    let page = EventFilter {
        after: match &arguments.after {
            Some(id) => Some(position(&store, id).await?),
            None => None,
        },
        ..filter.clone()
    };
    let events = store.events(&page).await?;

    let line = |event: &StoredEvent| {
        Ok(if arguments.output.json {
            row::to_json(event).to_string()
        } else {
            list::shortened(&row::line(event))
        })
    };
    list::print_page(&events, arguments.limit, "events", line, async |last| {
        let limit = list::one_more(list::MOST_COUNTED);
        Ok((store.count_events(&filter, limit).await?, last.id.clone()))
    })
    .await?;
    Ok(ExitStatus::Success)
}

/// Where a stored event stands in the list.
async fn position(store: &Store, id: &str) -> Result<(Timestamp, String), CommandError> {
    let event = store.event(id).await?;
    let (event, _) = event.ok_or_else(|| UsageError(format!("no event {id} to list after")))?;
    Ok((event.received_at, event.id))
}
