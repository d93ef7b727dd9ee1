//! Everything that commands print: results on standard output, remarks on standard error.
//!
//! Invariants: standard output holds results only, so that another program can read it. No ANSI escape
//! sequence is written to either stream here, and whatever is printed is escaped, because most of it
//! comes from outside. With `--json`, each line of either stream is a JSON object.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use serde_json::json;

use super::escape;

/// Columns of a line where standard output is not a terminal.
const DEFAULT_WIDTH: usize = 100;

/// Whether this process prints JSON: it runs one command.
static IS_JSON: AtomicBool = AtomicBool::new(false);

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct OutputArgs {
    /// Print one JSON object per line, errors and remarks on standard error included
    #[arg(long)]
    pub(super) json: bool,
}

/// The reader of standard output has closed it.
#[derive(Debug, thiserror::Error)]
#[error("standard output is closed")]
struct Closed;

/// Sets whether all that is printed is JSON.
pub(super) fn set_json(is_json: bool) {
    IS_JSON.store(is_json, Ordering::Relaxed);
}

fn is_json() -> bool {
    IS_JSON.load(Ordering::Relaxed)
}

/// Prints one line to standard output. Line ends within it are escaped; a line of text is cut where
/// it is too long to be read.
///
/// # Errors
/// The error of a closed pipe is marked, so that [`is_closed`] recognizes it: it ends the command
/// without being a failure.
pub(super) fn print(line: impl Display) -> io::Result<()> {
    let line = line.to_string();
    write(&if is_json() {
        escape::json(&line)
    } else {
        escape::line(&line)
    })
}

/// Prints a text that has lines of its own, such as a payload or a script, whole.
///
/// # Errors
/// Those of [`print`].
pub(super) fn print_lines(text: impl Display) -> io::Result<()> {
    write(&escape::lines(&text.to_string()))
}

fn write(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}").map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => io::Error::new(ErrorKind::BrokenPipe, Closed),
        _ => error,
    })
}

/// Whether `error` means that standard output was closed. A connection that breaks is also a
/// `BrokenPipe`, but not this one.
pub(super) fn is_closed(error: &(dyn Error + 'static)) -> bool {
    error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
        .is_some_and(|inner| inner.is::<Closed>())
}

/// Prints lines from a callback, whose work must finish although printing fails.
#[derive(Debug)]
pub(super) struct Printer(io::Result<()>);

impl Printer {
    pub(super) const fn new() -> Self {
        Self(Ok(()))
    }

    /// Prints a line, unless an earlier one failed.
    pub(super) fn line(&mut self, line: impl Display) {
        if self.0.is_ok() {
            self.0 = print(line);
        }
    }

    /// Returns the first error.
    pub(super) fn finish(self) -> io::Result<()> {
        self.0
    }
}

/// Warns the operator on standard error, whatever the log filter is.
pub(super) fn warn(message: impl Display) {
    report("warning", message);
}

/// Remarks something about the results on standard error.
pub(super) fn note(message: impl Display) {
    report("note", message);
}

pub(super) fn report(severity: &str, message: impl Display) {
    let line = remark(severity, &message.to_string(), is_json());
    // If standard error is closed, there is no place left to report that.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints what is wrong with a command line: an error, and how the command is used.
pub(super) fn report_usage(text: &str) {
    if is_json() {
        report("error", text.trim_start_matches("error: "));
    } else {
        let _ = writeln!(io::stderr(), "{}", escape::lines(text));
    }
}

fn remark(severity: &str, message: &str, is_json: bool) -> String {
    if is_json {
        let remark = json!({ "severity": severity, "message": message }).to_string();
        escape::json(&remark).into_owned()
    } else {
        format!("{severity}: {}", escape::line(message))
    }
}

/// A text from outside for what this module doesn't print, such as a progress bar.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    escape::line(text)
}

/// How many columns a line of standard output has.
pub(super) fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout())
        .map_or(DEFAULT_WIDTH, |(terminal_size::Width(width), _)| {
            width.into()
        })
}

/// Words in lines of at most `width` columns, each after `indent`.
pub(super) fn wrap(words: &[String], indent: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_closed_output_is_recognized() {
        let closed = io::Error::new(ErrorKind::BrokenPipe, Closed);
        assert!(is_closed(&closed));

        let connection = io::Error::from(ErrorKind::BrokenPipe);
        assert!(!is_closed(&connection));
    }

    #[test]
    fn a_remark_is_one_line() {
        let message = "no event \u{1b}[31m\nerror: forged";
        assert_eq!(
            remark("note", message, false),
            r"note: no event \u001b[31m\nerror: forged"
        );
        assert_eq!(
            remark("note", message, true),
            r#"{"message":"no event \u001b[31m\nerror: forged","severity":"note"}"#
        );
    }

    #[test]
    fn words_are_wrapped_at_the_width() {
        let words = ["invoice.paid", "charge.failed", "customer.created"].map(str::to_owned);
        let check = |width: usize, expected: &[&str]| {
            assert_eq!(wrap(&words, "  ", width), expected, "{width}");
        };
        check(80, &["  invoice.paid charge.failed customer.created"]);
        check(28, &["  invoice.paid charge.failed", "  customer.created"]);
        check(
            5,
            &["  invoice.paid", "  charge.failed", "  customer.created"],
        );
        assert!(wrap(&[], "  ", 80).is_empty());
    }
}
