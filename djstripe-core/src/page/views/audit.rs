//! The record of actions: who changed what, on the page and on the command line.

use maud::{Markup, html};

use super::job;
use crate::page::error::PageError;
use crate::page::layout::{View, code, table};
use crate::page::shown::shown;
use crate::page::time::at;
use crate::page::visit::Visit;
use crate::store::Action;

/// Actions of a page.
const PAGE: u32 = 50;

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let after = visit.params.get("after").and_then(|text| text.parse().ok());
    let mut actions = visit.store().actions(after, PAGE + 1).await?;
    let are_more = actions.len() > PAGE as usize;
    actions.truncate(PAGE as usize);
    let rows: Vec<Markup> = actions.iter().map(|action| row(visit, action)).collect();
    let content = html! {
        (job::running(visit))
        @if rows.is_empty() { p { "Nobody has changed anything yet." } }
        @else { (table("Actions, newest first", &["When", "Who", "Action", "Of what", "Detail"], &rows)) }
        @if are_more && let Some(last) = actions.last() {
            nav.bar aria-label="Pages" {
                a rel="next" href=(visit.to("audit", &[("after", &last.id.to_string())])) { "Older actions" }
            }
        }
    };
    Ok(View::new("Audit", content))
}

fn row(visit: &Visit, action: &Action) -> Markup {
    html! {
        th scope="row" { (at(action.at, visit.now)) }
        td { (code(&action.actor)) }
        td { (code(&action.action)) }
        td.long { (shown(&action.subject)) }
        td.long { (action.detail.as_deref().map(shown).unwrap_or_default()) }
    }
}
