//! The receivers of this program, in the order in which they run.

use maud::{Markup, html};

use crate::page::error::PageError;
use crate::page::layout::{View, code, table};
use crate::page::visit::Visit;
use crate::receiver::ReceiverInfo;

/// Names of events that are shown of a receiver.
const MOST_EVENTS: usize = 6;

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let receivers = visit.app().registry().receivers();
    let (built_in, own): (Vec<&ReceiverInfo>, Vec<&ReceiverInfo>) = receivers
        .iter()
        .copied()
        .partition(|info| info.is_built_in());
    let rows = |infos: &[&ReceiverInfo]| -> Vec<Markup> {
        infos.iter().map(|info| row(visit, info)).collect()
    };
    let headings = ["Receiver", "Events", "Filters and options", "Place"];
    let content = html! {
        @if own.is_empty() { p { "This program has no receivers of its own." } }
        @else { (table("Receivers of the application, in their order", &headings, &rows(&own))) }
        h2 { "Built-in receivers" }
        p.soft { "They run first, and write the mirror." }
        (table("Built-in receivers", &headings, &rows(&built_in)))
    };
    Ok(View::new("Receivers", content))
}

fn row(visit: &Visit, info: &ReceiverInfo) -> Markup {
    let options = info.options.to_string();
    html! {
        th scope="row" {
            a href=(visit.to("events", &[("receiver", info.id)])) { (info.id) }
            @if info.replies { br; span.soft { "answers the delivery" } }
        }
        td.long {
            @for (index, name) in info.events.iter().take(MOST_EVENTS).enumerate() {
                @if index > 0 { ", " } (name)
            }
            @if info.events.len() > MOST_EVENTS { " and " (info.events.len() - MOST_EVENTS) " more" }
        }
        td.long { @if options.is_empty() { "–" } @else { (code(&options)) } }
        td { (code(&info.location.to_string())) }
    }
}
