//! `endpoints delete`: deletes an endpoint at Stripe and here.

use clap::Args;
use uuid::Uuid;

use super::at_stripe;
use super::tools::{EventArgs, ToolArgs, Tools};
use crate::app::Builder;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::print;

#[derive(Debug, Args)]
pub(super) struct Delete {
    /// Id of the endpoint
    id: Uuid,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) async fn run(builder: Builder, arguments: Delete) -> Result<ExitStatus, CommandError> {
    let id = arguments.id;
    let tools = Tools::open(builder, arguments.tools, EventArgs::default()).await?;
    let endpoint = tools.endpoint(id).await?;

    // At Stripe first: Stripe would keep delivering to an endpoint that is deleted only here.
    let stripe_ids = [&endpoint.stripe_id, &endpoint.replaced_stripe_id];
    for stripe_id in stripe_ids.into_iter().flatten() {
        at_stripe::delete(tools.client(&endpoint)?, &endpoint, stripe_id).await?;
        print(format_args!("{id}  {stripe_id} deleted at Stripe"))?;
    }

    tools.store.delete_endpoint(id).await?;
    print(format_args!("{id}  deleted"))?;
    Ok(ExitStatus::Success)
}
