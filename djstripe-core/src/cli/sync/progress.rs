//! The progress of a sync: bars on a terminal, lines elsewhere, or JSON objects.

use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::output::{OutputArgs, Printer, escaped};
use crate::maintenance::sync::{ListName, Narrowing, Progress};

/// Time between two lines about the same list.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// Length of a bar.
const BAR_LENGTH: u64 = 10_000;

/// Shows the progress of each list. A closed pipe doesn't stop the sync.
pub(super) struct ProgressView {
    style: Style,
    printer: Printer,
    lists: HashMap<ListName, ListState>,
}

enum Style {
    Json,
    Bars(MultiProgress),
    Lines,
}

/// What is shown of a list that is being synced.
struct ListState {
    started: Instant,
    last_line: Instant,
    bar: Option<ProgressBar>,
}

impl ProgressView {
    pub(super) fn new(output: OutputArgs) -> Self {
        let style = if output.json {
            Style::Json
        } else if io::stderr().is_terminal() {
            Style::Bars(MultiProgress::new())
        } else {
            Style::Lines
        };
        Self {
            style,
            printer: Printer::new(),
            lists: HashMap::new(),
        }
    }

    pub(super) fn show(&mut self, progress: &Progress) {
        if matches!(self.style, Style::Json) {
            self.printer.line(to_json(progress));
            return;
        }

        match progress {
            Progress::Started { list, resumed } => {
                if *resumed {
                    self.line(list, "resuming");
                }
                self.open(list);
            }
            Progress::Stored {
                list,
                objects,
                fraction,
            } => self.show_stored(list, *objects, *fraction),
            Progress::Done {
                list,
                objects,
                by_another,
            } => {
                let rate = self
                    .close(list)
                    .map_or(String::new(), |started| rate(*objects, started));
                if *by_another {
                    self.line(list, "already done");
                } else if *objects > 0 {
                    self.line(list, &format!("{objects}{rate}"));
                }
            }
            Progress::Skipped { list, reason } => {
                self.close(list);
                self.line(list, &format!("skipped: {reason}"));
            }
            Progress::Refused { list, part, reason } => {
                self.line(list, &format!("{part}: {reason}"));
            }
            Progress::Failed { list, error } => {
                self.close(list);
                self.line(list, &format!("failed: {error}"));
            }
            Progress::Widened { list, narrowing } => {
                self.line(list, &widened(*narrowing));
            }
            Progress::Unstorable { list, id, reason } => {
                self.line(list, &format!("{id} can't be stored: {reason}"));
            }
            Progress::Waiting { list } => self.line(list, "waiting for another run"),
        }
    }

    /// Returns the first error of printing.
    pub(super) fn finish(self) -> io::Result<()> {
        self.printer.finish()
    }

    fn line(&mut self, list: &ListName, text: &str) {
        let line = format!("{}: {text}", label(list));
        match &self.style {
            // A terminal that is gone shows no bars either.
            Style::Bars(bars) => drop(bars.println(escaped(&line))),
            Style::Lines | Style::Json => self.printer.line(line),
        }
    }

    fn open(&mut self, list: &ListName) {
        let now = Instant::now();
        let state = ListState {
            started: now,
            last_line: now,
            bar: None,
        };
        self.lists.insert(list.clone(), state);
    }

    /// Removes the list and its bar; returns when it was opened.
    fn close(&mut self, list: &ListName) -> Option<Instant> {
        let state = self.lists.remove(list)?;
        if let (Some(bar), Style::Bars(bars)) = (state.bar, &self.style) {
            bar.finish_and_clear();
            bars.remove(&bar);
        }
        Some(state.started)
    }

    fn show_stored(&mut self, list: &ListName, objects: u64, part: Option<f64>) {
        let Some(state) = self.lists.get_mut(list) else {
            return;
        };
        let rate = rate(objects, state.started);
        match &self.style {
            Style::Bars(bars) => {
                // A list of one page is done at once: it needs no bar.
                if objects > 0 || part.is_some_and(|part| part < 1.0) {
                    let bar = state.bar.get_or_insert_with(|| bars.add(new_bar(list)));
                    update_bar(bar, &format!("{objects}{rate}"), part);
                }
            }
            Style::Lines if state.last_line.elapsed() >= LINE_INTERVAL => {
                state.last_line = Instant::now();
                let left = time_left(state.started, part)
                    .map(|left| format!(", about {} s left", left.as_secs()))
                    .unwrap_or_default();
                self.line(list, &format!("{objects}{rate}{left}"));
            }
            Style::Lines | Style::Json => {}
        }
    }
}

pub(super) fn widened(narrowing: Narrowing) -> String {
    let parameter = narrowing.parameter();
    format!("read page by page: Stripe refuses the parameter `{parameter}`")
}

pub(super) fn label(list: &ListName) -> String {
    if list.livemode {
        format!("{list} (live)")
    } else {
        list.to_string()
    }
}

fn rate(objects: u64, started: Instant) -> String {
    let rate = objects as f64 / started.elapsed().as_secs_f64().max(0.001);
    format!(", {rate:.0}/s")
}

fn time_left(started: Instant, part: Option<f64>) -> Option<Duration> {
    part.filter(|part| *part > 0.0)
        .map(|part| started.elapsed().mul_f64(1.0 / part - 1.0))
}

fn new_bar(list: &ListName) -> ProgressBar {
    let bar = ProgressBar::no_length().with_prefix(escaped(&label(list)).into_owned());
    let style = ProgressStyle::with_template("{prefix:40!} {wide_bar} {msg} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn update_bar(bar: &ProgressBar, message: &str, part: Option<f64>) {
    bar.set_message(message.to_owned());
    match part {
        Some(part) => {
            bar.set_length(BAR_LENGTH);
            bar.set_position((part * BAR_LENGTH as f64) as u64);
        }
        None => bar.tick(),
    }
}

fn to_json(progress: &Progress) -> Value {
    let (name, list, mut event) = match progress {
        Progress::Started { list, resumed } => ("begun", list, json!({ "resumed": resumed })),
        Progress::Stored {
            list,
            objects,
            fraction,
        } => (
            "stored",
            list,
            json!({ "objects": objects, "part": fraction }),
        ),
        Progress::Done {
            list,
            objects,
            by_another,
        } => {
            let event = json!({ "objects": objects, "by_another": by_another });
            ("done", list, event)
        }
        Progress::Skipped { list, reason } => ("skipped", list, json!({ "reason": reason })),
        Progress::Refused { list, part, reason } => {
            ("refused", list, json!({ "what": part, "reason": reason }))
        }
        Progress::Widened { list, narrowing } => {
            let parameter = narrowing.parameter();
            ("widened", list, json!({ "parameter": parameter }))
        }
        Progress::Failed { list, error } => ("failed", list, json!({ "error": error })),
        Progress::Unstorable { list, id, reason } => {
            ("unstorable", list, json!({ "id": id, "reason": reason }))
        }
        Progress::Waiting { list } => ("waiting", list, json!({})),
    };

    event["event"] = name.into();
    event["object"] = list.object.into();
    event["part"] = list.part.as_str().into();
    event["account"] = list.account.clone().into();
    event["livemode"] = list.livemode.into();
    event
}
