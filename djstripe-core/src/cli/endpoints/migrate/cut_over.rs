//! The last step: the old endpoint loses what the thin destination sends.

use super::{Move, report};
use crate::cli::endpoints::at_stripe;
use crate::cli::endpoints::problems::gone;
use crate::cli::exit::CommandError;
use crate::endpoint::{Endpoint, abbreviate};
use crate::timestamp::Timestamp;

pub(super) async fn run(migration: Move<'_>, mut new: Endpoint) -> Result<(), CommandError> {
    let is_started = new
        .take_over
        .as_ref()
        .is_some_and(|from| from.cut_over_at.is_some());
    if !is_started {
        check(&migration, &new).await?;
        // Recorded first, so that an interrupted cut-over is finished rather than found to differ.
        if let Some(from) = &mut new.take_over {
            from.cut_over_at = Some(Timestamp::now());
        }
        migration.tools.update(&new).await?;
    }

    finish(&migration).await?;
    let old = migration.tools.endpoint(migration.old.id).await?;
    let migration = Move { old, ..migration };
    let report = report::make(&migration, &new).await?;
    report.print(migration.arguments.output)
}

/// Refuses to cut over if that could lose events.
async fn check(migration: &Move<'_>, new: &Endpoint) -> Result<(), CommandError> {
    let report = report::make(migration, new).await?;
    let new_id = new.id;
    if !report.new_is_enabled() {
        let message =
            format!("the thin destination is disabled: run `endpoints enable {new_id}` first");
        return Err(message.into());
    }
    let needed = migration.tools.needed.for_thin();
    let missing: Vec<String> = report.not_sent(&needed);
    if !missing.is_empty() {
        let message = format!(
            "the thin destination doesn't send {}: run `endpoints sync {new_id}` first",
            abbreviate(&missing)
        );
        return Err(message.into());
    }
    if migration.arguments.despite_differences {
        return Ok(());
    }

    if !report.differing.is_empty() {
        let id = migration.old.id;
        let message = format!(
            "these arrived as snapshot events only, although they have a thin event: {}. See `endpoints \
             migrate-to-thin {id}`; `--despite-differences` cuts over all the same",
            abbreviate(&report.differing)
        );
        return Err(message.into());
    }
    if report.as_thin() == 0 {
        let message = "no thin event has arrived yet, so nothing shows that they do arrive; wait, or cut \
                       over all the same with `--despite-differences`";
        return Err(message.into());
    }
    Ok(())
}

/// Disables the old endpoint if no event stays with it, at Stripe first: until then it accepts what
/// Stripe delivers.
async fn finish(migration: &Move<'_>) -> Result<(), CommandError> {
    let Move { tools, old, .. } = migration;
    let mut old = old.clone();
    let stripe_id = migration.old_at_stripe()?;
    let client = tools.client(&old)?;
    let stays = tools.needed.without_thin();
    let Some(found) = at_stripe::fetch(client, &old, stripe_id).await? else {
        return Err(gone(stripe_id).into());
    };

    let id = old.id;
    if stays.is_empty() {
        if found.is_enabled() {
            at_stripe::set_enabled(client, &old, stripe_id, false).await?;
        }
        if old.enabled {
            old.enabled = false;
            tools.update(&old).await?;
        }
        return migration.say(format_args!(
            "{id}  {stripe_id} disabled at Stripe and here"
        ));
    }

    let changed = at_stripe::update(client, &old, stripe_id, &stays).await?;
    if old.events != changed.enabled_events {
        old.events = changed.enabled_events;
        tools.update(&old).await?;
    }
    migration.say(format_args!(
        "{id}  {stripe_id} gets only what has no thin event: {}",
        abbreviate(&stays)
    ))
}
