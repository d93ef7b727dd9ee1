//! `endpoints doctor`: prints what is wrong with the endpoints.

use std::collections::BTreeSet;

use clap::Args;

use super::at_stripe::Listed;
use super::problems::{inspect, listed, unknown_endpoint};
use super::tools::{EventArgs, ToolArgs, Tools, all_endpoints};
use crate::app::Builder;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::print;
use crate::endpoint::{Endpoint, StripeEndpoint, abbreviate};
use crate::error::describe;
use crate::receiver::needed_events::is_thin;
use crate::webhook::mode_name;

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    events: EventArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) async fn run(builder: Builder, arguments: Doctor) -> Result<ExitStatus, CommandError> {
    let tools = Tools::open(builder, arguments.tools, arguments.events).await?;
    let endpoints = all_endpoints(&tools.store).await?;
    let mut has_problems = false;

    for endpoint in &endpoints {
        let problems = inspect(&tools, endpoint, &endpoints).await;
        if problems.is_empty() {
            print(format_args!("{}  ok", endpoint.id))?;
        }
        for problem in &problems {
            print(format_args!("{}  {problem}", endpoint.id))?;
        }
        has_problems |= !problems.is_empty();
    }

    if tools.clients.is_empty() {
        print("no secret key: the endpoints at Stripe were not checked")?;
    }
    for client in tools.clients.iter() {
        for (livemode, listed) in listed(client).await? {
            has_problems |= show_listed(&tools, &endpoints, livemode, listed)?;
        }
    }
    Ok(ExitStatus::problems_found(has_problems))
}

/// Prints what is wrong with the endpoints at Stripe as a whole; returns whether something is.
fn show_listed(
    tools: &Tools,
    endpoints: &[Endpoint],
    livemode: bool,
    listed: Listed,
) -> Result<bool, CommandError> {
    let mut has_problems = false;
    if let Some(error) = &listed.without_destinations {
        let error = describe(error.as_ref());
        print(format_args!(
            "note: the event destinations at Stripe were not checked: {error}"
        ))?;
        has_problems |= endpoints.iter().any(|row| row.kind.is_destination());
    } else {
        has_problems |= show_missing(tools, livemode, &listed.endpoints)?;
    }

    let unknown = listed.endpoints.into_iter();
    for unknown in unknown.filter_map(|it| unknown_endpoint(it, endpoints)) {
        let (row_id, stripe_id) = (&unknown.row_id, &unknown.at_stripe.id);
        if unknown.is_left_over {
            has_problems = true;
            print(format_args!(
                "{row_id}  {stripe_id} at Stripe is left over and its secret lost; delete it"
            ))?;
        } else {
            let url = &unknown.at_stripe.url;
            print(format_args!(
                "note: {stripe_id} at Stripe, {url}, belongs to another database"
            ))?;
        }
    }
    Ok(has_problems)
}

/// Prints the events that receivers need and that Stripe sends nowhere. What only the mirror would
/// take is no problem: each object has other events too.
fn show_missing(
    tools: &Tools,
    livemode: bool,
    at_stripe: &[StripeEndpoint],
) -> Result<bool, CommandError> {
    let enabled = at_stripe.iter().filter(|it| it.is_enabled());
    let sent: BTreeSet<&str> = enabled
        .flat_map(|it| &it.enabled_events)
        .map(String::as_str)
        .collect();
    if sent.is_empty() {
        return Ok(false);
    }

    let mode = mode_name(livemode);
    let missing = tools.own.missing(&sent);
    if !missing.is_empty() {
        print(format_args!(
            "{mode} mode: Stripe sends {} to no endpoint{}",
            abbreviate(&missing),
            thin_hint(&missing)
        ))?;
    }
    let mut for_mirror = tools.needed.missing(&sent);
    for_mirror.retain(|name| !missing.contains(name));
    if !for_mirror.is_empty() {
        print(format_args!(
            "note: {mode} mode: Stripe sends {}, which the mirror would take, to no endpoint{}",
            abbreviate(&for_mirror),
            thin_hint(&for_mirror)
        ))?;
    }
    Ok(!missing.is_empty())
}

/// What sends events of which some are thin only.
fn thin_hint(names: &[String]) -> &'static str {
    if names.iter().any(|name| is_thin(name)) {
        "; `endpoints create --thin` creates a destination for thin events"
    } else {
        ""
    }
}
