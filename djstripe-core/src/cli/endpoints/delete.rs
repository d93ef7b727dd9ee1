//! `endpoints delete`: deletes an endpoint at Stripe and here.

use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::make;
use super::tools::{EventArgs, ToolArgs, Tools};
use crate::app::Builder;
use crate::cli::audit::record;
use crate::cli::confirm::{ConfirmArgs, Proposal, confirm};
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print};

#[derive(Debug, Args)]
pub(super) struct Delete {
    /// Id of the endpoint
    id: Uuid,
    /// Don't ask; needed where no terminal can answer
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) async fn run(builder: Builder, arguments: Delete) -> Result<ExitStatus, CommandError> {
    let id = arguments.id;
    let tools = Tools::open(builder, arguments.tools, EventArgs::default()).await?;
    let endpoint = tools.endpoint(id).await?;

    if let Some(from) = &endpoint.take_over
        && tools.store.endpoint(from.endpoint).await?.is_some()
    {
        let old = from.endpoint;
        let message = format!(
            "{id} takes over from {old}: undo that with `endpoints migrate-to-thin {old} --undo`, or \
             delete {old} first"
        );
        return Err(message.into());
    }

    let url = endpoint.url.as_deref().unwrap_or("no address");
    let proposal = Proposal {
        lines: vec![format!(
            "{id} at {url} would be deleted, here and at Stripe, which then sends nothing to it; its \
             secrets can't be restored"
        )],
        is_much: true,
    };
    confirm(&proposal, ConfirmArgs { yes: arguments.yes })?;

    let deleted = make::remove(&tools, &endpoint).await?;
    let stripe_ids: Vec<&str> = deleted.iter().map(|id| id.as_str()).collect();
    let detail = (!stripe_ids.is_empty()).then(|| stripe_ids.join(" "));
    record(&tools.store, "endpoints delete", id, detail).await?;
    if arguments.output.json {
        print(json!({ "id": id.to_string(), "deleted_at_stripe": deleted }))?;
        return Ok(ExitStatus::Success);
    }
    for stripe_id in deleted {
        print(format_args!("{id}  {stripe_id} deleted at Stripe"))?;
    }
    print(format_args!("{id}  deleted"))?;
    Ok(ExitStatus::Success)
}
