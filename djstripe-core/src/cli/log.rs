//! The log on standard error: its filter, its format, and whether it has colors.

use std::ffi::OsStr;
use std::io::IsTerminal;

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use super::log_fields::{EscapedFields, EscapedJson};

/// Variable with the filter.
const FILTER: &str = EnvFilter::DEFAULT_ENV;

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct LogArgs {
    /// Set the format of the log on standard error
    #[arg(
        long,
        env = "DJSTRIPE_LOG_FORMAT",
        value_enum,
        default_value_t,
        value_name = "FORMAT"
    )]
    pub(super) log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    // One line per entry, with colors on a terminal.
    #[default]
    Text,
    // One JSON object per line.
    Json,
}

/// Log settings of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log {
    /// Filter where `RUST_LOG` is not set.
    pub(super) default_filter: &'static str,
    pub(super) format: LogFormat,
}

/// Installs the log for the whole process, unless the application has set a subscriber of its own.
pub(super) fn init(log: Log) {
    let set = std::env::var(FILTER).ok();
    let (filter, invalid) = filter(set.as_deref(), log.default_filter);

    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(has_colors())
        // Reporting that standard error can't be written to panics if it is closed.
        .log_internal_errors(false);
    let installed = match log.format {
        LogFormat::Text => subscriber.fmt_fields(EscapedFields::default()).try_init(),
        LogFormat::Json => subscriber
            .json()
            .with_writer(|| EscapedJson(std::io::stderr()))
            .try_init(),
    };
    if installed.is_err() {
        // The application has a log of its own, with its own filter and format.
        return;
    }

    if let Some(error) = invalid {
        tracing::error!(%error, "invalid {FILTER}; using `{}`", log.default_filter);
    }
}

/// The filter that is set, or else the default. An empty one is not set; one that can't be parsed is
/// returned as an error too.
fn filter(set: Option<&str>, default: &str) -> (EnvFilter, Option<ParseError>) {
    let set = set.filter(|filter| !filter.trim().is_empty());
    match set.map(EnvFilter::try_new) {
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (EnvFilter::new(default), Some(error)),
        None => (EnvFilter::new(default), None),
    }
}

/// Whether the log may contain ANSI escape sequences, according to <https://no-color.org>.
fn has_colors() -> bool {
    let is_set =
        |name, means: fn(&OsStr) -> bool| std::env::var_os(name).is_some_and(|value| means(&value));
    let is_off =
        is_set("NO_COLOR", |value| !value.is_empty()) || is_set("TERM", |value| value == "dumb");
    std::io::stderr().is_terminal() && !is_off
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_empty_or_invalid_is_replaced_by_the_default() {
        let check = |set: Option<&str>, expected: &str, is_valid: bool| {
            let (filter, invalid) = filter(set, "info");
            assert_eq!(
                (filter.to_string(), invalid.is_none()),
                (expected.to_owned(), is_valid),
                "{set:?}"
            );
        };

        check(None, "info", true);
        check(Some(""), "info", true);
        check(Some(" "), "info", true);
        check(Some("warn"), "warn", true);
        check(Some("warn,a::b=trace"), "a::b=trace,warn", true);
        check(Some("a=loud"), "info", false);
    }
}
