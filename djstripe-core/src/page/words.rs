//! States as a shape and a word: nobody needs their color to read them.

use maud::{Markup, html};

use crate::store::{EffectState, EventState};

/// A shape, a word and a class of the style sheet.
pub(super) fn state(shape: &str, word: &str, class: &str) -> Markup {
    html! {
        span class={ "state " (class) } { span aria-hidden="true" { (shape) } " " (word) }
    }
}

pub(super) fn of_event(event: EventState) -> Markup {
    let (shape, class) = match event {
        EventState::Pending => ("○", "calm"),
        EventState::Processing => ("◐", "calm"),
        EventState::Processed => ("●", "good"),
        EventState::Retrying => ("↻", "warn"),
        EventState::Dead => ("✕", "bad"),
    };
    state(shape, event.as_str(), class)
}

pub(super) fn of_effect(effect: EffectState) -> Markup {
    let (shape, class) = match effect {
        EffectState::Pending => ("○", "calm"),
        EffectState::Running => ("◐", "calm"),
        EffectState::Done => ("●", "good"),
        EffectState::Retrying => ("↻", "warn"),
        EffectState::Dead => ("✕", "bad"),
        EffectState::Discarded => ("⊘", "soft"),
    };
    state(shape, effect.as_str(), class)
}

/// Whether something is as it should be.
pub(super) fn good_or_bad(is_good: bool, good: &str, bad: &str) -> Markup {
    if is_good {
        state("●", good, "good")
    } else {
        state("✕", bad, "bad")
    }
}
