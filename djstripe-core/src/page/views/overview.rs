//! The first page: whether all is well, and where it isn't.

use std::time::Duration;

use futures_util::future::try_join3;
use maud::{Markup, html};

use super::rates::Range;
use super::{failures, job, rates};
use crate::page::actions::buttons;
use crate::page::actions::change::Change;
use crate::page::error::PageError;
use crate::page::layout::{View, code, number, quantity, table, tile};
use crate::page::shown::shown;
use crate::page::time::{ago, at, at_or_none, span};
use crate::page::visit::Visit;
use crate::page::words::{good_or_bad, state};
use crate::store::Backend;
use crate::store::operator::{Counted, Process, SyncRun, Unfinished, VerifyRun};
use crate::timestamp::age;
use crate::webhook::mode_name;

/// Events that have waited for longer are noted.
const PATIENCE: Duration = Duration::from_secs(60);

pub(in crate::page) async fn show(visit: &Visit) -> Result<View, PageError> {
    let range = Range::of(visit);
    let unfinished = async { Ok(visit.queries().unfinished().await?) };
    let (failures, rates) = (failures::show(visit), rates::show(visit, range));
    let (unfinished, failures, rates) = match visit.store().backend() {
        // The three that take the longest, on a connection each.
        Backend::Postgres => try_join3(unfinished, failures, rates).await?,
        // The operator's queries share one connection, and their time limit counts the wait for it.
        Backend::Sqlite => (unfinished.await?, failures.await?, rates.await?),
    };
    let processes = visit.queries().processes().await?;
    let content = html! {
        (done(visit, &unfinished))
        (health(visit, &unfinished, &processes))
        (tiles(visit, &unfinished))
        (workers(visit, &unfinished))
        (job::running(visit))
        h2 { "Failures" }
        (failures)
        h2 { "Rates" }
        (rates)
        h2 { "Receivers" }
        (receivers(visit, range).await?)
        h2 { "Processes" }
        (process_table(visit, &processes))
        h2 { "Jobs and requests" }
        (jobs(visit).await?)
    };
    Ok(View::new("Overview", content).refreshing(10))
}

/// What was done, as long as it is so: the address stays the same.
fn done(visit: &Visit, unfinished: &Unfinished) -> Markup {
    match visit.params.get("done") {
        Some("paused") if unfinished.paused_since.is_some() => {
            html! { p.banner { "The workers are paused." } }
        }
        Some("resumed") if unfinished.paused_since.is_none() => {
            html! { p.banner.good { "The workers run again." } }
        }
        _ => html! {},
    }
}

/// One sentence for each thing that is not well, or one that all is.
fn health(visit: &Visit, unfinished: &Unfinished, processes: &[Process]) -> Markup {
    let mut problems: Vec<Markup> = Vec::new();
    let alive = processes
        .iter()
        .filter(|process| process.is_alive(visit.now))
        .count();
    if alive == 0
        && let Some(last) = processes.iter().map(|process| process.seen_at).max()
    {
        problems
            .push(html! { "No process runs: the last one was seen " (ago(last, visit.now)) "." });
    }

    if let Some(since) = unfinished.paused_since {
        problems.push(html! { "The workers are paused since " (ago(since, visit.now)) "." });
    } else if let Some(since) = unfinished.unattended_since {
        problems.push(
            html! { "Events wait and no worker takes them, since " (ago(since, visit.now)) "." },
        );
    } else if let Some(oldest) = unfinished.oldest_pending
        && age(oldest, visit.now) > PATIENCE
    {
        problems
            .push(html! { "The oldest event has waited for " (span(age(oldest, visit.now))) "." });
    }
    let counted = [
        (&unfinished.dead, "event", "dead: nobody retries it"),
        (
            &unfinished.effects_dead,
            "effect",
            "dead: nobody retries it",
        ),
        (&unfinished.retrying, "event", "retried after a failure"),
    ];
    for (count, noun, what) in counted {
        match (count.number, count.is_more) {
            (0, _) => {}
            (1, false) => problems.push(html! { "1 " (noun) " is " (what) "." }),
            _ => problems.push(html! { (count) " " (noun) "s are " (what.replace("retries it", "retries them")) "." }),
        }
    }

    html! {
        @if problems.is_empty() {
            p.banner.good { (state("●", "All is well.", "good")) " Every event is processed or on its way"
                @if alive > 0 { ", by " (alive) " running " (if alive == 1 { "process" } else { "processes" }) } "." }
        } @else {
            @for problem in problems { p.banner.bad { (state("▲", "Note:", "bad")) " " (problem) } }
        }
    }
}

fn tiles(visit: &Visit, unfinished: &Unfinished) -> Markup {
    let events = |word: &'static str, count: &Counted| {
        html! { a href=(visit.to("events", &[("state", word)])) { (count) } }
    };
    let effects = |word: &'static str, count: &Counted| {
        html! { a href=(visit.to("effects", &[("state", word)])) { (count) } }
    };
    let since = |time: Option<crate::timestamp::Timestamp>, word: &str| match time {
        Some(time) => html! { (word) " " (ago(time, visit.now)) },
        None => html! { "none" },
    };
    html! {
        dl.tiles {
            (tile("Waiting events", events("pending", &unfinished.pending), since(unfinished.oldest_pending, "oldest")))
            (tile("Being processed", events("processing", &unfinished.processing), html! { "by workers" }))
            (tile("Retrying", events("retrying", &unfinished.retrying), since(unfinished.next_retry, "next")))
            (tile("Dead events", events("dead", &unfinished.dead), since(unfinished.newest_dead, "newest")))
            (tile("Waiting effects", effects("pending", &unfinished.effects_pending), since(unfinished.oldest_effect, "oldest")))
            (tile("Retrying effects", effects("retrying", &unfinished.effects_retrying), html! {
                (unfinished.effects_running) " running" }))
            (tile("Dead effects", effects("dead", &unfinished.effects_dead), html! { "not retried" }))
        }
    }
}

fn workers(visit: &Visit, unfinished: &Unfinished) -> Markup {
    let change = match unfinished.paused_since {
        Some(_) => Change::Resume,
        None => Change::Pause,
    };
    html! { div.bar { (buttons::one(visit, &change, None)) } }
}

async fn receivers(visit: &Visit, range: &Range) -> Result<Markup, PageError> {
    let from = range.from(visit.now);
    let counts = visit.queries().receiver_counts(from, visit.now).await?;
    if counts.is_empty() {
        return Ok(html! { p { "No receiver has run in the last " (range.name()) "." } });
    }
    let rows: Vec<Markup> = counts
        .iter()
        .map(|counts| {
            let fields = [("receiver", &*counts.receiver)];
            html! {
                th scope="row" { a href=(visit.to("events", &fields)) { (code(&counts.receiver)) } }
                td { (number(counts.runs)) }
                td {
                    @if counts.failures == 0 { "none" }
                    @else { (state("✕", &number(counts.failures), "bad")) }
                }
                td { (counts.mean().map_or("–".to_owned(), span)) }
                td { (span(counts.longest)) }
            }
        })
        .collect();
    let caption = format!("Runs in the last {}", range.name());
    Ok(table(
        &caption,
        &["Receiver", "Runs", "Failures", "Duration", "Longest"],
        &rows,
    ))
}

fn process_table(visit: &Visit, processes: &[Process]) -> Markup {
    if processes.is_empty() {
        return html! { p { "No process has written its row yet." } };
    }
    let rows: Vec<Markup> = processes
        .iter()
        .map(|process| {
            html! {
                th scope="row" { (code(&process.host)) " " span.soft { (process.pid) } }
                td { (code(&process.role)) }
                td { (code(&process.version)) }
                td { (good_or_bad(process.is_alive(visit.now), "alive", "silent")) }
                td { (ago(process.started_at, visit.now)) }
                td { (ago(process.seen_at, visit.now)) }
            }
        })
        .collect();
    table(
        "Processes",
        &["Host", "Role", "Version", "State", "Started", "Seen"],
        &rows,
    )
}

/// What keeps the mirror complete, and what is left of the rate of requests to Stripe.
async fn jobs(visit: &Visit) -> Result<Markup, PageError> {
    let reconciled = visit.store().reconciliations().await?;
    let lost = reconciled.iter().filter_map(|it| it.lost).max();
    let reconciled = reconciled.iter().filter_map(|it| it.finished_at).max();
    let synced = visit.queries().sync_runs(1).await?;
    let verified = visit.queries().verify_runs(1).await?;
    let rates = visit.app().client().map(|client| {
        let rate = |livemode: bool| {
            let allowed = client.allowed_rate(livemode);
            let mode = mode_name(livemode);
            let refused = quantity(client.refusals(livemode), "answer");
            client
                .has_key(livemode)
                .then(|| format!("{mode} mode: {allowed:.0} per second, {refused} with status 429"))
        };
        let rates: Vec<String> = [rate(true), rate(false)].into_iter().flatten().collect();
        rates.join("; ")
    });
    Ok(html! {
        dl.facts {
            dt { "Last reconcile" } dd {
                (at_or_none(reconciled, visit.now))
                @if let Some((from, until)) = lost {
                    " · " (state("✕", "events are lost", "bad")) " from " (at(from, visit.now)) " to " (at(until, visit.now))
                }
            }
            dt { "Last sync" } dd { (last_sync(visit, synced.first())) }
            dt { "Last verify" } dd { (last_verify(visit, verified.first())) }
            dt { "Requests to Stripe" }
            dd {
                @match rates {
                    Some(rates) if !rates.is_empty() => {
                        "allowed now, in " (rates)
                        span.soft { " (of this process; lower after answers with 429)" }
                    }
                    _ => "no secret key",
                }
            }
        }
        p { a href=(visit.to("runs", &[])) { "All runs" } }
    })
}

fn last_sync(visit: &Visit, run: Option<&SyncRun>) -> Markup {
    let Some(run) = run else {
        return html! { "–" };
    };
    html! {
        (code(&run.object)) " "
        @match run.finished_at {
            Some(time) => (at(time, visit.now)),
            None => { (state("◐", "not finished", "warn")) ", started " (at(run.started_at, visit.now)) }
        }
        @if let Some(reason) = &run.reason { " · " (state("▲", &shown(&run.state), "warn")) ": " (shown(reason)) }
    }
}

fn last_verify(visit: &Visit, run: Option<&VerifyRun>) -> Markup {
    let Some(run) = run else {
        return html! { "–" };
    };
    let found = run.missing + run.differing + run.extra;
    let left = found.saturating_sub(run.repaired);
    html! {
        @match run.finished_at {
            Some(time) => (at(time, visit.now)),
            None => { (state("◐", "not finished", "warn")) ", last seen " (at(run.updated_at, visit.now)) }
        }
        @if left > 0 { " · " (state("▲", &quantity(left, "finding"), "warn")) }
        @if let Some(error) = &run.error { " · " (state("✕", "failed", "bad")) ": " (shown(error)) }
    }
}
