//! `endpoints enable` and `endpoints disable`: whether an endpoint gets deliveries, at Stripe and here.

use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::at_stripe;
use super::parts::gone_or;
use super::tools::{EventArgs, ToolArgs, Tools};
use crate::app::Builder;
use crate::cli::audit::record;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print};

#[derive(Debug, Args)]
pub(super) struct Switch {
    /// Id of the endpoint
    id: Uuid,
    #[command(flatten)]
    output: OutputArgs,
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
    // While its secret is rolled, two endpoints at Stripe deliver.
    let stripe_ids = [&endpoint.stripe_id, &endpoint.replaced_stripe_id];
    let stripe_ids: Vec<String> = stripe_ids.into_iter().flatten().cloned().collect();
    if !stripe_ids.is_empty() {
        tools.client(&endpoint)?;
    }

    // It accepts deliveries for as long as Stripe makes some.
    let has_changed = endpoint.enabled != enabled;
    endpoint.enabled = enabled;
    if enabled && has_changed {
        tools.update(&endpoint).await?;
    }
    for stripe_id in &stripe_ids {
        let client = tools.client(&endpoint)?;
        let switched = at_stripe::set_enabled(client, &endpoint, stripe_id, enabled).await;
        match switched {
            // The replaced one may have been deleted in the dashboard.
            Err(error) if error.is_gone() && endpoint.stripe_id.as_ref() != Some(stripe_id) => {}
            switched => switched.map_err(|error| gone_or(error, stripe_id))?,
        }
    }
    if !enabled && has_changed {
        tools.update(&endpoint).await?;
    }

    let command = if enabled {
        "endpoints enable"
    } else {
        "endpoints disable"
    };
    let detail = (!stripe_ids.is_empty()).then(|| stripe_ids.join(" "));
    record(&tools.store, command, endpoint.id, detail).await?;

    if arguments.output.json {
        print(json!({
            "id": endpoint.id.to_string(),
            "enabled": enabled,
            "stripe_ids": stripe_ids,
        }))?;
        return Ok(ExitStatus::Success);
    }
    let (id, state) = (endpoint.id, if enabled { "enabled" } else { "disabled" });
    if stripe_ids.is_empty() {
        print(format_args!(
            "{id}  {state} here; it was created at Stripe by hand, see the dashboard"
        ))?;
    } else {
        let stripe_ids = stripe_ids.join(" and ");
        print(format_args!(
            "{id}  {stripe_ids} {state} at Stripe and here"
        ))?;
    }
    Ok(ExitStatus::Success)
}
