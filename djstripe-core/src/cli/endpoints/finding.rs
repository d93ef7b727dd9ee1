//! A finding of `endpoints doctor`, as a line or as JSON.

use std::fmt::Display;
use std::io;

use serde_json::json;

use crate::cli::output::{OutputArgs, print};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    Ok,
    Problem,
    Note,
}

impl Severity {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Problem => "problem",
            Self::Note => "note",
        }
    }
}

/// Prints a finding about the endpoint with this id, or about all of them.
pub(super) fn print_finding(
    output: OutputArgs,
    severity: Severity,
    id: Option<&dyn Display>,
    what: impl Display,
) -> io::Result<()> {
    if output.json {
        return print(json!({
            "severity": severity.as_str(),
            "id": id.map(ToString::to_string),
            "what": what.to_string(),
        }));
    }

    match (severity, id) {
        (Severity::Note, _) => print(format_args!("note: {what}")),
        (_, Some(id)) => print(format_args!("{id}  {what}")),
        (_, None) => print(what),
    }
}
