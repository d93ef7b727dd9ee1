//! The last step: the old endpoint loses what the thin destination sends.

use super::Move;
use super::report::{self, Report};
use crate::cli::endpoints::at_stripe;
use crate::cli::endpoints::parts::gone;
use crate::cli::exit::CommandError;
use crate::endpoint::{Endpoint, StripeEndpoint, abbreviate};
use crate::timestamp::Timestamp;

pub(super) async fn run(migration: Move<'_>, mut new: Endpoint) -> Result<(), CommandError> {
    let report = report::make(&migration, &new).await?;
    check_new(&migration, &new, &report)?;
    check_old(&migration, &report)?;
    let is_started = new
        .take_over
        .as_ref()
        .is_some_and(|from| from.cut_over_at.is_some());
    if !is_started {
        check_arrivals(&migration, &report)?;
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

/// Refuses if the thin destination doesn't send what it takes over, each time the command is run.
fn check_new(migration: &Move<'_>, new: &Endpoint, report: &Report) -> Result<(), CommandError> {
    let new_id = new.id;
    if !report.new_is_enabled() {
        let message =
            format!("the thin destination is disabled: run `endpoints enable {new_id}` first");
        return Err(message.into());
    }
    let missing = report.not_sent(&migration.tools.needed.for_thin());
    if !missing.is_empty() {
        let message = format!(
            "the thin destination doesn't send {}: run `endpoints sync {new_id}` first",
            abbreviate(&missing)
        );
        return Err(message.into());
    }
    Ok(())
}

/// Refuses if Stripe no longer has the endpoint that has to send the events without a thin event.
fn check_old(migration: &Move<'_>, report: &Report) -> Result<(), CommandError> {
    if report.old_is_gone() && !report.stays.is_empty() {
        return Err(gone(migration.old_at_stripe()?).into());
    }
    Ok(())
}

/// Refuses if what has arrived doesn't show that thin events take the place of snapshot events.
fn check_arrivals(migration: &Move<'_>, report: &Report) -> Result<(), CommandError> {
    if migration.arguments.despite_differences {
        return Ok(());
    }

    let id = migration.old.id;
    let all_the_same = "`--despite-differences` cuts over all the same";
    if !report.differing.is_empty() {
        let message = format!(
            "these arrived as snapshot events only, although they have a thin event: {}. See `endpoints \
             migrate-to-thin {id}`; {all_the_same}",
            abbreviate(&report.differing)
        );
        return Err(message.into());
    }
    if !report.by_all_only.is_empty() {
        let message = format!(
            "these arrived because the endpoint requests `*`, which ends with the cut-over, and no \
             catalogue lists them: {}. Name them in a receiver, with `unchecked(\"…\")`; \
             {all_the_same}",
            abbreviate(&report.by_all_only)
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
/// Stripe delivers. One that events stay with is enabled, here first.
async fn finish(migration: &Move<'_>) -> Result<(), CommandError> {
    let Move { tools, old, .. } = migration;
    let mut old = old.clone();
    let stripe_id = migration.old_at_stripe()?;
    let client = tools.client(&old)?;
    let stays = tools.needed.without_thin();
    let found = at_stripe::fetch(client, &old, stripe_id).await?;

    let id = old.id;
    if stays.is_empty() {
        if found.as_ref().is_some_and(StripeEndpoint::is_enabled) {
            at_stripe::set_enabled(client, &old, stripe_id, false).await?;
        }
        if old.enabled {
            old.enabled = false;
            tools.update(&old).await?;
        }
        let there = match found {
            Some(_) => "disabled at Stripe and here",
            None => "gone at Stripe, disabled here",
        };
        return migration.say(format_args!("{id}  {stripe_id} {there}"));
    }
    if found.is_none() {
        return Err(gone(stripe_id).into());
    }

    if !old.enabled {
        old.enabled = true;
        tools.update(&old).await?;
        old = tools.endpoint(id).await?;
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
