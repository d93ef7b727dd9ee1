//! `endpoints doctor`: prints what is wrong with the endpoints.

use clap::Args;

use super::problems::{inspect, unknown_endpoints};
use super::tools::{EventArgs, ToolArgs, Tools, all_endpoints};
use crate::app::Builder;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::print;

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
        let problems = inspect(&tools, endpoint).await;
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
    let mut all_unknown = Vec::new();
    for client in tools.clients.iter() {
        all_unknown.extend(unknown_endpoints(client, &endpoints).await?);
    }
    for unknown in all_unknown {
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
    Ok(ExitStatus::problems_found(has_problems))
}
