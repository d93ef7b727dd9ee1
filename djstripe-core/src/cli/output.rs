//! Everything that commands print: results on standard output, remarks on standard error.
//!
//! Invariant: standard output holds results only, so that another program can read it. No ANSI escape
//! sequence is written to either stream here.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use clap::Args;

/// Columns of a line where standard output is not a terminal.
const DEFAULT_WIDTH: usize = 100;

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct OutputArgs {
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// The reader of standard output has closed it.
#[derive(Debug, thiserror::Error)]
#[error("standard output is closed")]
struct Closed;

/// Prints one line to standard output.
///
/// # Errors
/// The error of a closed pipe is marked, so that [`is_closed`] recognizes it: it ends the command
/// without being a failure.
pub(super) fn print(line: impl Display) -> io::Result<()> {
    writeln!(io::stdout(), "{line}").map_err(|error| match error.kind() {
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
    // If standard error is closed, there is no place left to report that.
    let _ = io::stderr().write_fmt(format_args!("{severity}: {message}\n"));
}

/// How many columns a line of standard output has.
pub(super) fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout())
        .map_or(DEFAULT_WIDTH, |(terminal_size::Width(width), _)| {
            width.into()
        })
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
}
