//! One event: its way on one line, its payload, what it changed, and what can be done with it.

use maud::{Markup, html};

use super::{events, payload, way};
use crate::maintenance::verify::dashboard_url::event_url;
use crate::page::actions::buttons;
use crate::page::actions::change::Change;
use crate::page::error::PageError;
use crate::page::layout::{View, code, code_or_none, facts};
use crate::page::shown::{shown, shown_up_to};
use crate::page::time::at;
use crate::page::visit::Visit;
use crate::page::words;
use crate::store::{EventState, StoredEvent};
use crate::timestamp::Timestamp;
use crate::webhook::mode_name;

/// Events of the same object that are shown before and after.
const NEIGHBOURS: u32 = 5;

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let id = visit.required("id")?;
    let Some((event, text)) = visit.store().event(id).await? else {
        let what = format!(
            "No event {} is stored. It may have been pruned.",
            shown_up_to(id, 100)
        );
        return Err(PageError::NotFound(what));
    };

    let content = html! {
        (done(visit, &event))
        p { (words::of_event(event.state)) " " (state_words(&event, visit.now))
            @if let Some(error) = &event.last_error { ": " (code(error)) } }
        (changes(visit, &event))
        h2 { "Way" }
        (way::show(visit, &event, &text).await?)
        h2 { "About" }
        (about(visit, &event, &text))
        (payload::show(visit, &event, &text))
        (neighbours(visit, &event).await?)
    };
    let title = format!(
        "{} {}",
        shown_up_to(&event.name, 80),
        shown_up_to(&event.id, 80)
    );
    let view = View::new(title, content);
    Ok(match event.state {
        EventState::Processed | EventState::Dead => view,
        _ => view.refreshing(3),
    })
}

fn done(visit: &Visit, event: &StoredEvent) -> Markup {
    // The address stays the same while the event goes on.
    let is_over = matches!(event.state, EventState::Processed | EventState::Dead);
    match visit.params.get("done") {
        Some("skipped") if is_over => html! { p.banner { "The event was not changed." } },
        Some("skipped") => html! {
            p.banner.bad { "The event was not changed: a worker has it now. Wait until its lease ends, and try again." }
        },
        Some("retried" | "replayed") if is_over => {
            html! { p.banner { (code(&event.id)) " has run since." } }
        }
        Some("retried") => html! { p.banner.good { (code(&event.id)) " is due again." } },
        Some("replayed") => {
            html! { p.banner.good { (code(&event.id)) " is due again, from the start." } }
        }
        _ => html! {},
    }
}

/// What comes next.
fn state_words(event: &StoredEvent, now: Timestamp) -> Markup {
    let next = event.next_attempt_at;
    match (event.state, next) {
        (EventState::Processed, _) => match event.processed_at {
            Some(time) => html! { "at " (at(time, now)) },
            None => html! {},
        },
        (EventState::Dead, _) => html! { "after " (event.attempts) " tries; nobody retries it" },
        (EventState::Retrying, Some(time)) => {
            html! { "after " (event.attempts) " tries, next at " (at(time, now)) }
        }
        (EventState::Processing, Some(time)) => html! { "leased until " (at(time, now)) },
        _ => html! { "waits for a worker" },
    }
}

fn changes(visit: &Visit, event: &StoredEvent) -> Markup {
    let retry = event.state != EventState::Processed || event.dead_effects > 0;
    html! {
        div.bar {
            @if retry { (buttons::one(visit, &Change::RetryEvents, Some(&event.id))) }
            (buttons::one(visit, &Change::ReplayEvents(None), Some(&event.id)))
        }
    }
}

fn about(visit: &Visit, event: &StoredEvent, text: &str) -> Markup {
    let mode = mode_name(event.livemode);
    let kinds = match (event.is_snapshot, event.is_thin) {
        (true, true) => "snapshot and thin event",
        (false, true) => "thin event",
        _ => "snapshot event",
    };
    let account = event.account.as_deref().unwrap_or_default();
    let mut lines = vec![
        ("Id", code(&event.id)),
        ("Name", code(&event.name)),
        ("Object", object(visit, event, text)),
        ("Account", code_or_none(event.account.as_deref())),
        ("Mode", html! { (mode) }),
        ("Kind", html! { (kinds) }),
        ("API version", code_or_none(event.api_version.as_deref())),
        (
            "Created",
            at(Timestamp::from_seconds(event.created), visit.now),
        ),
        ("Received", at(event.received_at, visit.now)),
        ("Request", code_or_none(event.request_id.as_deref())),
        (
            "Idempotency key",
            code_or_none(event.idempotency_key.as_deref()),
        ),
        (
            "At Stripe",
            html! {
                a href=(event_url(account, event.livemode, &event.id)) rel="noreferrer noopener" { "Stripe's dashboard" }
            },
        ),
    ];
    if let Some(own) = &event.own_account {
        lines.insert(4, ("Own account", code(own)));
    }
    facts(&lines)
}

/// The event's object, with its row and with its other events.
fn object(visit: &Visit, event: &StoredEvent, text: &str) -> Markup {
    let Some(id) = &event.object_id else {
        return html! { "–" };
    };
    let object = event
        .decode(text)
        .ok()
        .and_then(|event| event.object_head().object);
    let account = event.account.as_deref().or(event.own_account.as_deref());
    html! {
        code { (shown(id)) }
        @if let Some(object) = object {
            " · " a href=(visit.object(&object, account.unwrap_or_default(), event.livemode, id)) {
                (shown_up_to(&object, 60)) }
        }
        " · " a href=(visit.to("events", &[("object", id)])) { "its events" }
    }
}

async fn neighbours(visit: &Visit, event: &StoredEvent) -> Result<Markup, PageError> {
    if event.object_id.is_none() {
        return Ok(html! {});
    }
    let found = visit.queries().neighbours(event, NEIGHBOURS).await?;
    let later = found.later.into_iter().rev();
    let all: Vec<StoredEvent> = later.chain([event.clone()]).chain(found.earlier).collect();
    Ok(html! {
        h2 { "Events of the same object" }
        @if all.len() == 1 { p { "There are no others." } }
        @else { (events::list(visit, &all, false)) }
    })
}
