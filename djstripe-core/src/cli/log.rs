//! The log on standard error: its filter, its format, and whether it has colors.

use std::io::IsTerminal;

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

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
    let filter = std::env::var(FILTER).ok();
    let filter = filter.filter(|filter| !filter.trim().is_empty());
    let parsed = filter.as_deref().map(EnvFilter::try_new);
    let (filter, invalid) = match parsed {
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (EnvFilter::new(log.default_filter), Some(error)),
        None => (EnvFilter::new(log.default_filter), None),
    };

    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(has_colors())
        // Reporting that standard error can't be written to panics if it is closed.
        .log_internal_errors(false);
    let installed = match log.format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().try_init(),
    };
    if installed.is_err() {
        // The application has a log of its own, with its own filter and format.
        return;
    }

    if let Some(error) = invalid {
        tracing::error!(%error, "invalid {FILTER}; using `{}`", log.default_filter);
    }
}

/// Whether the log may contain ANSI escape sequences, according to <https://no-color.org>.
fn has_colors() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal() && !no_color
}
