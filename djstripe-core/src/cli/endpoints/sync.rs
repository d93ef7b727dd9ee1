//! `endpoints sync`: makes the endpoints at Stripe match the database and the receivers.

use clap::Args;
use uuid::Uuid;

use super::at_stripe;
use super::parts::gone;
use super::problems::unsent;
use super::tools::{EventArgs, ToolArgs, Tools, all_endpoints};
use crate::app::Builder;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::print;
use crate::endpoint::{Endpoint, differences};

#[derive(Debug, Args)]
pub(super) struct Sync {
    /// Sync these endpoints only
    ids: Vec<Uuid>,
    /// Show the differences without changing anything
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    events: EventArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) async fn run(builder: Builder, arguments: Sync) -> Result<ExitStatus, CommandError> {
    let tools = Tools::open(builder, arguments.tools, arguments.events).await?;
    let all = all_endpoints(&tools.store).await?;
    let endpoints = match &*arguments.ids {
        [] => all.clone(),
        ids => {
            let mut endpoints = Vec::with_capacity(ids.len());
            for id in ids {
                endpoints.push(tools.endpoint(*id).await?);
            }
            endpoints
        }
    };

    let mut remaining = 0;
    for endpoint in endpoints {
        let events = tools.events_of(&endpoint, &all);
        let unsent = unsent(&endpoint, &all, &events);
        let id = endpoint.id;
        remaining += sync(&tools, endpoint, &events, arguments.dry_run).await?;
        if let Some(unsent) = unsent {
            remaining += 1;
            print(format_args!("{id}  {unsent}"))?;
        }
    }
    if remaining == 0 {
        Ok(ExitStatus::Success)
    } else {
        Err(format!("{remaining} differences can't be synced; see above").into())
    }
}

/// Returns how many differences can't be synced.
async fn sync(
    tools: &Tools,
    mut endpoint: Endpoint,
    events: &[String],
    dry_run: bool,
) -> Result<usize, CommandError> {
    let id = endpoint.id;
    let client = tools.client(&endpoint)?;
    let Some(stripe_id) = endpoint.stripe_id.clone() else {
        print(format_args!("{id}  created at Stripe by hand, skipped"))?;
        return Ok(0);
    };
    let Some(found) = at_stripe::fetch(client, &endpoint, &stripe_id).await? else {
        print(format_args!("{id}  {}", gone(&stripe_id)))?;
        return Ok(1);
    };

    if events.is_empty() && endpoint.enabled {
        let message = "no receiver needs an event that can be sent to it; disable or delete it";
        print(format_args!("{id}  {message}"))?;
        return Ok(1);
    }

    let differences = differences(&endpoint, &found, events);
    for difference in &differences {
        print(format_args!("{id}  {difference}"))?;
    }
    let can_be_synced = differences
        .iter()
        .filter(|difference| difference.can_be_synced())
        .count();
    let remaining = differences.len() - can_be_synced;
    if dry_run {
        if differences.is_empty() {
            print(format_args!("{id}  {stripe_id} in sync"))?;
        }
        return Ok(remaining);
    }

    let has_changed = can_be_synced > 0;
    let current = if has_changed {
        at_stripe::update(client, &endpoint, &stripe_id, events).await?
    } else {
        found
    };
    if endpoint.events != current.enabled_events || endpoint.api_version != current.api_version {
        endpoint.events = current.enabled_events;
        endpoint.api_version = current.api_version;
        tools.update(&endpoint).await?;
    }

    let outcome = if has_changed { "changed" } else { "in sync" };
    print(format_args!("{id}  {stripe_id} {outcome}"))?;
    Ok(remaining)
}
