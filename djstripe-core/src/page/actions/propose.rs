//! The first step of a change: what it would do, and a form that asks.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::change::Change;
use super::plan::{ENOUGH, MOST_PAGES, Plan};
use super::selection::{EffectPages, EventPages, Selection, check_payload};
use super::{buttons, dry_run};
use crate::page::error::PageError;
use crate::page::filter::EventCriteria;
use crate::page::layout::{View, code, quantity, table};
use crate::page::params::encoded;
use crate::page::shown::shown;
use crate::page::visit::Visit;
use crate::page::words;
use crate::store::operator::{COUNT_LIMIT, Counted};
use crate::store::{EffectState, StoredEffect, StoredEvent};
use crate::timestamp::Timestamp;

/// Events or effects that are read at a time.
const PAGE: u32 = 200;

/// Changes of more than this many are paced, and those of which it is not known how many there are.
const UNPACED: u64 = 500;

/// How many are changed per second unless the form says otherwise.
const DEFAULT_PACE: u32 = 100;

/// The proposal that a form asks for.
pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let change = Change::read(&visit.params)?;
    visit.require(change.right())?;
    match change {
        Change::Pause | Change::Resume => workers(visit, &change).await,
        Change::RetryEvents | Change::ReplayEvents(_) => events(visit, &change).await,
        Change::RetryEffects | Change::DiscardEffects => effects(visit, &change).await,
    }
}

async fn workers(visit: &Visit, change: &Change) -> Result<View, PageError> {
    let unfinished = visit.queries().unfinished().await?;
    let text = match change {
        Change::Pause => {
            "The workers of every process finish the events that they have, and claim no more. Deliveries \
             are still stored, and wait."
        }
        _ => "The workers of every process claim events again.",
    };
    let content = html! {
        p { (text) }
        p {
            (unfinished.pending) " events wait, " (unfinished.processing) " are being processed, "
            (unfinished.retrying) " are retried."
        }
        form.bar method="post" action=(visit.to("perform", &[])) {
            button.danger name="change" value=(change.word()) { (change.verb()) }
            a href=(visit.to("", &[])) { "Cancel" }
        }
    };
    Ok(View::new(format!("{}?", change.verb()), content))
}

async fn events(visit: &Visit, change: &Change) -> Result<View, PageError> {
    let selection = Selection::read(&visit.params, false)?;
    let pages = EventPages::new(visit, &selection, after_now(visit.now), PAGE)?;
    let plan = Plan::make(visit, change, pages).await?;
    let count = match &selection {
        Selection::Filter(params) if plan.are_more => {
            let criteria = EventCriteria::read(params, visit.now)?;
            check_payload(visit, &criteria)?;
            // What a payload must have is not counted ahead.
            match criteria.payload {
                Some(_) => Counted::at_least(plan.planned as u64),
                None => {
                    visit
                        .queries()
                        .count_events(&criteria.filter, COUNT_LIMIT)
                        .await?
                }
            }
        }
        _ => Counted::exactly(plan.planned as u64),
    };
    if plan.planned == 0 && !plan.are_more {
        return Ok(nothing(visit, change, "events"));
    }

    let count = Counted {
        number: count.number.max(plan.planned as u64),
        ..count
    };
    if plan.planned == 0 {
        return Ok(none_yet(visit, change, &selection, &count, "events"));
    }

    let ids: Vec<&str> = plan.first.iter().map(|event| &*event.id).collect();
    let tried = dry_run::show(visit, change, &ids).await?;
    let content = html! {
        p { strong { (count) " " (noun(&count, "event")) } " would be " (change.done())
            @if plan.dead_effects > 0 {
                ", with " (quantity(plan.dead_effects, "dead effect")) (of_the_first(plan.planned, plan.are_more))
            } "." }
        (receivers(&plan))
        (only_one_receiver(visit, change, &plan, &selection))
        (ask(visit, change, &selection, &count))
        (tried)
        (first_events(visit, &plan.first))
    };
    let title = format!("{} {count} {}?", change.verb(), noun(&count, "event"));
    Ok(View::new(title, content))
}

fn receivers(plan: &Plan) -> Markup {
    let at_most = if plan.is_upper_bound { "at most " } else { "" };
    let part = of_the_first(plan.planned, plan.are_more);
    let rows: Vec<Markup> = plan
        .receivers
        .iter()
        .map(|(id, events)| {
            html! {
                th scope="row" { (code(id)) }
                td { (at_most) (quantity(*events, "event")) (part) }
            }
        })
        .collect();
    if rows.is_empty() {
        return html! { p.banner { "No receiver of this program would run for them." } };
    }
    table("Receivers that would run", &["Receiver", "Runs for"], &rows)
}

/// A replay may be one of a single receiver.
fn only_one_receiver(visit: &Visit, change: &Change, plan: &Plan, selection: &Selection) -> Markup {
    let Change::ReplayEvents(only) = change else {
        return html! {};
    };
    html! {
        form.bar method="post" action=(visit.to("propose", &[])) {
            (selection_fields(selection))
            label { "Receivers "
                select name="only" {
                    option value="" selected[only.is_none()] { "all" }
                    @if let Some(only) = only { option value=(only) selected { (shown(only)) } }
                    @for (id, _) in &plan.receivers {
                        @if only.as_deref() != Some(id) { option value=(id) { (id) } }
                    }
                }
            }
            button name="change" value=(change.word()) { "Show" }
        }
    }
}

fn first_events(visit: &Visit, events: &[StoredEvent]) -> Markup {
    let rows: Vec<Markup> = events
        .iter()
        .map(|event| {
            html! {
                th scope="row" { a href=(visit.event(&event.id)) { (shown(&event.id)) } }
                td { (code(&event.name)) }
                td { (words::of_event(event.state)) }
                td.long { (event.last_error.as_deref().map(shown).unwrap_or_default()) }
            }
        })
        .collect();
    html! {
        h2 { "The first of them" }
        (table("Events", &["Event", "Name", "State", "Last error"], &rows))
    }
}

async fn effects(visit: &Visit, change: &Change) -> Result<View, PageError> {
    let selection = Selection::read(&visit.params, true)?;
    let mut pages = EffectPages::new(visit, &selection, after_now(visit.now), PAGE)?;
    let mut found: Vec<StoredEffect> = Vec::new();
    for _ in 0..MOST_PAGES {
        let Some(page) = pages.next().await? else {
            break;
        };
        let page = page.into_iter();
        found.extend(page.filter(|effect| is_changed(effect, visit.now)));
        if found.len() >= ENOUGH {
            break;
        }
    }
    let are_more = !pages.is_done();
    if found.is_empty() && !are_more {
        return Ok(nothing(visit, change, "effects"));
    }

    let count = if are_more {
        Counted::at_least(found.len() as u64)
    } else {
        Counted::exactly(found.len() as u64)
    };
    if found.is_empty() {
        return Ok(none_yet(visit, change, &selection, &count, "effects"));
    }

    let part = of_the_first(found.len(), are_more);
    let mut names: BTreeMap<&str, u64> = BTreeMap::new();
    for effect in &found {
        *names.entry(&effect.effect).or_default() += 1;
    }
    let names: Vec<Markup> = names
        .into_iter()
        .map(|(name, count)| html! { th scope="row" { (code(name)) } td { (quantity(count, "effect")) (part) } })
        .collect();
    let first: Vec<Markup> = found
        .iter()
        .take(10)
        .map(|effect| {
            html! {
                th scope="row" { a href=(visit.to("effect", &[("key", &effect.key)])) { (shown(&effect.key)) } }
                td { (code(&effect.effect)) }
                td { (words::of_effect(effect.state)) }
                td.long { (effect.last_error.as_deref().map(shown).unwrap_or_default()) }
            }
        })
        .collect();

    let text = match change {
        Change::DiscardEffects => "They never run, unless somebody retries them.",
        _ => "They are due at once, starting with the first attempt.",
    };
    let content = html! {
        p { strong { (count) " " (noun(&count, "effect")) } " would be " (change.done()) ". " (text)
            " Those that are done or that a worker runs are left out." }
        (table("By name", &["Effect", "Number"], &names))
        (ask(visit, change, &selection, &count))
        h2 { "The first of them" }
        (table("Effects", &["Effect", "Name", "State", "Last error"], &first))
    };
    let title = format!("{} {count} {}?", change.verb(), noun(&count, "effect"));
    Ok(View::new(title, content))
}

/// What a number is of, if not all were looked at.
fn of_the_first(planned: usize, are_more: bool) -> String {
    match are_more {
        true => format!(" of the first {planned}"),
        false => String::new(),
    }
}

/// The proposal if none of those that were looked at is changed.
fn none_yet(
    visit: &Visit,
    change: &Change,
    selection: &Selection,
    count: &Counted,
    what: &str,
) -> View {
    let content = html! {
        p.banner {
            "None of the newest " (what) " that were looked at is one of them. The change itself looks at all."
        }
        (ask(visit, change, selection, count))
    };
    View::new(format!("{} {what}?", change.verb()), content)
}

/// Whether a change of effects changes this one: it is not done, and no worker runs it.
fn is_changed(effect: &StoredEffect, now: Timestamp) -> bool {
    match effect.state {
        EffectState::Done => false,
        EffectState::Running => effect.next_attempt_at.is_none_or(|until| until <= now),
        _ => true,
    }
}

/// The form that does it.
fn ask(visit: &Visit, change: &Change, selection: &Selection, count: &Counted) -> Markup {
    let is_paced =
        matches!(selection, Selection::Filter(_)) && (count.is_more || count.number > UNPACED);
    let class = match change {
        Change::DiscardEffects => "danger",
        _ => "main",
    };
    let only = match change {
        Change::ReplayEvents(only) => only.as_deref(),
        _ => None,
    };
    html! {
        form.bar method="post" action=(visit.to("perform", &[])) {
            (selection_fields(selection))
            @if let Some(only) = only { input type="hidden" name="only" value=(only); }
            input type="hidden" name="until" value=(after_now(visit.now).micros());
            @if is_paced {
                label { "At most "
                    input type="number" name="pace" min="1" max="1000" value=(DEFAULT_PACE);
                    " per second" }
            }
            button class=(class) name="change" value=(change.word()) {
                (change.verb()) " " (count) " " (noun(count, if change.is_of_effects() { "effect" } else { "event" }))
            }
            a href=(back(visit, change, selection)) { "Cancel" }
        }
    }
}

fn back(visit: &Visit, change: &Change, selection: &Selection) -> String {
    let (list, one, field) = if change.is_of_effects() {
        ("effects", "effect", "key")
    } else {
        ("events", "event", "id")
    };
    match selection {
        Selection::Ids(ids) => match &ids[..] {
            [id] => visit.to(one, &[(field, id)]),
            _ => visit.to(list, &[]),
        },
        Selection::Filter(params) => visit.link(list, params),
    }
}

fn selection_fields(selection: &Selection) -> Markup {
    match selection {
        Selection::Ids(ids) => html! {
            @for id in ids { input type="hidden" name="id" value=(encoded(id)); }
        },
        Selection::Filter(params) => html! {
            input type="hidden" name="scope" value="all";
            (buttons::filter_field(params))
        },
    }
}

fn nothing(visit: &Visit, change: &Change, list: &str) -> View {
    let content = html! {
        p {
            "No stored " (list) " are selected that can be changed: they may be done, or pruned meanwhile."
        }
        p { a href=(visit.to(list, &[])) { "Back to the list" } }
    };
    View::new(
        format!("Nothing to {}", change.verb().to_lowercase()),
        content,
    )
}

/// What is selected was there before this point in time.
fn after_now(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.micros() + 1)
}

fn noun(count: &Counted, noun: &str) -> String {
    let is_one = count.number == 1 && !count.is_more;
    format!("{noun}{}", if is_one { "" } else { "s" })
}
