//! Runs of reconcile, sync and verify, with their progress.

use maud::{Markup, html};

use crate::page::error::PageError;
use crate::page::layout::{View, code, number, table};
use crate::page::shown::shown;
use crate::page::time::{at, at_or_none};
use crate::page::visit::Visit;
use crate::store::Reconciliation;
use crate::store::operator::{SyncRun, VerifyRun};
use crate::webhook::mode_name;

/// Runs that are shown of each kind.
const MOST_SHOWN: u32 = 50;

/// Events that reconcile found missing.
const MOST_GAPS: u32 = 20;

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let reconciled = visit.store().reconciliations().await?;
    let gaps = visit.store().gaps(None, MOST_GAPS).await?;
    let synced = visit.queries().sync_runs(MOST_SHOWN).await?;
    let verified = visit.queries().verify_runs(MOST_SHOWN).await?;

    let reconciled: Vec<Markup> = reconciled
        .iter()
        .map(|it| reconciliation(visit, it))
        .collect();
    let gaps: Vec<Markup> = gaps
        .iter()
        .map(|gap| {
            html! {
                th scope="row" { a href=(visit.event(&gap.event_id)) { (shown(&gap.event_id)) } }
                td { (code(&gap.name)) }
                td { (at(gap.found_at, visit.now)) }
                td { (at_or_none(gap.delivered_at, visit.now)) }
            }
        })
        .collect();
    let synced: Vec<Markup> = synced.iter().map(|run| sync_run(visit, run)).collect();
    let verified: Vec<Markup> = verified.iter().map(|run| verify_run(visit, run)).collect();
    let content = html! {
        h2 { "Reconcile" }
        (or_nothing("Comparisons with Stripe's events, by account and mode", &["Account", "Mode", "Complete until", "Finished", "Lost"], &reconciled,
            "Events were never compared with Stripe's: run `reconcile`, or serve with `--reconcile`."))
        @if !gaps.is_empty() {
            h3 { "Missing events that it found" }
            (table("Newest first", &["Event", "Name", "Found", "Delivered after all"], &gaps))
        }
        h2 { "Sync" }
        (or_nothing("Lists that were read, newest first", &["Type", "Account and mode", "State", "Pages", "Rows", "Started", "Finished"], &synced,
            "No list was read: `sync` fills the mirror."))
        h2 { "Verify" }
        (or_nothing("Comparisons with Stripe's objects, newest first", &["Started", "By", "Compared", "Findings", "Repaired", "Finished"], &verified,
            "The mirror was never compared with Stripe: run `verify`."))
    };
    Ok(View::new("Runs", content).refreshing(10))
}

fn or_nothing(caption: &str, headings: &[&str], rows: &[Markup], otherwise: &str) -> Markup {
    if rows.is_empty() {
        html! { p { (otherwise) } }
    } else {
        table(caption, headings, rows)
    }
}

fn scope(account: &str, livemode: bool) -> Markup {
    let mode = mode_name(livemode);
    html! { @if account.is_empty() { "own account" } @else { (code(account)) } ", " (mode) }
}

fn reconciliation(visit: &Visit, it: &Reconciliation) -> Markup {
    html! {
        th scope="row" { @if it.account.is_empty() { "own account" } @else { (code(&it.account)) } }
        td { (mode_name(it.livemode)) }
        td { (at(it.complete_until, visit.now)) }
        td { (at_or_none(it.finished_at, visit.now)) }
        td {
            @match it.lost {
                Some((from, until)) => { (at(from, visit.now)) " to " (at(until, visit.now)) }
                None => "nothing",
            }
        }
    }
}

fn sync_run(visit: &Visit, run: &SyncRun) -> Markup {
    html! {
        th scope="row" { (code(&run.object)) @if !run.part.is_empty() { " " span.soft { (shown(&run.part)) } } }
        td { (scope(&run.account, run.livemode)) }
        td { (shown(&run.state)) @if let Some(reason) = &run.reason { br; span.soft { (shown(reason)) } } }
        td { (number(run.pages)) }
        td { (number(run.inserted)) " new, " (number(run.updated)) " updated, " (number(run.unchanged)) " unchanged" }
        td { (at(run.started_at, visit.now)) }
        td { (at_or_none(run.finished_at, visit.now)) }
    }
}

fn verify_run(visit: &Visit, run: &VerifyRun) -> Markup {
    html! {
        th scope="row" { (at(run.started_at, visit.now)) }
        td { (code(&run.actor)) }
        td { (number(run.compared)) }
        td {
            (number(run.missing)) " missing, " (number(run.differing)) " differing, " (number(run.extra)) " extra"
            @if let Some(error) = &run.error { br; (shown(error)) }
        }
        td { (number(run.repaired)) }
        td {
            @match run.finished_at {
                Some(time) => (at(time, visit.now)),
                None => { "last seen " (at(run.updated_at, visit.now)) }
            }
        }
    }
}
