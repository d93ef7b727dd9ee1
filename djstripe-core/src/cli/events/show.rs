//! `events show`: one event with everything that is recorded about it.

use clap::Args;
use serde_json::{Value, json};

use super::row;
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::deliveries;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::list::{one_more, shortened};
use crate::cli::output::{OutputArgs, note, print, print_lines};
use crate::cli::settings::DatabaseArgs;
use crate::receiver::dispatch::{Skipped, skipped};
use crate::receiver::registry::Registry;
use crate::store::{
    DeliveryRecord, EventState, RecordedRun, RunOutcome, StoredEffect, StoredEvent,
};

/// How many deliveries are shown.
const MAX_DELIVERIES: u32 = 500;

/// Bytes of a line of the payload that is shown as received.
const LONGEST_LINE: usize = 1_000;

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
        let head = [row::line(&event), kinds_line(&event)];
        let runs = runs.iter().map(run_line);
        let skipped = skipped
            .iter()
            .map(|(receiver, reason)| format!("  skipped  {receiver}  {reason}"));
        let effects = effects.iter().map(effect_line);
        let deliveries = deliveries
            .iter()
            .map(|delivery| format!("  {}", deliveries::line(delivery)));

        let lines = head.into_iter().chain(due_line(&event));
        let lines = lines
            .chain(runs)
            .chain(skipped)
            .chain(effects)
            .chain(deliveries);
        for line in lines {
            print(shortened(&line))?;
        }
        print_lines(readable(payload))?;
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
            "took_seconds": run.took.map(|took| took.as_secs_f64()),
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

/// When a worker takes the event, or until when one has it. The time is in UTC, as all are.
fn due_line(event: &StoredEvent) -> Option<String> {
    let at = event.next_attempt_at?;
    let line = match event.state {
        EventState::Processing => format!("  leased by a worker until {at}"),
        EventState::Pending => format!("  due at {at}"),
        EventState::Retrying => {
            let attempts = event.attempts;
            format!("  retry due at {at}, after attempt {attempts}")
        }
        EventState::Processed | EventState::Dead => return None,
    };
    Some(line)
}

/// The payload as received, or with a line for each field if it has a line that nobody can read.
fn readable(payload: String) -> String {
    if payload.lines().all(|line| line.len() <= LONGEST_LINE) {
        return payload;
    }
    let value = serde_json::from_str::<Value>(&payload);
    let lines = value.and_then(|value| serde_json::to_string_pretty(&value));
    lines.unwrap_or(payload)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_shown_as_received_unless_a_line_is_too_long() {
        let short = r#"{"b":1.50,"a":2}"#;
        assert_eq!(readable(short.to_owned()), short);
        let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(LONGEST_LINE));
        assert_eq!(readable(long.clone()).lines().count(), 3);
        let broken = format!("{long}]");
        assert_eq!(readable(broken.clone()), broken);
    }
}
