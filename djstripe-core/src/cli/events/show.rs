//! `events show`: one event with everything that is recorded about it.

use clap::Args;
use serde_json::{Value, json};

use super::row;
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::deliveries;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::list::one_more;
use crate::cli::output::{OutputArgs, note, print, print_lines};
use crate::cli::settings::DatabaseArgs;
use crate::receiver::dispatch::{Skipped, skipped};
use crate::receiver::registry::Registry;
use crate::store::{
    DeliveryRecord, EventState, RecordedRun, RunOutcome, StoredEffect, StoredEvent,
};

/// How many deliveries are shown.
const MAX_DELIVERIES: u32 = 500;

#[derive(Debug, Args)]
pub(super) struct Show {
    /// Id of the event
    id: String,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, arguments: Show) -> Result<ExitStatus, CommandError> {
    let id = &*arguments.id;
    let builder = arguments.database.apply(builder);
    let store = open_migrated(&builder).await?;
    let (event, payload) = store
        .event(id)
        .await?
        .ok_or_else(|| format!("no event {id}"))?;
    let runs = store.receiver_runs(id).await?;
    let skipped = skipped_receivers(&builder.registry()?, &event, &payload, &runs);
    let effects = store.effects(id).await?;

    let limit = one_more(MAX_DELIVERIES);
    let mut deliveries = store.deliveries(Some(id), limit).await?;
    if deliveries.len() > MAX_DELIVERIES as usize {
        deliveries.truncate(MAX_DELIVERIES as usize);
        note(format_args!(
            "{MAX_DELIVERIES} deliveries shown, there are more; \
             use `deliveries --event {id} --limit NUMBER` to show them"
        ));
    }

    if arguments.output.json {
        print(to_json(
            &event,
            &runs,
            &skipped,
            &effects,
            &deliveries,
            payload,
        ))?;
    } else {
        print(row::line(&event))?;
        print(kinds_line(&event))?;
        for run in &runs {
            print(run_line(run))?;
        }
        for (receiver, reason) in &skipped {
            print(format_args!("  skipped  {receiver}  {reason}"))?;
        }
        for effect in &effects {
            print(effect_line(effect))?;
        }
        for delivery in &deliveries {
            print(format_args!("  {}", deliveries::line(delivery)))?;
        }
        print_lines(payload)?;
    }
    let is_dead = event.state == EventState::Dead || event.dead_effects > 0;
    Ok(ExitStatus::problems_found(is_dead))
}

/// The receivers of this program that listen to the event's name and don't run for it, each with
/// the filter that keeps the event from it.
fn skipped_receivers(
    registry: &Registry,
    stored: &StoredEvent,
    payload: &str,
    runs: &[RecordedRun],
) -> Vec<(&'static str, Skipped)> {
    // No receiver runs for a payload that can't be read.
    let Ok(event) = stored.decode(payload) else {
        return Vec::new();
    };

    let has_run = |id: &str| runs.iter().any(|run| run.receiver == id);
    let listening = registry.receivers_for(event.name()).iter();
    let skipped = listening.filter_map(|it| Some((it.id, skipped(&it.options, &event)?)));
    skipped.filter(|(id, _)| !has_run(id)).collect()
}

fn to_json(
    event: &StoredEvent,
    runs: &[RecordedRun],
    skipped: &[(&'static str, Skipped)],
    effects: &[StoredEffect],
    deliveries: &[DeliveryRecord],
    payload: String,
) -> Value {
    let runs = runs.iter().map(|run| {
        json!({
            "receiver": run.receiver,
            "succeeded": run.outcome.is_success(),
            "outcome": run.outcome.as_str(),
            "attempts": run.attempts,
            "error": run.outcome.error(),
            "permanent": run.outcome.is_permanent(),
            "reply": run.reply,
            "finished_at": run.finished_at.to_string(),
        })
    });
    let effects = effects.iter().map(|stored| {
        json!({
            "key": stored.key,
            "effect": stored.effect,
            "state": stored.state.as_str(),
            "receiver": stored.receiver,
            "attempts": stored.attempts,
            "last_error": stored.last_error,
            "next_attempt_at": stored.next_attempt_at.map(|time| time.to_string()),
            "done_at": stored.done_at.map(|time| time.to_string()),
        })
    });

    let mut json = row::to_json(event);
    json["object_id"] = json!(event.object_id);
    json["request_id"] = json!(event.request_id);
    json["idempotency_key"] = json!(event.idempotency_key);
    json["runs"] = runs.collect();
    json["skipped"] = skipped
        .iter()
        .map(|(receiver, reason)| json!({ "receiver": receiver, "reason": reason.to_string() }))
        .collect();
    json["deliveries"] = deliveries.iter().map(deliveries::to_json).collect();
    json["effects"] = effects.collect();
    json["payload"] = Value::String(payload);
    json
}

/// As events of which kinds Stripe sent it.
fn kinds_line(event: &StoredEvent) -> String {
    match (event.is_snapshot, &event.thin) {
        (_, None) => "  sent as a snapshot event".to_owned(),
        (true, Some(thin)) => format!(
            "  sent as a snapshot event and as the thin event {}",
            thin.id
        ),
        (false, Some(thin)) => format!("  sent as the thin event {}", thin.id),
    }
}

fn run_line(run: &RecordedRun) -> String {
    let outcome = match &run.outcome {
        RunOutcome::Succeeded => "succeeded",
        RunOutcome::NotMirrored { .. } => "not mirrored",
        RunOutcome::Failed {
            permanent: true, ..
        } => "failed permanently",
        RunOutcome::Failed { .. } => "failed",
    };
    let error = run.outcome.error().unwrap_or_default();
    let reply = run.reply.as_ref().map(|reply| format!("answered {reply}"));
    let detail = reply.as_deref().unwrap_or(error);
    format!(
        "  {}  {outcome} at attempt {}  {}  {detail}",
        run.finished_at, run.attempts, run.receiver
    )
}

fn effect_line(stored: &StoredEffect) -> String {
    let state = match (stored.done_at, stored.next_attempt_at) {
        (Some(at), _) => format!("done at {at}"),
        (None, Some(at)) => format!("{}, due at {at}", stored.state),
        (None, None) => stored.state.to_string(),
    };
    let error = stored.last_error.as_deref().unwrap_or_default();
    format!(
        "  effect {} of {}  {state}  {}  {error}",
        stored.effect, stored.receiver, stored.key
    )
}
