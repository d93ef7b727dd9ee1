//! The way of an event on one line, from Stripe to its effects. Does no IO.

use std::time::Duration;

use maud::{Markup, html};

use super::time::{clock, span};
use crate::timestamp::Timestamp;

/// How far a step has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Done,
    Failed,
    /// It is still to come, or is not known.
    Waits,
}

/// A step of the way, with what happened in it.
pub(super) struct Step {
    pub(super) title: &'static str,
    pub(super) progress: Progress,
    pub(super) items: Vec<Markup>,
}

impl Step {
    pub(super) fn new(title: &'static str, progress: Progress, items: Vec<Markup>) -> Self {
        Self {
            title,
            progress,
            items,
        }
    }
}

/// The steps from left to right; from top to bottom in a narrow window.
pub(super) fn line(steps: &[Step]) -> Markup {
    html! {
        div.wide role="region" aria-label="The way of the event" tabindex="0" {
            ol.line {
                @for step in steps {
                    li class=(class(step.progress)) {
                        h3 { (step.title) span.hidden-label { ": " (word(step.progress)) } }
                        ul { @for item in &step.items { li { (item) } } }
                    }
                }
            }
        }
    }
}

const fn class(progress: Progress) -> &'static str {
    match progress {
        Progress::Done => "done",
        Progress::Failed => "failed",
        Progress::Waits => "waits",
    }
}

const fn word(progress: Progress) -> &'static str {
    match progress {
        Progress::Done => "done",
        Progress::Failed => "failed",
        Progress::Waits => "open",
    }
}

/// When something happened on the way, counted from its beginning.
pub(super) fn since(start: Timestamp, time: Timestamp) -> Markup {
    let micros = time.micros().saturating_sub(start.micros());
    let distance = span(Duration::from_micros(micros.unsigned_abs()));
    let sign = if micros < 0 { "−" } else { "+" };
    html! {
        time datetime=(time.to_string()) title=(time.to_string()) { (sign) (distance) }
        span.soft { " · " (clock(time)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_apart_without_color() {
        let steps = [
            Step::new("Stored", Progress::Done, vec![html! { "<now>" }]),
            Step::new("Receivers", Progress::Failed, Vec::new()),
            Step::new("Effects", Progress::Waits, Vec::new()),
        ];
        let html = line(&steps).into_string();
        for part in [": done", ": failed", ": open", "&lt;now&gt;"] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn times_are_counted_from_the_beginning() {
        let check = |millis: i64, expected: &str| {
            let time = Timestamp::from_micros(1_000_000_000 + millis * 1_000);
            let html = since(Timestamp::from_micros(1_000_000_000), time).into_string();
            assert!(html.contains(expected), "{html}");
        };
        check(0, ">+0 s<");
        check(340, ">+340 ms<");
        check(-340, ">−340 ms<");
    }
}
