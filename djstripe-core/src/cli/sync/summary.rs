//! The summary of a sync, as a table or as JSON objects.

use std::io;

use serde_json::{Value, json};

use super::progress::{label, widened};
use crate::cli::output::{OutputArgs, print};
use crate::maintenance::sync::{
    BackfillRuns, Counts, ListName, ObjectSummary, Summary, SyncOptions,
};

pub(super) fn print_summary(
    summary: &Summary,
    options: &SyncOptions,
    output: OutputArgs,
) -> io::Result<()> {
    if output.json {
        return print_json(summary);
    }

    print(format_args!(
        "{:<40} {:>9} {:>9} {:>9} {:>7} {:>8}",
        "", "new", "updated", "unchanged", "stale", "requests"
    ))?;
    for (object, done) in &summary.objects {
        if done.counts.all() > 0 {
            print(row(object, done))?;
        }
    }
    let total = summary.total();
    print(row("total", &total))?;

    print(format_args!(
        "took {:.1?}; {} pages, {} checks; {} requests waited for the rate budget, {:.1?} in total; \
         {} responses with status 429",
        summary.took, total.pages, total.checks, total.waits, total.waited, total.rate_limited
    ))?;
    print_named(summary, options)?;
    for (list, narrowing) in &total.widened {
        print(format_args!("{}: {}", label(list), widened(*narrowing)))?;
    }
    if !total.skipped.is_empty() {
        print(format_args!(
            "left out: {} lists of products that the account has not enabled or of objects that the \
             settings exclude",
            total.skipped.len()
        ))?;
    }
    print_omissions(summary, &total)
}

/// Counts what other objects name and no list has shown.
fn print_named(summary: &Summary, options: &SyncOptions) -> io::Result<()> {
    let hint = if options.follow {
        "Stripe doesn't have them any more, or the key may not read them"
    } else {
        "`--follow` fetches them"
    };
    for (object, done) in &summary.objects {
        if done.named > 0 {
            print(format_args!(
                "{object}: {} that other objects name have no row; {hint}",
                done.named
            ))?;
        }
    }
    Ok(())
}

/// Names what the account has and this sync could not read or store.
fn print_omissions(summary: &Summary, total: &ObjectSummary) -> io::Result<()> {
    if summary.is_complete() {
        return Ok(());
    }
    for (list, error) in &total.failed {
        print(format_args!("not read: {}: {error}", label(list)))?;
    }
    for (object, done) in &summary.objects {
        if done.refused > 0 {
            print(format_args!(
                "not read: {} parts of lists of {object}",
                done.refused
            ))?;
        }
    }
    print(format_args!(
        "{} lists and {} parts of lists were not read, {} objects can't be stored; run the same command \
         again to resume",
        total.failed.len(),
        total.refused,
        total.counts.unstorable
    ))
}

/// Prints how the receivers' runs ended.
pub(super) fn print_runs(events: u64, runs: &BackfillRuns, output: OutputArgs) -> io::Result<()> {
    let BackfillRuns { succeeded, failed } = runs;
    if output.json {
        return print(json!({
            "event": "receivers",
            "events": events,
            "succeeded": succeeded,
            "failed": failed,
        }));
    }

    print(format_args!(
        "receivers: {events} events, {succeeded} runs succeeded, {failed} failed"
    ))?;
    if *failed > 0 {
        print(
            "workers retry failed runs; `events list` shows them, `events retry` retries them now",
        )?;
    }
    Ok(())
}

fn row(name: &str, done: &ObjectSummary) -> String {
    let Counts {
        inserted,
        updated,
        unchanged,
        stale,
        ..
    } = done.counts;
    format!(
        "{name:<40} {inserted:>9} {updated:>9} {unchanged:>9} {stale:>7} {:>8}",
        done.requests
    )
}

fn print_json(summary: &Summary) -> io::Result<()> {
    for (object, done) in &summary.objects {
        print(object_json(object, done))?;
    }

    let mut total = object_json("", &summary.total());
    total["event"] = "total".into();
    total["seconds"] = summary.took.as_secs_f64().into();
    total["complete"] = summary.is_complete().into();
    print(total)
}

fn object_json(object: &str, done: &ObjectSummary) -> Value {
    let with_reasons = |lists: &[(ListName, String)]| -> Vec<Value> {
        lists
            .iter()
            .map(|(list, reason)| json!({ "account": list.account, "reason": reason }))
            .collect()
    };

    json!({
        "event": "summary",
        "object": object,
        "inserted": done.counts.inserted,
        "updated": done.counts.updated,
        "unchanged": done.counts.unchanged,
        "stale": done.counts.stale,
        "unstorable": done.counts.unstorable,
        "pages": done.pages,
        "checks": done.checks,
        "wasted": done.empty_ranges,
        "requests": done.requests,
        "rate_limited": done.rate_limited,
        "waits": done.waits,
        "waited_seconds": done.waited.as_secs_f64(),
        "skipped": with_reasons(&done.skipped),
        "failed": with_reasons(&done.failed),
        "refused": done.refused,
        "named": done.named,
        "widened": done.widened.iter().map(|(list, narrowing)| {
            json!({ "account": list.account, "parameter": narrowing.parameter() })
        }).collect::<Value>(),
        "by_another": done.by_another,
    })
}
