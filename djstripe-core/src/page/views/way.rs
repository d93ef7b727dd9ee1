//! The way of one event: what is known of each step, put on one line.

use std::collections::HashMap;

use maud::{Markup, html};

use super::history;
use crate::page::error::PageError;
use crate::page::json::Json;
use crate::page::layout::code;
use crate::page::shown::{shown, shown_up_to};
use crate::page::time::span;
use crate::page::timeline::{Progress, Step, line, since};
use crate::page::visit::Visit;
use crate::page::words;
use crate::receiver::dispatch::skipped;
use crate::receiver::{Rank, ReceiverInfo};
use crate::store::{
    DeliveryRecord, EffectState, EventState, RecordedRun, RunOutcome, StoredEffect, StoredEvent,
};
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

/// Deliveries that are shown.
const MOST_DELIVERIES: u32 = 10;

pub(super) async fn show(
    visit: &Visit,
    stored: &StoredEvent,
    text: &str,
) -> Result<Markup, PageError> {
    let store = visit.store();
    let mut deliveries = store.deliveries(Some(&stored.id), MOST_DELIVERIES).await?;
    deliveries.reverse();
    let runs = store.receiver_runs(&stored.id).await?;
    let effects = store.effects(&stored.id).await?;
    let decoded = stored.decode(text);
    let start = Timestamp::from_seconds(stored.created);

    let mut steps = vec![
        at_stripe(stored),
        delivered(&deliveries, start),
        Step::new(
            "Stored",
            Progress::Done,
            vec![since(start, stored.received_at)],
        ),
    ];
    match &decoded {
        Ok(event) => {
            let row = history::of_event(visit, stored, event).await?;
            steps.push(mirrored(visit, stored, event, &runs, start, row));
            steps.push(receivers(visit, stored, event, &runs, start));
        }
        Err(error) => {
            let item =
                html! { "The payload can't be read: " (code(&crate::error::describe(error))) };
            steps.push(Step::new("Receivers", Progress::Failed, vec![item]));
        }
    }
    steps.push(effects_step(visit, stored, &effects, start));
    Ok(line(&steps))
}

fn at_stripe(stored: &StoredEvent) -> Step {
    let created = Timestamp::from_seconds(stored.created);
    let mut items = vec![html! {
        time datetime=(created.to_string()) { (crate::page::time::clock(created)) }
    }];
    if let Some(request) = &stored.request_id {
        items.push(html! { "by request " (code(request)) });
    }
    Step::new("At Stripe", Progress::Done, items)
}

fn delivered(deliveries: &[DeliveryRecord], start: Timestamp) -> Step {
    if deliveries.is_empty() {
        let item = html! { "No delivery is recorded: it was fetched, or its record was pruned." };
        return Step::new("Delivered", Progress::Waits, vec![item]);
    }
    let items = deliveries.iter().map(|delivery| {
        html! {
            (since(start, delivery.received_at))
            div.soft {
                "to " (delivery.endpoint.as_deref().map_or("the default endpoint".to_owned(), shown))
                @if let Some(address) = &delivery.remote_address { " from " (shown(address)) }
            }
            @if let Some(remark) = &delivery.remark { div { (words::state("▲", "differs", "warn")) " " (shown(remark)) } }
        }
    });
    Step::new("Delivered", Progress::Done, items.collect())
}

/// Fetching the object and writing its row, which the built-in receiver does.
fn mirrored(
    visit: &Visit,
    stored: &StoredEvent,
    event: &Event,
    runs: &[RecordedRun],
    start: Timestamp,
    changed: Markup,
) -> Step {
    let registry = visit.app().registry();
    let built_in = registry.receivers_for(event.name()).iter();
    let built_in: Vec<&&ReceiverInfo> = built_in.filter(|info| info.is_built_in()).collect();
    let run = runs
        .iter()
        .find(|run| built_in.iter().any(|info| info.id == run.receiver));
    let client = visit.app().client();
    let how = if client.is_some_and(|client| client.has_key(stored.livemode)) {
        "this program fetches objects from Stripe"
    } else {
        "from the payload: this program has no key"
    };
    let (progress, what) = match run.map(|run| (run, &run.outcome)) {
        None if built_in.is_empty() => (Progress::Waits, html! { "This program has no mirror." }),
        None => (open(stored), html! { (without_run(stored)) }),
        Some((run, RunOutcome::Succeeded)) => (
            Progress::Done,
            html! { (since(start, run.finished_at)) div.soft { (how) } },
        ),
        Some((run, outcome)) => {
            let is_failed = matches!(outcome, RunOutcome::Failed { .. });
            let progress = if is_failed {
                Progress::Failed
            } else {
                Progress::Done
            };
            (
                progress,
                html! { (since(start, run.finished_at)) div { (shown(&outcome.to_string())) } },
            )
        }
    };
    Step::new("Fetched, row written", progress, vec![what, changed])
}

/// How far a receiver without a run has got.
fn open(stored: &StoredEvent) -> Progress {
    match stored.state {
        EventState::Dead => Progress::Failed,
        EventState::Processed => Progress::Done,
        _ => Progress::Waits,
    }
}

/// As [`open`], in words. A receiver that was added since has no run for a processed event.
fn without_run(stored: &StoredEvent) -> Markup {
    match stored.state {
        EventState::Dead => words::state("○", "not run", "calm"),
        EventState::Processed => words::state("–", "has no run", "soft"),
        _ => words::state("○", "waits", "calm"),
    }
}

/// The application's receivers: how each run ended, or why there is none.
fn receivers(
    visit: &Visit,
    stored: &StoredEvent,
    event: &Event,
    runs: &[RecordedRun],
    start: Timestamp,
) -> Step {
    let mut left: HashMap<&str, &RecordedRun> =
        runs.iter().map(|run| (&*run.receiver, run)).collect();
    let mut progress = Progress::Done;
    let mut items = Vec::new();
    for info in visit.app().registry().receivers_for(event.name()) {
        let run = left.remove(info.id);
        if info.rank != Rank::Application {
            continue;
        }
        let item = match (run, skipped(&info.options, event)) {
            (Some(run), _) => of_run(visit, run, start),
            (None, Some(why)) => html! {
                (code(info.id)) div.soft { (words::state("–", "skipped", "soft")) ": " (shown(&why.to_string())) }
            },
            (None, None) => html! {
                (code(info.id))
                div { (without_run(stored)) }
            },
        };
        if run.is_some_and(|run| !run.outcome.is_final()) {
            progress = Progress::Failed;
        } else if run.is_none()
            && skipped(&info.options, event).is_none()
            && progress == Progress::Done
        {
            progress = open(stored);
        }
        items.push(item);
    }

    // Receivers of another program, or of an older version of this one.
    let mut others: Vec<&&RecordedRun> = left
        .values()
        .filter(|run| !run.receiver.starts_with("djstripe::"))
        .collect();
    others.sort_by(|one, other| one.receiver.cmp(&other.receiver));
    items.extend(others.into_iter().map(|run| of_run(visit, run, start)));
    if items.is_empty() {
        items.push(html! { "No receiver of this program listens to it." });
    }
    Step::new("Receivers", progress, items)
}

fn of_run(visit: &Visit, run: &RecordedRun, start: Timestamp) -> Markup {
    let state = match &run.outcome {
        RunOutcome::Succeeded => words::state("●", "succeeded", "good"),
        RunOutcome::NotMirrored { .. } => words::state("●", "not mirrored", "calm"),
        RunOutcome::Failed {
            permanent: true, ..
        } => words::state("✕", "failed permanently", "bad"),
        RunOutcome::Failed { .. } => words::state("↻", "failed", "bad"),
    };
    let tries = if run.attempts == 1 { "try" } else { "tries" };
    html! {
        (code(&run.receiver))
        div { (state) " after " (run.attempts) " " (tries)
            @if let Some(took) = run.took { ", the last took " (span(took)) } }
        div { (since(start, run.finished_at)) }
        @if let Some(error) = run.outcome.error() { div { code { (shown(error)) } } }
        @if let Some(reply) = &run.reply {
            @let reply = Json::read(reply);
            @let reply = if visit.sees_personal() { reply } else { reply.without_personal() };
            div { "answered " code { (shown(&reply.line())) } }
        }
    }
}

fn effects_step(
    visit: &Visit,
    stored: &StoredEvent,
    effects: &[StoredEffect],
    start: Timestamp,
) -> Step {
    if effects.is_empty() {
        let progress = match stored.state {
            EventState::Processed => Progress::Done,
            _ => Progress::Waits,
        };
        return Step::new("Effects", progress, vec![html! { "none" }]);
    }
    let is_in = |state: EffectState| effects.iter().any(|effect| effect.state == state);
    let is_over =
        |effect: &StoredEffect| matches!(effect.state, EffectState::Done | EffectState::Discarded);
    let progress = if is_in(EffectState::Dead) || is_in(EffectState::Retrying) {
        Progress::Failed
    } else if effects.iter().all(is_over) {
        Progress::Done
    } else {
        Progress::Waits
    };
    let items = effects.iter().take(50).map(|effect| {
        html! {
            a href=(visit.to("effect", &[("key", &effect.key)])) { (shown_up_to(&effect.effect, 80)) }
            div { (words::of_effect(effect.state)) " after " (effect.attempts) " tries" }
            @if let Some(time) = effect.done_at { div { (since(start, time)) } }
            @if let Some(error) = &effect.last_error { div { code { (shown(error)) } } }
        }
    });
    Step::new("Effects", progress, items.collect())
}
