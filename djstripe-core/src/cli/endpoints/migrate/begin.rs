//! The first step: a thin destination next to the endpoint.

use super::{Move, report};
use crate::cli::endpoints::at_stripe;
use crate::cli::endpoints::make::make;
use crate::cli::endpoints::parts::gone;
use crate::cli::exit::CommandError;
use crate::endpoint::{Endpoint, EndpointKind, TakeOver};
use crate::webhook::mode_name;

pub(super) async fn run(migration: Move<'_>) -> Result<(), CommandError> {
    let Move {
        tools,
        arguments,
        old,
        ..
    } = &migration;
    let old_id = migration.old_at_stripe()?;
    if !old.enabled {
        let message = format!(
            "{} is disabled: run `endpoints enable {}` first",
            old.id, old.id
        );
        return Err(message.into());
    }
    let events = tools.needed.for_thin();
    if events.is_empty() {
        return Err("no receiver listens to an event that Stripe sends as a thin event".into());
    }

    let client = tools.client(old)?;
    let Some(found) = at_stripe::fetch(client, old, old_id).await? else {
        return Err(gone(old_id).into());
    };
    if !found.is_enabled() {
        let (id, old) = (old_id, old.id);
        let message = format!("{id} is disabled at Stripe: run `endpoints sync {old}` first");
        return Err(message.into());
    }
    let new = successor(old, found.enabled_events)?;
    migration.delete_left_overs().await?;
    let room = at_stripe::room_for(client, &new, 1).await?;
    let new = make(tools, &arguments.secret, new, &events).await?;

    let stripe_id = new.stripe_id.as_deref().unwrap_or_default();
    let mode = new.livemode.map_or("any mode", mode_name);
    let url = new.url.as_deref().unwrap_or_default();
    migration.say(format_args!(
        "{}  {stripe_id}  {mode}  {url}  thin events",
        new.id
    ))?;
    migration.say(format_args!(
        "{}  {old_id} keeps its snapshot events: both deliver",
        old.id
    ))?;
    migration.say(format_args!(
        "{} of {} event destinations are left",
        room - 1,
        at_stripe::LIMIT
    ))?;
    migration.say(format_args!(
        "Next, once some events have arrived: endpoints migrate-to-thin {}",
        old.id
    ))?;

    if arguments.output.json {
        let report = report::make(&migration, &new).await?;
        report.print(arguments.output)?;
    }
    Ok(())
}

/// The thin destination, with the rules of the endpoint that it takes over from.
fn successor(old: &Endpoint, events: Vec<String>) -> Result<Endpoint, CommandError> {
    let base = old
        .url
        .as_ref()
        .and_then(|url| url.strip_suffix(&old.path()));
    let Some(base) = base else {
        let message = format!(
            "the address of {} doesn't end with {}, so that of the thin destination is unknown: create \
             it with `endpoints create --thin --url …`",
            old.id,
            old.path()
        );
        return Err(message.into());
    };

    let mut new = Endpoint::new();
    new.kind = EndpointKind::ThinDestination;
    new.url = Some(format!("{base}{}", new.path()));
    new.connect = old.connect;
    new.organization = old.organization;
    new.own_account.clone_from(&old.own_account);
    new.livemode = old.livemode;
    new.accounts = old.accounts.clone();
    new.on_mismatch = old.on_mismatch;
    new.validation = old.validation;
    new.tolerance = old.tolerance;
    new.take_over = Some(TakeOver::new(old.id, events));
    Ok(new)
}
