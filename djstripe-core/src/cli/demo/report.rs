//! What the demo left behind: stored events, requests to Stripe, mirrored rows, refused deliveries.

use djstripe_models::DESCRIPTORS;
use serde_json::Value;

use crate::app::Djstripe;
use crate::cli::exit::CommandError;
use crate::cli::output::{print, print_lines};
use crate::store::{EffectFilter, EventFilter, ObjectFilter, RunOutcome, StoredEffect, TableName};
use crate::testing::FakeStripe;

/// How many refused deliveries are printed. The demo sends fewer.
const MAX_REFUSED: u32 = 10;

/// How many effects are waited for and printed.
const MAX_EFFECTS: u32 = 10_000;

/// Prints the events with the receivers that ran, and each error. Returns how many runs failed.
pub(super) async fn print_stored(app: &Djstripe) -> Result<usize, CommandError> {
    let mut events = app.store().events(&EventFilter::default()).await?;
    events.sort_by(|left, right| left.id.cmp(&right.id));

    print_lines(format_args!("\nStored {} events, each once", events.len()))?;
    let mut failed = 0;
    for event in events {
        let runs = app.store().receiver_runs(&event.id).await?;
        let receivers: Vec<String> = runs
            .iter()
            .map(|run| match &run.outcome {
                RunOutcome::Succeeded => run.receiver.clone(),
                outcome => format!("{} ({outcome})", run.receiver),
            })
            .collect();
        let outcome = if receivers.is_empty() {
            "no receiver listens".to_owned()
        } else {
            format!("ran {}", receivers.join(", "))
        };
        print(format_args!(
            "  {:<14}  {:<32}  {:<9}  {outcome}",
            event.id, event.name, event.state
        ))?;

        for run in &runs {
            if let RunOutcome::Failed { error, .. } = &run.outcome {
                failed += 1;
                print(format_args!("    {}: {error}", run.receiver))?;
            }
        }
    }
    if failed > 0 {
        print(format_args!("  {failed} runs of receivers failed"))?;
    }
    Ok(failed)
}

/// The effects that receivers requested.
pub(super) async fn effects(app: &Djstripe) -> Result<Vec<StoredEffect>, CommandError> {
    let filter = EffectFilter {
        limit: Some(MAX_EFFECTS),
        ..EffectFilter::default()
    };
    let mut effects = app.store().list_effects(&filter).await?;
    effects.reverse();
    Ok(effects)
}

/// Prints the effects, and each error. Returns how many failed.
pub(super) async fn print_effects(app: &Djstripe) -> Result<usize, CommandError> {
    let effects = effects(app).await?;
    if effects.is_empty() {
        return Ok(0);
    }
    print_lines(format_args!("\nRequested {} effects", effects.len()))?;
    let mut failed = 0;
    for effect in effects {
        let (event, state) = (&effect.event_id, effect.state);
        let line = format!("  {event:<14}  {:<32}  {state}", effect.effect);
        print(line.trim_end())?;
        if let Some(error) = &effect.last_error {
            failed += 1;
            print(format_args!("    {}: {error}", effect.effect))?;
        }
    }
    if failed > 0 {
        print(format_args!("  {failed} effects failed"))?;
    }
    Ok(failed)
}

pub(super) fn print_requests(stripe: &FakeStripe) -> std::io::Result<()> {
    let requests = stripe.requests();
    print_lines(format_args!("\nSent {} requests to Stripe", requests.len()))?;
    for request in requests {
        print(format_args!(
            "  {}  {} {}",
            request.status, request.method, request.path
        ))?;
    }
    Ok(())
}

pub(super) async fn print_mirrored(app: &Djstripe) -> Result<(), CommandError> {
    print_lines("\nMirrored")?;
    let filter = ObjectFilter {
        deleted: true,
        ..ObjectFilter::default()
    };
    let tables = app.store().mirror_tables().await?;
    for descriptor in DESCRIPTORS.iter().filter(|of| !tables.lack(of)) {
        let Some(table) = descriptor.table else {
            continue;
        };
        for row in app.store().objects(TableName::new(table), &filter).await? {
            let columns = summary(&serde_json::from_str(&row.json)?);
            let line = format!("  {:<24}  {:<14}  {columns}", descriptor.object, row.id);
            print(line.trim_end())?;
        }
    }
    Ok(())
}

/// The columns that the demo is about, and whether the row is deleted.
fn summary(columns: &Value) -> String {
    let values = ["email", "status"]
        .into_iter()
        .filter_map(|name| columns[name].as_str());
    let is_purged = columns["date_purged"].is_number();
    let is_deleted = columns["deleted_at"].is_number();
    let state = match (is_purged, is_deleted) {
        (true, _) => Some("purged"),
        (false, true) => Some("deleted"),
        (false, false) => None,
    };
    values.chain(state).collect::<Vec<_>>().join("  ")
}

pub(super) async fn print_refused(app: &Djstripe) -> Result<(), CommandError> {
    let refused = app.store().deliveries(None, MAX_REFUSED).await?;
    print_lines(format_args!(
        "\nRefused {} deliveries, kept for the operator",
        refused.len()
    ))?;
    for delivery in refused {
        let reason = delivery.reason.unwrap_or_default();
        let from = delivery.remote_address.unwrap_or_default();
        print(format_args!("  from {from}  {reason}"))?;
    }
    Ok(())
}
