//! How a command ends: its result, and the exit status that the process returns for it.

use std::error::Error;
use std::process::ExitCode;

use super::log::LogFormat;
use super::output;
use crate::error::describe;

/// Any error of a command. The process prints it and exits with status 1, or 2 for [`UsageError`]
/// and [`Incomplete`].
pub(super) type CommandError = Box<dyn Error + Send + Sync>;

/// How a command that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExitStatus {
    Success,
    /// The command found problems that an operator has to look at.
    ProblemsFound,
}

impl ExitStatus {
    /// The status of a command that looks for problems.
    pub(super) const fn problems_found(found: bool) -> Self {
        if found {
            Self::ProblemsFound
        } else {
            Self::Success
        }
    }
}

/// An invalid combination or value of arguments that clap does not detect.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

/// A comparison that could not be completed. Its exit status differs from that of one that found
/// problems.
#[derive(Debug, thiserror::Error)]
#[error("{}", describe(.0.as_ref()))]
pub(super) struct Incomplete(CommandError);

impl Incomplete {
    /// Wraps an error; a closed standard output stays what it is.
    pub(super) fn wrap(error: CommandError) -> CommandError {
        if output::is_closed(error.as_ref()) {
            error
        } else {
            Self(error).into()
        }
    }
}

/// Prints what clap has to say of a command line, or the help that was asked for, and returns the exit
/// status of the process.
pub(super) fn parse_error(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    if error.use_stderr() {
        output::report_usage(text.trim_end());
        return ExitCode::from(2);
    }
    // If the stream is closed, there is no place left to print to.
    let _ = output::print_lines(text.trim_end());
    ExitCode::SUCCESS
}

/// Reports an error on standard error and returns the exit status of the process.
pub(super) fn exit_code(result: Result<ExitStatus, CommandError>, format: LogFormat) -> ExitCode {
    let error = match result {
        Ok(ExitStatus::Success) => return ExitCode::SUCCESS,
        Ok(ExitStatus::ProblemsFound) => return ExitCode::FAILURE,
        // As in `… events | head -1`: the reader has all that it wants.
        Err(error) if output::is_closed(error.as_ref()) => return ExitCode::SUCCESS,
        Err(error) => error,
    };

    let message = describe(error.as_ref());
    match format {
        LogFormat::Text => output::report("error", &message),
        LogFormat::Json => tracing::error!(error = message, "command failed"),
    }

    if error.is::<UsageError>() || error.is::<Incomplete>() {
        ExitCode::from(2)
    } else {
        ExitCode::FAILURE
    }
}
