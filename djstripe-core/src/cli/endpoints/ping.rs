//! `endpoints ping`: makes Stripe send an event to an event destination.

use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::destinations;
use super::tools::{EventArgs, ToolArgs, Tools};
use crate::app::Builder;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print};

#[derive(Debug, Args)]
pub(super) struct Ping {
    /// Id of the endpoint
    id: Uuid,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) async fn run(builder: Builder, arguments: Ping) -> Result<ExitStatus, CommandError> {
    let id = arguments.id;
    let tools = Tools::open(builder, arguments.tools, EventArgs::default()).await?;
    let endpoint = tools.endpoint(id).await?;
    if !endpoint.kind.is_destination() {
        let message = format!(
            "{id} is a webhook endpoint, and Stripe pings event destinations only; `endpoints create \
             --thin` creates one"
        );
        return Err(message.into());
    }
    let Some(stripe_id) = &endpoint.stripe_id else {
        let message = format!("{id} was created at Stripe by hand: ping it in the dashboard");
        return Err(message.into());
    };

    let client = tools.client(&endpoint)?;
    let event = destinations::ping(client, &endpoint, stripe_id).await?;
    if arguments.output.json {
        print(json!({
            "endpoint": id.to_string(),
            "stripe_id": stripe_id,
            "event": event.id,
            "name": event.name,
            "created": event.created,
        }))?;
    } else {
        let destinations::Ping {
            id: event,
            name,
            created,
        } = event;
        print(format_args!(
            "{id}  {stripe_id} gets {event}  {name}  {created}"
        ))?;
    }
    Ok(ExitStatus::Success)
}
