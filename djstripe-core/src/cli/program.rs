//! The command line of an application: what it is told before, and how it runs.

use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;

use axum::Router;
use tokio::runtime::Handle;

use super::command::{self, Command};
use super::log::{self, LogFormat};
use super::routes::Routes;
use super::secrets::GivenSecrets;
use super::{exit, output};
use crate::app::{Builder, Djstripe};

/// The command line of an application, with settings of its own. [`main`] and [`run`] do without.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use axum::Router;
/// use axum::extract::State;
/// use axum::routing::get;
/// use djstripe_core::Djstripe;
/// use djstripe_core::cli::Cli;
///
/// async fn orders(State(app): State<Djstripe>) -> String {
///     format!("{} receivers", app.registry().receivers().len())
/// }
///
/// #[tokio::main]
/// async fn main() -> ExitCode {
///     // Whatever has to be awaited, such as a connection pool, goes into the builder.
///     let builder = Djstripe::builder();
///     Cli::new(builder)
///         .routes(|app| Router::new().route("/orders", get(orders)).with_state(app))
///         .run()
///         .await
/// }
/// ```
pub struct Cli {
    builder: Builder,
    routes: Routes,
    runs_demo: bool,
}

impl Cli {
    /// The command line of an application with these settings.
    pub fn new(builder: Builder) -> Self {
        Self {
            builder,
            routes: Box::new(|_| Router::new()),
            runs_demo: false,
        }
    }

    /// Sets the routes that `serve` answers besides its own: all but
    /// [`WEBHOOK_PATH`](crate::http::WEBHOOK_PATH) and the [`probes`](crate::http::probes). They are
    /// made by the command `serve` alone, of the application that it has built.
    #[must_use]
    pub fn routes(mut self, routes: impl FnOnce(Djstripe) -> Router + Send + 'static) -> Self {
        self.routes = Box::new(routes);
        self
    }

    /// Runs the command `demo` if the program is called without a command, instead of printing the help.
    ///
    /// The demo runs the application's receivers on made-up events, with the state and the environment
    /// that they have elsewhere. It needs the cargo feature `dev`: a program that is built without it
    /// prints its help, so that a container whose arguments are missing calls no receiver.
    ///
    /// ```no_run
    /// fn main() -> std::process::ExitCode {
    ///     let builder = djstripe_core::Djstripe::builder();
    ///     djstripe_core::cli::Cli::new(builder).demo_by_default().main()
    /// }
    /// ```
    #[must_use]
    pub fn demo_by_default(mut self) -> Self {
        self.runs_demo = true;
        self
    }

    /// Runs the command, as [`main`] does, on a runtime of its own.
    pub fn main(self) -> ExitCode {
        if Handle::try_current().is_ok() {
            let message = "this program runs in a Tokio runtime already: call `run().await` instead of `main()`";
            output::report("error", message);
            return ExitCode::FAILURE;
        }

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => runtime.block_on(self.run()),
            Err(error) => exit::exit_code(Err(error.into()), LogFormat::Text),
        }
    }

    /// Runs the command, as [`run`] does.
    pub async fn run(self) -> ExitCode {
        let parsed = parse(std::env::args_os().collect(), self.runs_demo);
        let (command, secrets) = match parsed {
            Ok(parsed) => parsed,
            Err(error) => {
                // If the stream is closed, there is no place left to print to.
                let _ = error.print();
                return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
            }
        };

        let log = command.log();
        log::init(log);
        let result = match secrets.apply(self.builder) {
            // The commands' futures are large.
            Ok(builder) => Box::pin(command.run(builder, self.routes)).await,
            Err(error) => Err(error),
        };
        exit::exit_code(result, log.format)
    }
}

impl fmt::Debug for Cli {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cli")
            .field("builder", &self.builder)
            .field("runs_demo", &self.runs_demo)
            .finish_non_exhaustive()
    }
}

/// Parses the command line and the environment, and runs the command on a runtime of its own.
/// Without a command, it prints the help. An application that runs in a runtime already calls
/// [`run`]; [`Cli`] has more settings.
///
/// Exit status: 0 on success, 1 on failure or if problems were found, 2 on incorrect usage or, for
/// `verify`, if the comparison could not be completed.
///
/// Settings on the command line replace those in the environment, which replace those of `builder`.
/// A `tracing` subscriber that is set already is left alone.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     djstripe_core::cli::main(djstripe_core::Djstripe::builder())
/// }
/// ```
pub fn main(builder: Builder) -> ExitCode {
    Cli::new(builder).main()
}

/// As [`main`], for a `main` function that is asynchronous.
///
/// ```no_run
/// #[tokio::main]
/// async fn main() -> std::process::ExitCode {
///     djstripe_core::cli::run(djstripe_core::Djstripe::builder()).await
/// }
/// ```
pub async fn run(builder: Builder) -> ExitCode {
    Cli::new(builder).run().await
}

/// Parses the program's arguments, of which the first is its name.
fn parse(
    mut arguments: Vec<OsString>,
    runs_demo: bool,
) -> Result<(Command, GivenSecrets), clap::Error> {
    if cfg!(feature = "dev") && runs_demo && arguments.len() == 1 {
        arguments.push("demo".into());
    }
    command::parse(arguments, runs_demo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_command_there_is_help_or_the_demo() {
        let parse = |arguments: &[&str], runs_demo| {
            let arguments = arguments.iter().map(OsString::from).collect();
            parse(arguments, runs_demo)
        };

        let error_of = |parsed: Result<(Command, GivenSecrets), clap::Error>| parsed.err().unwrap();
        let help = error_of(parse(&["shop"], false));
        assert!(
            help.use_stderr() && help.to_string().contains("Usage: shop <COMMAND>"),
            "{help}"
        );
        #[cfg(feature = "dev")]
        assert!(matches!(parse(&["shop"], true), Ok((Command::Demo(_), _))));
        #[cfg(not(feature = "dev"))]
        assert!(error_of(parse(&["shop"], true)).use_stderr());
        assert!(matches!(
            parse(&["shop", "stats"], true),
            Ok((Command::Stats(_), _))
        ));

        let help = |runs_demo| error_of(parse(&["shop", "--help"], runs_demo)).to_string();
        assert!(help(true).contains("Without a command, `demo` "));
        assert!(!help(false).contains("Without a command"));
    }

    #[tokio::test]
    async fn main_within_a_runtime_says_what_to_call() {
        let ended = main(Djstripe::builder());
        assert_eq!(format!("{ended:?}"), format!("{:?}", ExitCode::FAILURE));
    }
}
