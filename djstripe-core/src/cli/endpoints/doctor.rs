//! `endpoints doctor`: prints what is wrong with the endpoints.

use std::collections::BTreeSet;

use clap::Args;

use super::at_stripe::Listed;
use super::finding::{Severity, print_finding};
use super::problems::{inspect, is_unreached, listed, thin_hint, unknown_endpoint};
use super::tools::{EventArgs, ToolArgs, Tools, all_endpoints};
use crate::app::Builder;
use crate::cli::exit::{CommandError, ExitStatus, Incomplete};
use crate::cli::output::OutputArgs;
use crate::endpoint::{Endpoint, StripeEndpoint, abbreviate};
use crate::error::describe;
use crate::webhook::mode_name;

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    events: EventArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) async fn run(builder: Builder, arguments: Doctor) -> Result<ExitStatus, CommandError> {
    let output = arguments.output;
    let tools = Tools::open(builder, arguments.tools, arguments.events).await?;
    let endpoints = all_endpoints(&tools.store).await?;
    let mut has_problems = false;
    let mut unreached = None;

    for endpoint in &endpoints {
        let problems = inspect(&tools, endpoint, &endpoints).await;
        if problems.is_empty() {
            print_finding(output, Severity::Ok, Some(&endpoint.id), "ok")?;
        }
        for problem in &problems {
            print_finding(output, Severity::Problem, Some(&endpoint.id), &problem.what)?;
        }
        for problem in problems {
            match problem.is_unreached {
                true => unreached = Some(problem.what),
                false => has_problems = true,
            }
        }
    }

    if tools.clients.is_empty() {
        let what = "no secret key: the endpoints at Stripe were not checked";
        print_finding(output, Severity::Note, None, what)?;
    }
    for client in tools.clients.iter() {
        let is_own = |row: &&Endpoint| {
            row.own_account.as_deref().unwrap_or_default() == client.own_account()
        };
        let of_client = endpoints.iter().filter(is_own);
        let listed = match listed(client).await {
            Ok(listed) => listed,
            Err(error) if is_unreached(&error) => {
                unreached = Some(describe(error.as_ref()));
                continue;
            }
            Err(error) => return Err(error),
        };
        for (livemode, listed) in listed {
            let lost = listed.without_destinations.as_ref();
            if let Some(error) = lost.filter(|error| is_unreached(error)) {
                unreached = Some(describe(error.as_ref()));
            }
            let has_rows = of_client.clone().any(|row| row.livemode == Some(livemode));
            has_problems |= show_listed(&tools, output, &endpoints, has_rows, livemode, listed)?;
        }
    }
    match unreached {
        None => Ok(ExitStatus::problems_found(has_problems)),
        Some(error) => {
            let message = format!("the endpoints at Stripe were not all checked: {error}");
            Err(Incomplete::wrap(message.into()))
        }
    }
}

/// Prints what is wrong with the endpoints at Stripe as a whole; returns whether something is.
/// `has_rows` says whether the database has endpoints of this account and mode.
fn show_listed(
    tools: &Tools,
    output: OutputArgs,
    endpoints: &[Endpoint],
    has_rows: bool,
    livemode: bool,
    listed: Listed,
) -> Result<bool, CommandError> {
    let mut has_problems = false;
    if let Some(error) = &listed.without_destinations {
        let error = describe(error.as_ref());
        let what = format!("the event destinations at Stripe were not checked: {error}");
        print_finding(output, Severity::Note, None, what)?;
        has_problems |= endpoints.iter().any(|row| row.kind.is_destination());
    } else {
        has_problems |= show_missing(tools, output, has_rows, livemode, &listed.endpoints)?;
    }

    let unknown = listed.endpoints.into_iter();
    for unknown in unknown.filter_map(|it| unknown_endpoint(it, endpoints)) {
        let (row_id, stripe_id) = (&unknown.row_id, &unknown.at_stripe.id);
        if unknown.is_left_over {
            has_problems = true;
            let what = format!("{stripe_id} at Stripe is left over and its secret lost; delete it");
            print_finding(output, Severity::Problem, Some(row_id), what)?;
        } else {
            let url = &unknown.at_stripe.url;
            let what = format!("{stripe_id} at Stripe, {url}, belongs to another database");
            print_finding(output, Severity::Note, None, what)?;
        }
    }
    Ok(has_problems)
}

/// Prints the events that receivers need and that Stripe sends nowhere. What only the mirror would
/// take is no problem: each object has other events too.
fn show_missing(
    tools: &Tools,
    output: OutputArgs,
    has_rows: bool,
    livemode: bool,
    at_stripe: &[StripeEndpoint],
) -> Result<bool, CommandError> {
    let enabled = at_stripe.iter().filter(|it| it.is_enabled());
    let sent: BTreeSet<&str> = enabled
        .flat_map(|it| &it.enabled_events)
        .map(String::as_str)
        .collect();
    let mode = mode_name(livemode);
    if sent.is_empty() {
        // Without a row, the mode is not in use.
        let is_problem = has_rows && !tools.needed.missing(&sent).is_empty();
        if is_problem {
            let what = format!(
                "{mode} mode: no endpoint is enabled at Stripe, so the receivers get no event; \
                 `endpoints enable ID` enables one"
            );
            print_finding(output, Severity::Problem, None, what)?;
        }
        return Ok(is_problem);
    }

    let missing = tools.own.missing(&sent);
    if !missing.is_empty() {
        let what = format!(
            "{mode} mode: Stripe sends {} to no endpoint{}",
            abbreviate(&missing),
            thin_hint(&missing)
        );
        print_finding(output, Severity::Problem, None, what)?;
    }
    let mut for_mirror = tools.needed.missing(&sent);
    for_mirror.retain(|name| !missing.contains(name));
    if !for_mirror.is_empty() {
        let what = format!(
            "{mode} mode: Stripe sends {}, which the mirror would take, to no endpoint{}",
            abbreviate(&for_mirror),
            thin_hint(&for_mirror)
        );
        print_finding(output, Severity::Note, None, what)?;
    }
    Ok(!missing.is_empty())
}
