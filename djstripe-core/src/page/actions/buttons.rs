//! The buttons that lead to proposals. Does no IO.

use maud::{Markup, html};

use super::change::Change;
use crate::page::params::{Params, encoded};
use crate::page::visit::Visit;

/// A form with a button for one event, effect, or the workers.
pub(in crate::page) fn one(visit: &Visit, change: &Change, id: Option<&str>) -> Markup {
    if !visit.may(change.right()) {
        return html! {};
    }
    html! {
        form method="post" action=(visit.to("propose", &[])) {
            @if let Some(id) = id { input type="hidden" name="id" value=(encoded(id)); }
            button name="change" value=(change.word()) { (change.verb()) "…" }
        }
    }
}

/// A form with a button for all events that match these fields.
pub(in crate::page) fn matching(visit: &Visit, change: &Change, fields: &Params) -> Markup {
    if !visit.may(change.right()) {
        return html! {};
    }
    html! {
        form method="post" action=(visit.to("propose", &[])) {
            input type="hidden" name="scope" value="all";
            (filter_field(fields))
            button name="change" value=(change.word()) { (change.verb()) " all…" }
        }
    }
}

/// The buttons below a table whose rows have boxes.
pub(in crate::page) fn bar(
    visit: &Visit,
    changes: &[Change],
    fields: &Params,
    all: &str,
) -> Markup {
    let changes: Vec<&Change> = changes
        .iter()
        .filter(|change| visit.may(change.right()))
        .collect();
    if changes.is_empty() {
        return html! {};
    }
    html! {
        fieldset.bar {
            legend.hidden-label { "Change" }
            (filter_field(fields))
            label { input type="radio" name="scope" value="checked" checked; "checked rows" }
            label { input type="radio" name="scope" value="all"; (all) }
            @for change in changes {
                button name="change" value=(change.word()) { (change.verb()) "…" }
            }
        }
    }
}

/// The box of a row.
pub(in crate::page) fn check_box(id: &str, name: &str) -> Markup {
    html! {
        input type="checkbox" name="id" value=(encoded(id)) aria-label={ "Select " (name) };
    }
}

pub(super) fn filter_field(fields: &Params) -> Markup {
    let query = fields.query();
    html! { input type="hidden" name="filter" value=(encoded(query.trim_start_matches('?'))); }
}
