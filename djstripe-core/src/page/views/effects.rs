//! The list of effects, with its filters.

use maud::{Markup, html};

use crate::page::actions::buttons;
use crate::page::actions::change::Change;
use crate::page::error::PageError;
use crate::page::filter::{self, EFFECT_FIELDS, after};
use crate::page::layout::{View, input, number, table};
use crate::page::shown::{shown, shown_up_to};
use crate::page::time::at;
use crate::page::visit::Visit;
use crate::page::words;
use crate::store::operator::EffectPage;
use crate::store::{EffectFilter, EffectState, StoredEffect};

/// Effects of a page.
const PAGE: u32 = 50;

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let filter = EffectFilter {
        limit: Some(PAGE),
        ..filter::effects(&visit.params)?
    };
    let EffectPage {
        effects,
        next,
        read,
    } = visit.queries().effect_page(&filter).await?;
    let fields = visit.params.only(&EFFECT_FIELDS);
    let rows: Vec<Markup> = effects.iter().map(|effect| row(visit, effect)).collect();

    let content = html! {
        (done(visit))
        (form(visit))
        @if let Some(read) = read {
            p.banner { "Of " (number(read.into())) " effects from here on; the link below continues." }
        }
        form method="post" action=(visit.to("propose", &[])) {
            @if effects.is_empty() { p { @if read.is_some() { "None of these matches." } @else { "No effect matches." } } }
            @else {
                (table("Effects, newest first", &["Select", "Effect", "State", "Event", "Requested", "Tries", "Last error"], &rows))
                (buttons::bar(visit, &[Change::RetryEffects, Change::DiscardEffects], &fields, "all that match the filter"))
            }
        }
        @if let Some(next) = &next {
            nav.bar aria-label="Pages" {
                a rel="next" href=(visit.link("effects", &fields.with("after", &after(next)))) { "Older effects" }
            }
        }
    };
    let view = View::new("Effects", content);
    Ok(if filter.after.is_none() {
        view.refreshing(15)
    } else {
        view
    })
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
        Some("discarded") => "discarded",
        _ => "retried",
    };
    html! {
        p.banner.good {
            (number(changed)) " " (word)
            @if skipped > 0 { ", " (number(skipped)) " skipped: not stored, done, or leased by a worker" } "."
        }
    }
}

fn form(visit: &Visit) -> Markup {
    let state = visit.params.get("state").unwrap_or_default();
    let fields = [
        ("name", "Effect"),
        ("receiver", "Receiver"),
        ("event", "Event"),
        ("error", "Error contains"),
    ];
    html! {
        form.filters method="get" action=(visit.to("effects", &[])) aria-label="Filter" {
            label { "State"
                select name="state" {
                    option value="" { "any" }
                    @for it in EffectState::ALL {
                        option value=(it.as_str()) selected[it.as_str() == state] { (it.as_str()) }
                    }
                }
            }
            @for (name, label) in fields {
                label { (label) (input(&visit.params, name, "")) }
            }
            button.main { "Filter" }
            @if !visit.params.only(&EFFECT_FIELDS).is_empty() { a href=(visit.to("effects", &[])) { "Clear" } }
        }
    }
}

fn row(visit: &Visit, effect: &StoredEffect) -> Markup {
    html! {
        td { (buttons::check_box(&effect.key, &shown_up_to(&effect.key, 60))) }
        th scope="row" {
            a href=(visit.to("effect", &[("key", &effect.key)])) { (shown_up_to(&effect.effect, 80)) }
            br; code.soft { (shown_up_to(&effect.receiver, 80)) }
        }
        td { (words::of_effect(effect.state)) }
        td { a href=(visit.event(&effect.event_id)) { (shown_up_to(&effect.event_id, 60)) } }
        td { (at(effect.created_at, visit.now)) }
        td { (effect.attempts) }
        td.long { (effect.last_error.as_deref().map(shown).unwrap_or_default()) }
    }
}
