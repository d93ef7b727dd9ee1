//! The command line of an application: what it is told before, and how it runs.

use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use tokio::runtime::Handle;

use super::command::{self, Invocation, Program};
use super::log::{self, Log, LogFormat};
use super::routes::Routes;
use super::{exit, output};
use crate::app::{Builder, Djstripe};

/// How long the runtime may take to end, after the command has.
const LONGEST_SHUTDOWN: Duration = Duration::from_millis(500);

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
    program: Program,
}

impl Cli {
    /// The command line of an application with these settings.
    pub fn new(builder: Builder) -> Self {
        Self {
            builder,
            routes: Box::new(|_| Router::new()),
            program: Program::default(),
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
        self.program.runs_demo = true;
        self
    }

    /// Sets the application's version, which `--version` prints before that of djstripe-core.
    ///
    /// ```no_run
    /// fn main() -> std::process::ExitCode {
    ///     let builder = djstripe_core::Djstripe::builder();
    ///     djstripe_core::cli::Cli::new(builder)
    ///         .version(env!("CARGO_PKG_VERSION"))
    ///         .main()
    /// }
    /// ```
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.program.version = Some(version.into());
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
            Ok(runtime) => {
                let code = runtime.block_on(self.run());
                // What a receiver left on the blocking pool, or on a thread that it blocks, must not
                // keep the process from ending.
                runtime.shutdown_timeout(LONGEST_SHUTDOWN);
                code
            }
            Err(error) => exit::exit_code(Err(error.into()), LogFormat::Text),
        }
    }

    /// Runs the command, as [`run`] does.
    pub async fn run(self) -> ExitCode {
        let arguments: Vec<OsString> = std::env::args_os().collect();
        let asks_for_json = arguments.iter().any(|argument| argument == "--json");
        let invocation = match parse(arguments, &self.program) {
            Ok(invocation) => invocation,
            Err(error) => {
                output::set_json(asks_for_json && error.use_stderr());
                return exit::parse_error(&error);
            }
        };

        let Invocation {
            command,
            secrets,
            is_json,
            parser,
        } = invocation;
        let log = command.log();
        output::set_json(is_json || log.format == LogFormat::Json);
        log::init(if is_json {
            let format = LogFormat::Json;
            Log { format, ..log }
        } else {
            log
        });
        let result = match secrets.apply(self.builder) {
            // The commands' futures are large.
            Ok(builder) => Box::pin(command.run(builder, self.routes, parser)).await,
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
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

/// Parses the command line and the environment, and runs the command on a runtime of its own.
/// Without a command, it prints the help. An application that runs in a runtime already calls
/// [`run`]; [`Cli`] has more settings.
///
/// Exit status: 0 on success, 1 on failure or if problems were found, 2 on incorrect usage or, for
/// `verify` and `endpoints doctor`, if the comparison with Stripe could not be completed.
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
fn parse(mut arguments: Vec<OsString>, program: &Program) -> Result<Invocation, clap::Error> {
    if cfg!(feature = "dev") && program.runs_demo && arguments.len() == 1 {
        arguments.push("demo".into());
    }
    command::parse(arguments, program)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command::Command;

    #[test]
    fn without_a_command_there_is_help_or_the_demo() {
        let parse = |arguments: &[&str], runs_demo| {
            let arguments = arguments.iter().map(OsString::from).collect();
            let program = Program {
                runs_demo,
                version: None,
            };
            parse(arguments, &program).map(|invocation| invocation.command)
        };

        let error_of = |parsed: Result<Command, clap::Error>| parsed.err().unwrap();
        let help = error_of(parse(&["shop"], false));
        assert!(
            help.use_stderr() && help.to_string().contains("Usage: shop <COMMAND>"),
            "{help}"
        );
        #[cfg(feature = "dev")]
        assert!(matches!(parse(&["shop"], true), Ok(Command::Demo(_))));
        #[cfg(not(feature = "dev"))]
        assert!(error_of(parse(&["shop"], true)).use_stderr());
        assert!(matches!(
            parse(&["shop", "stats"], true),
            Ok(Command::Stats(_))
        ));

        let help = |runs_demo| error_of(parse(&["shop", "--help"], runs_demo)).to_string();
        assert!(help(true).contains("Without a command, `demo` "));
        assert!(!help(false).contains("Without a command"));
    }

    #[test]
    fn the_version_is_the_applications_and_that_of_djstripe() {
        let check = |version: Option<&str>, expected: &str| {
            let program = Program {
                version: version.map(str::to_owned),
                runs_demo: true,
            };
            let arguments = ["/usr/bin/shop", "--version"].map(OsString::from).to_vec();
            let printed = parse(arguments, &program).map(|_| ()).unwrap_err();
            assert!(!printed.use_stderr());
            assert_eq!(printed.to_string(), format!("{expected}\n"));
        };
        let core = env!("CARGO_PKG_VERSION");
        check(Some("1.2.3"), &format!("shop 1.2.3 (djstripe-core {core})"));
        check(None, &format!("shop (djstripe-core {core})"));
    }

    #[test]
    fn json_is_asked_for_at_any_level() {
        let check = |arguments: &[&str], expected: bool| {
            let arguments = arguments.iter().map(OsString::from).collect();
            let parsed = parse(arguments, &Program::default()).map(|it| it.is_json);
            assert_eq!(parsed.unwrap(), expected);
        };
        check(&["shop", "events", "--json"], true);
        check(&["shop", "events", "show", "evt_1", "--json"], true);
        check(&["shop", "events"], false);
        check(&["shop", "work"], false);
    }

    #[tokio::test]
    async fn main_within_a_runtime_says_what_to_call() {
        let ended = main(Djstripe::builder());
        assert_eq!(format!("{ended:?}"), format!("{:?}", ExitCode::FAILURE));
    }
}
