//! Failures grouped by receiver and error, each with its retry.

use maud::{Markup, html};

use crate::page::actions::buttons;
use crate::page::actions::change::Change;
use crate::page::error::PageError;
use crate::page::layout::{code, number, quantity, table};
use crate::page::params::Params;
use crate::page::shown::shown;
use crate::page::time::ago;
use crate::page::visit::Visit;
use crate::store::operator::FailureGroup;

/// Groups that are shown.
const MOST_SHOWN: usize = 20;

pub(super) async fn show(visit: &Visit) -> Result<Markup, PageError> {
    let failures = visit.queries().failure_groups().await?;
    if failures.groups.is_empty() {
        return Ok(html! { p { "No event fails." } });
    }
    let rows: Vec<Markup> = failures
        .groups
        .iter()
        .take(MOST_SHOWN)
        .map(|group| row(visit, group))
        .collect();
    Ok(html! {
        (table("Failing events by receiver and error", &["Receiver", "Error", "Events", "Last", "Change"], &rows))
        @if failures.groups.len() > MOST_SHOWN {
            p.soft { (quantity((failures.groups.len() - MOST_SHOWN) as u64, "further group")) " not shown." }
        }
        @if failures.are_more { p.soft { "Of the newest failing events only." } }
    })
}

fn row(visit: &Visit, group: &FailureGroup) -> Markup {
    let mut fields = vec![("error", group.error.as_str())];
    if let Some(receiver) = &group.receiver {
        fields.push(("receiver", receiver));
    }
    if group.retrying == 0 {
        fields.push(("state", "dead"));
    }
    let fields = Params::new(fields);
    html! {
        th scope="row" {
            @match &group.receiver {
                Some(receiver) => (code(receiver)),
                None => "before any receiver",
            }
        }
        td.long { a href=(visit.link("events", &fields)) { (shown(&group.error)) } }
        td {
            (number(group.events))
            span.soft {
                @if group.dead > 0 { " · " (number(group.dead)) " dead" }
                @if group.retrying > 0 { " · " (number(group.retrying)) " retrying" }
            }
        }
        td { (ago(group.last_at, visit.now)) }
        td { (buttons::matching(visit, &Change::RetryEvents, &fields)) }
    }
}
