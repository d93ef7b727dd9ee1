//! A dry run of single events: their receivers run, and everything is rolled back.

use std::collections::HashSet;
use std::time::Duration;

use maud::{Markup, html};

use super::change::Change;
use crate::page::error::PageError;
use crate::page::layout::{code, table};
use crate::page::shown::shown;
use crate::page::visit::Visit;
use crate::page::words::state;
use crate::processing::dry_run::{DryOutcome, DryRun, MirroredRow};

/// Events that are tried.
pub(super) const MOST_TRIED: usize = 3;

/// Rows and effects of a receiver that are named.
const MOST_NAMED: usize = 20;

/// How long a dry run may take: receivers and Stripe may be slow.
const LONGEST: Duration = Duration::from_secs(20);

/// What the receivers of these events would do.
pub(super) async fn show(
    visit: &Visit,
    change: &Change,
    ids: &[&str],
) -> Result<Markup, PageError> {
    let Some(rerun) = change.rerun() else {
        return Ok(html! {});
    };
    let kept = visit.store().kept_runs(ids, &rerun).await?;
    let mut parts = Vec::new();
    for id in ids.iter().take(MOST_TRIED) {
        parts.push(of_event(visit, id, &kept).await?);
    }
    Ok(html! {
        h2 { "Dry run" }
        p.soft {
            "The receivers ran in a transaction that was rolled back. Effects would run after the commit."
        }
        @for part in parts { (part) }
        @if ids.len() > MOST_TRIED {
            p.soft { "Only the first " (MOST_TRIED) " events were tried." }
        }
    })
}

async fn of_event(
    visit: &Visit,
    id: &str,
    kept: &HashSet<(String, String)>,
) -> Result<Markup, PageError> {
    let caption = format!("What the receivers of {} would do", shown(id));
    let tried = tokio::time::timeout(LONGEST, visit.app().dry_run(id, None)).await;
    let runs = match tried {
        Ok(runs) => runs?.unwrap_or_default(),
        Err(_) => {
            return Ok(html! {
                p.banner { "The dry run of " (code(id)) " was ended after " (LONGEST.as_secs()) " s." }
            });
        }
    };
    let rows: Vec<Markup> = runs.iter().map(|run| row(id, run, kept)).collect();
    Ok(table(
        &caption,
        &["Receiver", "Outcome", "Why", "Rows", "Effects"],
        &rows,
    ))
}

fn row(id: &str, run: &DryRun, kept: &HashSet<(String, String)>) -> Markup {
    let is_kept = kept.contains(&(id.to_owned(), run.receiver.to_owned()));
    let (outcome, why) = match &run.outcome {
        _ if is_kept => (
            state("–", "left as it is", "soft"),
            "it has succeeded and doesn't run again".to_owned(),
        ),
        DryOutcome::Succeeds => (state("●", "succeeds", "good"), String::new()),
        DryOutcome::NotMirrored { reason } => (state("●", "not mirrored", "calm"), shown(reason)),
        DryOutcome::Waits => (
            state("○", "waits", "calm"),
            "the mirror would fail, and be retried first".to_owned(),
        ),
        DryOutcome::Fails { error } => (state("✕", "fails", "bad"), shown(error)),
        DryOutcome::NotRun => (
            state("○", "runs, not tried", "warn"),
            "the database can't undo what it does".to_owned(),
        ),
    };
    let effects: &[String] = if is_kept { &[] } else { &run.effects };
    html! {
        th scope="row" { (code(run.receiver)) }
        td { (outcome) }
        td.long { (why) }
        td { (named(run.rows.iter().map(written))) }
        td { (named(effects.iter().map(|name| code(name)))) }
    }
}

fn written(row: &MirroredRow) -> Markup {
    html! { (row.upserted.as_str()) " " (code(row.table.as_str())) " " (code(&row.id)) }
}

/// The first of these, each in a line of its own.
fn named(items: impl ExactSizeIterator<Item = Markup>) -> Markup {
    let all = items.len();
    html! {
        @for item in items.take(MOST_NAMED) { div { (item) } }
        @if all > MOST_NAMED { div { "and " (all - MOST_NAMED) " more" } }
        @if all == 0 { "–" }
    }
}
