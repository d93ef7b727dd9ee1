//! `endpoints enable` and `endpoints disable`: whether an endpoint gets deliveries, at Stripe and here.

use clap::Args;
use uuid::Uuid;

use super::at_stripe;
use super::tools::{EventArgs, ToolArgs, Tools};
use crate::app::Builder;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::print;

#[derive(Debug, Args)]
pub(super) struct Switch {
    /// Id of the endpoint
    id: Uuid,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) async fn run(
    builder: Builder,
    arguments: Switch,
    enabled: bool,
) -> Result<ExitStatus, CommandError> {
    let tools = Tools::open(builder, arguments.tools, EventArgs::default()).await?;
    let mut endpoint = tools.endpoint(arguments.id).await?;
    let stripe_id = endpoint.stripe_id.clone();
    if stripe_id.is_some() {
        tools.client(&endpoint)?;
    }

    // It accepts deliveries for as long as Stripe makes some.
    let has_changed = endpoint.enabled != enabled;
    endpoint.enabled = enabled;
    if enabled && has_changed {
        tools.update(&endpoint).await?;
    }
    if let Some(stripe_id) = &stripe_id {
        at_stripe::set_enabled(tools.client(&endpoint)?, &endpoint, stripe_id, enabled).await?;
    }
    if !enabled && has_changed {
        tools.update(&endpoint).await?;
    }

    let (id, state) = (endpoint.id, if enabled { "enabled" } else { "disabled" });
    match stripe_id {
        Some(stripe_id) => print(format_args!("{id}  {stripe_id} {state} at Stripe and here"))?,
        None => print(format_args!(
            "{id}  {state} here; it was created at Stripe by hand, see the dashboard"
        ))?,
    }
    Ok(ExitStatus::Success)
}
