//! One effect.

use maud::{Markup, html};

use crate::page::actions::buttons;
use crate::page::actions::change::Change;
use crate::page::error::PageError;
use crate::page::json::Json;
use crate::page::json::tree::tree;
use crate::page::layout::{View, code, code_or_none, facts};
use crate::page::shown::shown_up_to;
use crate::page::time::{at, at_or_none};
use crate::page::visit::Visit;
use crate::page::words;
use crate::store::{EffectState, StoredEffect};

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let key = visit.required("key")?;
    let Some(effect) = visit.store().effect(key).await? else {
        let what = format!("No effect {} is stored.", shown_up_to(key, 100));
        return Err(PageError::NotFound(what));
    };

    let input = Json::read(&effect.payload);
    let input = if visit.sees_personal() {
        input
    } else {
        input.without_personal()
    };
    let content = html! {
        (done(visit))
        (changes(visit, &effect))
        (facts(&[
            ("State", words::of_effect(effect.state)),
            ("Last error", code_or_none(effect.last_error.as_deref())),
            ("Tries", html! { (effect.attempts) }),
            ("Key", code(&effect.key)),
            ("Event", html! { a href=(visit.event(&effect.event_id)) { (shown_up_to(&effect.event_id, 100)) } }),
            ("Receiver", code(&effect.receiver)),
            ("Requested", at(effect.created_at, visit.now)),
            ("Next", at_or_none(effect.next_attempt_at, visit.now)),
            ("Done", at_or_none(effect.done_at, visit.now)),
            ("Discarded", at_or_none(effect.discarded_at, visit.now)),
        ]))
        h2 { "Input" }
        (tree(&input, &|id| visit.find(id)))
    };
    let title = format!("Effect {}", shown_up_to(&effect.effect, 80));
    Ok(View::new(title, content))
}

fn done(visit: &Visit) -> Markup {
    match visit.params.get("done") {
        Some("skipped") => {
            html! { p.banner.bad { "The effect was not changed: it is done, or a worker runs it now." } }
        }
        Some("retried") => html! { p.banner.good { "The effect is due again." } },
        Some("discarded") => html! { p.banner.good { "The effect was given up." } },
        _ => html! {},
    }
}

fn changes(visit: &Visit, effect: &StoredEffect) -> Markup {
    html! {
        div.bar {
            @if effect.state != EffectState::Done {
                (buttons::one(visit, &Change::RetryEffects, Some(&effect.key)))
                @if effect.state != EffectState::Discarded {
                    (buttons::one(visit, &Change::DiscardEffects, Some(&effect.key)))
                }
            }
        }
    }
}
