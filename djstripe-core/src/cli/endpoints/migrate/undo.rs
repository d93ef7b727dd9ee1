//! The way back, from any step.

use serde_json::json;

use super::Move;
use crate::cli::endpoints::problems::gone;
use crate::cli::endpoints::{at_stripe, make};
use crate::cli::exit::CommandError;
use crate::cli::output::print;
use crate::endpoint::{Endpoint, TakeOver};

pub(super) async fn run(migration: Move<'_>, new: Option<Endpoint>) -> Result<(), CommandError> {
    let id = migration.old.id;
    migration.delete_left_overs().await?;
    if let Some(new) = &new {
        // The old endpoint first: at any moment one of the two delivers.
        if let Some(from) = &new.take_over {
            restore(&migration, from).await?;
        }
        for stripe_id in make::remove(migration.tools, new).await? {
            migration.say(format_args!("{}  {stripe_id} deleted at Stripe", new.id))?;
        }
        migration.say(format_args!("{}  deleted", new.id))?;
    } else {
        migration.say(format_args!(
            "{id}  nothing to undo: no thin destination takes over from it"
        ))?;
    }

    let next = format!("endpoints migrate-to-thin {id}, which begins again");
    migration.say(format_args!("Next: {next}"))?;
    if migration.arguments.output.json {
        print(json!({
            "phase": "undone",
            "old": { "id": id.to_string(), "stripe_id": migration.old.stripe_id },
            "deleted": new.map(|new| json!({ "id": new.id.to_string(), "stripe_id": new.stripe_id })),
            "next": next,
        }))?;
    }
    Ok(())
}

/// Enables the old endpoint, with the events that it had before the cut-over.
async fn restore(migration: &Move<'_>, from: &TakeOver) -> Result<(), CommandError> {
    let Move { tools, old, .. } = migration;
    let stripe_id = migration.old_at_stripe()?;
    let client = tools.client(old)?;
    if at_stripe::fetch(client, old, stripe_id).await?.is_none() {
        return Err(gone(stripe_id).into());
    }

    let mut restored = old.clone();
    restored.enabled = true;
    if from.cut_over_at.is_some() {
        restored.events.clone_from(&from.events);
    }
    if restored != *old {
        tools.update(&restored).await?;
    }
    let events = match from.cut_over_at {
        None => &[][..],
        Some(_) => &from.events,
    };
    at_stripe::update(client, &restored, stripe_id, events).await?;
    migration.say(format_args!(
        "{}  {stripe_id} delivers all its events",
        old.id
    ))
}
