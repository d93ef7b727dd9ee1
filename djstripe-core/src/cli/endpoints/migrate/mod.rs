//! `endpoints migrate-to-thin`: moves an endpoint from snapshot events to thin events, step by step.
//!
//! First a thin destination is created next to the endpoint, and both deliver. Then what has arrived is
//! compared, as often as the operator likes. `--cut-over` takes from the endpoint what the destination
//! sends, and `--undo` leads back from any step. Each step can be run again, also after it was
//! interrupted.
//!
//! Source: [Migrate from snapshot events to thin
//! events](https://docs.stripe.com/webhooks/migrate-snapshot-to-thin-events).

mod begin;
mod report;
mod cut_over;
mod undo;

use std::fmt::Display;
use std::time::Duration;

use clap::Args;
use uuid::Uuid;

use super::at_stripe;
use super::problems::unknown_endpoint;
use super::secret_source::SecretSource;
use super::tools::{EventArgs, ToolArgs, Tools, all_endpoints};
use crate::app::Builder;
use crate::cli::audit::record;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print};
use crate::endpoint::{Endpoint, StripeEndpoint};

#[derive(Debug, Args)]
pub(super) struct MigrateToThin {
    /// Id of the endpoint that gets snapshot events
    id: Uuid,
    /// Take from the endpoint all events that the thin destination sends
    #[arg(long)]
    cut_over: bool,
    /// Cut over although happenings arrived as a snapshot event only, or none as a thin event
    #[arg(long, requires = "cut_over")]
    despite_differences: bool,
    /// Go back: the endpoint gets its events again, and the thin destination is deleted
    #[arg(long, conflicts_with = "cut_over")]
    undo: bool,
    /// Leave out of the report what arrived within this time, as its other event may be on its way
    #[arg(long, default_value = "5m", value_parser = humantime::parse_duration, value_name = "DURATION")]
    settle: Duration,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    secret: SecretSource,
    #[command(flatten)]
    events: EventArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

/// What each step works with.
struct Move<'a> {
    tools: &'a Tools,
    arguments: &'a MigrateToThin,
    /// The endpoint with snapshot events.
    old: Endpoint,
    all: Vec<Endpoint>,
}

pub(super) async fn run(
    builder: Builder,
    arguments: MigrateToThin,
) -> Result<ExitStatus, CommandError> {
    let tools = Tools::open(builder, arguments.tools.clone(), arguments.events).await?;
    let old = tools.endpoint(arguments.id).await?;
    check(&old)?;

    let all = all_endpoints(&tools.store).await?;
    let takes_over = |row: &&Endpoint| {
        let from = row.take_over.as_ref();
        from.is_some_and(|from| from.endpoint == old.id)
    };
    let new = all.iter().find(takes_over).cloned();

    let id = old.id;
    let step = match &new {
        _ if arguments.undo => Some("undone"),
        None => Some("begun"),
        Some(_) if arguments.cut_over => Some("cut over"),
        Some(_) => None,
    };
    let migration = Move {
        tools: &tools,
        arguments: &arguments,
        old,
        all,
    };
    match new {
        new if arguments.undo => undo::run(migration, new).await?,
        None if arguments.cut_over => {
            let message = format!(
                "no thin destination takes over from {id}: `endpoints migrate-to-thin {id}` creates it"
            );
            return Err(message.into());
        }
        None => begin::run(migration).await?,
        Some(new) if arguments.cut_over => cut_over::run(migration, new).await?,
        Some(new) => {
            let report = report::make(&migration, &new).await?;
            report.print(arguments.output)?;
        }
    }
    if let Some(step) = step {
        record(
            &tools.store,
            "endpoints migrate-to-thin",
            id,
            Some(step.to_owned()),
        )
        .await?;
    }
    Ok(ExitStatus::Success)
}

/// Refuses what can't be moved.
fn check(old: &Endpoint) -> Result<(), CommandError> {
    let id = old.id;
    let message = if let Some(from) = &old.take_over {
        let first = from.endpoint;
        format!("{id} takes over from {first}: run `endpoints migrate-to-thin {first}`")
    } else if old.kind.is_thin() {
        format!("{id} gets thin events already")
    } else if old.stripe_id.is_none() {
        format!(
            "{id} was created at Stripe by hand: create the thin destination with `endpoints create \
             --thin`, and disable the old one in the dashboard"
        )
    } else if old.replaced_stripe_id.is_some() {
        format!("the secret of {id} is being rolled: run `endpoints roll {id} --finish` first")
    } else {
        return Ok(());
    };
    Err(message.into())
}

impl Move<'_> {
    /// The id of the old endpoint at Stripe.
    fn old_at_stripe(&self) -> Result<&str, CommandError> {
        let stripe_id = self.old.stripe_id.as_deref();
        stripe_id.ok_or_else(|| "the endpoint was created at Stripe by hand".into())
    }

    /// Prints a line, unless the result is printed as JSON.
    fn say(&self, line: impl Display) -> Result<(), CommandError> {
        if !self.arguments.output.json {
            print(line)?;
        }
        Ok(())
    }

    /// Deletes the destinations at Stripe that an interrupted command created for this move. Their
    /// secrets are lost, so their deliveries can't be verified.
    async fn delete_left_overs(&self) -> Result<(), CommandError> {
        let client = self.tools.client(&self.old)?;
        let listed = at_stripe::list(client, self.old.livemode).await?;
        if let Some(error) = listed.without_destinations {
            return Err(error);
        }

        let id = self.old.id.to_string();
        let is_for_this = |found: &StripeEndpoint| {
            found.metadata.get(StripeEndpoint::TAKES_OVER_KEY) == Some(&id)
        };
        for found in listed.endpoints.into_iter().filter(is_for_this) {
            let kind = found.kind;
            let Some(unknown) = unknown_endpoint(found, &self.all) else {
                continue;
            };
            let stripe_id = unknown.at_stripe.id;
            let left_over = Endpoint {
                kind,
                ..self.old.clone()
            };
            at_stripe::delete(client, &left_over, &stripe_id).await?;
            self.say(format_args!(
                "{id}  {stripe_id}, left over by an interrupted command, deleted at Stripe"
            ))?;
        }
        Ok(())
    }
}
