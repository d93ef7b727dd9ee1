//! How a sync is shown: bars on a terminal, lines elsewhere, one JSON object a line for machines.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::Output;
use crate::cli::list::print;
use crate::maintenance::sync::{BackfillRuns, Counts, ListName, ObjectSummary, Progress, Summary};

/// Time between two lines about one list.
const PAUSE: Duration = Duration::from_secs(5);

/// Length of a bar.
const STEPS: u64 = 10_000;

/// What is shown.
pub(super) struct Show {
    way: Way,
    lists: HashMap<ListName, Shown>,
}

enum Way {
    Json,
    Bars(MultiProgress),
    Lines,
}

/// What is shown of one list.
struct Shown {
    begun: Instant,
    told: Instant,
    bar: Option<ProgressBar>,
}

impl Show {
    pub(super) fn new(output: Output) -> Self {
        let way = if output.json {
            Way::Json
        } else if std::io::stderr().is_terminal() {
            Way::Bars(MultiProgress::new())
        } else {
            Way::Lines
        };
        Self {
            way,
            lists: HashMap::new(),
        }
    }

    /// Shows something that happened. A closed pipe doesn't end the sync.
    pub(super) fn progress(&mut self, progress: &Progress) {
        if matches!(self.way, Way::Json) {
            let _ = print(format_args!("{}", event(progress)));
            return;
        }
        match progress {
            Progress::Begun { list, resumed } => {
                if *resumed {
                    self.line(&format!("{}: going on where it stopped", named(list)));
                }
                let now = Instant::now();
                self.lists.insert(
                    list.clone(),
                    Shown {
                        begun: now,
                        told: now,
                        bar: None,
                    },
                );
            }
            Progress::Stored {
                list,
                objects,
                part,
            } => self.stored(list, *objects, *part),
            Progress::Done {
                list,
                objects,
                by_another,
            } => {
                let rate = self
                    .close(list)
                    .map_or(String::new(), |begun| rate(*objects, begun));
                if *by_another {
                    self.line(&format!("{}: done already", named(list)));
                } else if *objects > 0 {
                    self.line(&format!("{}: {objects}{rate}", named(list)));
                }
            }
            Progress::Skipped { list, reason } => {
                self.close(list);
                self.line(&format!("{}: skipped: {reason}", named(list)));
            }
            Progress::Refused { list, what, reason } => {
                self.line(&format!("{}: {what}: {reason}", named(list)))
            }
            Progress::Failed { list, error } => {
                self.close(list);
                self.line(&format!("{}: failed: {error}", named(list)));
            }
            Progress::Unstorable { list, id, reason } => {
                self.line(&format!("{}: {id} can't be stored: {reason}", named(list)));
            }
            Progress::Waiting { list } => {
                self.line(&format!("{}: another run is at it; waiting", named(list)))
            }
        }
    }

    fn line(&self, text: &str) {
        let _ = match &self.way {
            Way::Bars(bars) => bars.println(text),
            Way::Lines | Way::Json => print(format_args!("{text}")),
        };
    }

    fn stored(&mut self, list: &ListName, objects: u64, part: Option<f64>) {
        let Some(shown) = self.lists.get_mut(list) else {
            return;
        };
        let rate = rate(objects, shown.begun);
        match &self.way {
            Way::Bars(bars) => {
                if objects == 0 && part.is_none_or(|part| part >= 1.0) {
                    return;
                }
                let bar = shown.bar.get_or_insert_with(|| bars.add(bar(list)));
                bar.set_message(format!("{objects}{rate}"));
                match part {
                    Some(part) => {
                        bar.set_length(STEPS);
                        bar.set_position((part * STEPS as f64) as u64);
                    }
                    None => bar.tick(),
                }
            }
            Way::Lines if shown.told.elapsed() >= PAUSE => {
                shown.told = Instant::now();
                let left = part
                    .filter(|part| *part > 0.0)
                    .map(|part| shown.begun.elapsed().mul_f64(1.0 / part - 1.0));
                let left = left
                    .map(|left| format!(", about {} s left", left.as_secs()))
                    .unwrap_or_default();
                self.line(&format!("{}: {objects}{rate}{left}", named(list)));
            }
            Way::Lines | Way::Json => {}
        }
    }

    /// Shows nothing more of a list; says when it was begun.
    fn close(&mut self, list: &ListName) -> Option<Instant> {
        let shown = self.lists.remove(list)?;
        if let (Some(bar), Way::Bars(bars)) = (shown.bar, &self.way) {
            bar.finish_and_clear();
            bars.remove(&bar);
        }
        Some(shown.begun)
    }

    /// Shows what became of the receivers' runs.
    pub(super) fn receivers(&self, events: u64, runs: BackfillRuns) -> std::io::Result<()> {
        let BackfillRuns { succeeded, failed } = runs;
        if matches!(self.way, Way::Json) {
            let told = json!({ "event": "receivers", "events": events, "succeeded": succeeded, "failed": failed });
            return print(format_args!("{told}"));
        }
        print(format_args!(
            "receivers: {events} events, {succeeded} runs succeeded, {failed} failed"
        ))?;
        if failed > 0 {
            print(format_args!(
                "workers try those that failed again; `events list` shows them, `events retry` runs them now"
            ))?;
        }
        Ok(())
    }

    /// Shows what was done.
    pub(super) fn summary(&self, summary: &Summary) -> std::io::Result<()> {
        if matches!(self.way, Way::Json) {
            for (object, done) in &summary.objects {
                print(format_args!("{}", summed(object, done)))?;
            }
            let mut total = summed("", &summary.total());
            total["event"] = "total".into();
            total["seconds"] = summary.took.as_secs_f64().into();
            total["complete"] = summary.is_complete().into();
            return print(format_args!("{total}"));
        }
        print(format_args!(
            "{:<40} {:>9} {:>9} {:>9} {:>7} {:>8}",
            "", "new", "updated", "unchanged", "stale", "requests"
        ))?;
        for (object, done) in summary
            .objects
            .iter()
            .filter(|(_, done)| done.counts.all() > 0)
        {
            print(format_args!("{}", row(object, done)))?;
        }
        let total = summary.total();
        print(format_args!("{}", row("total", &total)))?;
        print(format_args!(
            "took {:.1?}; {} pages, {} checks; {} requests waited for their turn, {:.1?} in all; {} answers 429",
            summary.took, total.pages, total.checks, total.waits, total.waited, total.rate_limited
        ))?;
        if !total.skipped.is_empty() || total.refused > 0 {
            print(format_args!(
                "{} lists and {} parts of lists are not given by Stripe",
                total.skipped.len(),
                total.refused
            ))?;
        }
        if !summary.is_complete() {
            print(format_args!(
                "{} lists failed, {} objects can't be stored; run the same command again to go on with what failed",
                total.failed.len(),
                total.counts.unstorable
            ))?;
        }
        Ok(())
    }
}

fn named(list: &ListName) -> String {
    if list.livemode {
        format!("{list} (live)")
    } else {
        list.to_string()
    }
}

fn rate(objects: u64, begun: Instant) -> String {
    let rate = objects as f64 / begun.elapsed().as_secs_f64().max(0.001);
    format!(", {rate:.0}/s")
}

fn bar(list: &ListName) -> ProgressBar {
    let bar = ProgressBar::no_length().with_prefix(named(list));
    let style = ProgressStyle::with_template("{prefix:40!} {wide_bar} {msg} {eta}");
    // The template is right, or there is a plainer bar.
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
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

fn summed(object: &str, done: &ObjectSummary) -> Value {
    let pairs = |lists: &[(ListName, String)]| -> Vec<Value> {
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
        "wasted": done.wasted,
        "requests": done.requests,
        "rate_limited": done.rate_limited,
        "waits": done.waits,
        "waited_seconds": done.waited.as_secs_f64(),
        "skipped": pairs(&done.skipped),
        "failed": pairs(&done.failed),
        "refused": done.refused,
        "by_another": done.by_another,
    })
}

/// What happened, for machines.
fn event(progress: &Progress) -> Value {
    let (name, list, mut event) = match progress {
        Progress::Begun { list, resumed } => ("begun", list, json!({ "resumed": resumed })),
        Progress::Stored {
            list,
            objects,
            part,
        } => ("stored", list, json!({ "objects": objects, "part": part })),
        Progress::Done {
            list,
            objects,
            by_another,
        } => (
            "done",
            list,
            json!({ "objects": objects, "by_another": by_another }),
        ),
        Progress::Skipped { list, reason } => ("skipped", list, json!({ "reason": reason })),
        Progress::Refused { list, what, reason } => {
            ("refused", list, json!({ "what": what, "reason": reason }))
        }
        Progress::Failed { list, error } => ("failed", list, json!({ "error": error })),
        Progress::Unstorable { list, id, reason } => {
            ("unstorable", list, json!({ "id": id, "reason": reason }))
        }
        Progress::Waiting { list } => ("waiting", list, json!({})),
    };
    event["event"] = name.into();
    event["object"] = list.object.into();
    event["account"] = list.account.clone().into();
    event["livemode"] = list.livemode.into();
    event
}
