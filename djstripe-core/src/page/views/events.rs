//! The list of events, with its filters.

use maud::{Markup, html};

use crate::page::actions::buttons;
use crate::page::actions::change::Change;
use crate::page::actions::selection::check_payload;
use crate::page::error::PageError;
use crate::page::filter::{EVENT_FIELDS, EventCriteria, after};
use crate::page::layout::{View, code, input, number, table};
use crate::page::params::Params;
use crate::page::shown::{shown, shown_up_to};
use crate::page::time::at;
use crate::page::visit::Visit;
use crate::page::words;
use crate::store::operator::{COUNT_LIMIT, Counted, Position};
use crate::store::{EventState, StoredEvent};

/// Events of a page.
const PAGE: u32 = 50;

/// What was found.
struct Found {
    events: Vec<StoredEvent>,
    next: Option<Position>,
    /// What was read, if not all was.
    note: Option<String>,
}

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let mut criteria = EventCriteria::read(&visit.params, visit.now)?;
    criteria.filter.limit = Some(PAGE);
    check_payload(visit, &criteria)?;
    let found = find(visit, &criteria).await?;
    let fields = visit.params.only(&EVENT_FIELDS);

    let content = html! {
        (done(visit))
        (form(visit))
        (counted(visit, &criteria, &found).await?)
        @if let Some(note) = &found.note { p.banner { (note) } }
        form method="post" action=(visit.to("propose", &[])) {
            @if found.events.is_empty() {
                p { @if found.next.is_some() { "None of these matches." } @else { "No event matches." } }
            } @else {
                (list(visit, &found.events, true))
                (buttons::bar(
                    visit,
                    &[Change::RetryEvents, Change::ReplayEvents(None)],
                    &fields,
                    "all that match the filter",
                ))
            }
        }
        @if let Some(next) = &found.next {
            nav.bar aria-label="Pages" {
                a rel="next" href=(visit.link("events", &fields.with("after", &after(next)))) {
                    @if found.note.is_some() { "Continue with older events" } @else { "Older events" }
                }
            }
        }
    };
    let view = View::new("Events", content);
    // A page further back doesn't change, and a search is not repeated by itself.
    let is_live = criteria.filter.after.is_none() && criteria.payload.is_none();
    Ok(if is_live { view.refreshing(15) } else { view })
}

async fn find(visit: &Visit, criteria: &EventCriteria) -> Result<Found, PageError> {
    let Some(condition) = &criteria.payload else {
        let page = visit.queries().event_page(&criteria.filter).await?;
        let note = page.read.map(|read| {
            format!(
                "Of the {} events from here on that the filter's indexes find; the link below continues.",
                number(read.into())
            )
        });
        return Ok(Found {
            events: page.events,
            next: page.next,
            note,
        });
    };

    let page = visit
        .queries()
        .search_payloads(&criteria.filter, condition)
        .await?;
    let why = if page.is_out_of_time {
        "the time for one search is over"
    } else {
        "that is the most for one search, or the page is full"
    };
    let note = match page.next {
        Some(_) => format!(
            "Read the payloads of {} events; {why}. The link below continues.",
            number(page.read)
        ),
        None => format!(
            "Read the payloads of {} events, which are all.",
            number(page.read)
        ),
    };
    Ok(Found {
        events: page.events,
        next: page.next,
        note: Some(note),
    })
}

/// How many events match, from here on.
async fn counted(
    visit: &Visit,
    criteria: &EventCriteria,
    found: &Found,
) -> Result<Markup, PageError> {
    if criteria.payload.is_some() || found.events.is_empty() {
        return Ok(html! {});
    }
    if found.next.is_none() && criteria.filter.after.is_none() {
        return Ok(html! { p.soft { (found.events.len()) " match." } });
    }
    // A page that ended because so many were read has all that was found.
    let counted = match found.note.is_some() {
        true => Counted::at_least(found.events.len() as u64),
        false => {
            let queries = visit.queries();
            queries.count_events(&criteria.filter, COUNT_LIMIT).await?
        }
    };
    let from = if criteria.filter.after.is_some() {
        " from here on"
    } else {
        ""
    };
    Ok(html! { p.soft { (counted) " match" (from) "." } })
}

fn done(visit: &Visit) -> Markup {
    let count = |name: &str| {
        visit
            .params
            .get(name)
            .and_then(|text| text.parse::<u64>().ok())
    };
    let (Some(changed), Some(skipped)) = (count("changed"), count("skipped")) else {
        return html! {};
    };
    let word = match visit.params.get("done") {
        Some("replayed") => "replayed",
        _ => "retried",
    };
    html! {
        p.banner.good {
            (number(changed)) " " (word)
            @if skipped > 0 { ", " (number(skipped)) " skipped: not stored, or leased by a worker" } "."
        }
    }
}

fn form(visit: &Visit) -> Markup {
    let value = |name: &str| visit.params.get(name).unwrap_or_default().to_owned();
    let text = |name: &'static str, label: &str, hint: &str| {
        html! {
            label { (label)
                (input(&visit.params, name, hint))
            }
        }
    };
    let choice = |name: &'static str, label: &str, choices: &[(&str, &str)]| {
        let current = value(name);
        html! {
            label { (label)
                select name=(name) {
                    option value="" { "any" }
                    @for (value, word) in choices { option value=(value) selected[*value == current] { (word) } }
                }
            }
        }
    };
    let states = EventState::ALL.map(|state| (state.as_str(), state.as_str()));
    html! {
        form.filters method="get" action=(visit.to("events", &[])) aria-label="Filter" {
            (choice("state", "State", &states))
            (text("name", "Name or family", "invoice.*"))
            (text("object", "Object", "in_…"))
            (text("customer", "Customer", "cus_…"))
            (text("account", "Account", "acct_…"))
            (choice("mode", "Mode", &[("live", "live"), ("test", "test")]))
            (text("receiver", "Receiver", "shop::ship"))
            (text("error", "Error contains", ""))
            (choice("effects", "Has effects", &[("yes", "yes"), ("no", "no")]))
            (text("since", "Since", "2d or 2026-01-31"))
            (text("until", "Until", "2026-01-31T12:00"))
            label.broad { "Payload has"
                (input(&visit.params, "payload", "data.object.metadata.order = 7"))
            }
            button.main { "Filter" }
            @if !visit.params.only(&EVENT_FIELDS).is_empty() { a href=(visit.to("events", &[])) { "Clear" } }
        }
    }
}

/// A table of events.
pub(super) fn list(visit: &Visit, events: &[StoredEvent], has_boxes: bool) -> Markup {
    let rows: Vec<Markup> = events
        .iter()
        .map(|event| row(visit, event, has_boxes))
        .collect();
    let headings: &[&str] = if has_boxes {
        &[
            "Select",
            "Event",
            "State",
            "Object",
            "Received",
            "Tries",
            "Last error",
        ]
    } else {
        &[
            "Event",
            "State",
            "Object",
            "Received",
            "Tries",
            "Last error",
        ]
    };
    table("Events, newest first", headings, &rows)
}

fn row(visit: &Visit, event: &StoredEvent, has_boxes: bool) -> Markup {
    let account = event.account.as_deref().or(event.own_account.as_deref());
    html! {
        @if has_boxes { td { (buttons::check_box(&event.id, &shown_up_to(&event.id, 60))) } }
        th scope="row" {
            a href=(visit.event(&event.id)) { (shown_up_to(&event.name, 80)) }
            br; code.soft { (shown_up_to(&event.id, 60)) }
            @if !event.livemode { " " span.soft { "test" } }
        }
        td { (words::of_event(event.state))
            @if event.dead_effects > 0 { br; span.soft { (event.dead_effects) " dead effects" } } }
        td {
            @match &event.object_id {
                Some(id) => {
                    a href=(visit.link("events", &Params::new([("object", id.as_str())]))) { (shown_up_to(id, 60)) }
                }
                None => "–",
            }
            @if let Some(account) = account { br; (code(account)) }
        }
        td { (at(event.received_at, visit.now)) }
        td { (event.attempts) }
        td.long { (event.last_error.as_deref().map(shown).unwrap_or_default()) }
    }
}
