//! The commands: what `--help` prints of each, and which function runs it.

use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use super::environment::without_empty_variables;
use super::exit::{CommandError, ExitStatus};
use super::log::{Log, LogFormat};
use super::option_groups::with_headings;
use super::routes::Routes;
use super::secrets::GivenSecrets;
use super::{
    audit, check, completions, deliveries, dev_only, effects, endpoints, events, init_customers,
    listen, migrate, objects, pause, prune, receivers, reconcile, redact, serve, stats, sync,
    trigger, verify, work,
};
#[cfg(feature = "dev")]
use super::{demo, fake_stripe};
use crate::app::Builder;

const HELP: &str = "\
To receive webhooks:
  export STRIPE_WEBHOOK_SECRET=whsec_…   # the endpoint's signing secret
  export DATABASE_URL=postgres://…       # or sqlite:PATH
  … serve --listen 127.0.0.1:4242
and let Stripe deliver to POST /stripe/webhook.

Environment of every command:
  RUST_LOG   Filter of the log on standard error, such as warn or info,djstripe_core::client=debug
             [default: info for `serve` and `work`, error for other commands]
  NO_COLOR   Write no colors to a terminal, if set to anything but the empty string

All times are UTC.

Exit status: 0 on success, 1 on failure or if problems were found, 2 on incorrect usage.";

#[derive(Debug, Parser)]
#[command(
    about = "Receive Stripe webhooks: store every event before it is acknowledged, then run its receivers.",
    after_help = HELP
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

/// What the parser has to know of the application.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub(super) version: Option<String>,
    pub(super) runs_demo: bool,
}

/// A command line that was parsed.
pub(super) struct Invocation {
    pub(super) command: Command,
    pub(super) secrets: GivenSecrets,
    /// Whether `--json` was given.
    pub(super) is_json: bool,
    pub(super) parser: clap::Command,
}

/// Parses a command line, which begins with the program's name.
///
/// # Errors
/// Help or a version that was asked for is an error too.
pub(super) fn parse(
    arguments: Vec<OsString>,
    program: &Program,
) -> Result<Invocation, clap::Error> {
    let mut parser = parser(arguments.first(), program);
    if !cfg!(feature = "dev") {
        dev_only::refuse(&arguments, &parser)?;
    }
    let mut matches = parser.try_get_matches_from_mut(arguments)?;
    let is_json = is_json(&matches);
    let secrets = GivenSecrets::find(&matches)
        .map_err(|error| parser.error(ErrorKind::ArgumentConflict, error))?;
    let line = CommandLine::from_arg_matches_mut(&mut matches);
    Ok(Invocation {
        command: line.map_err(|error| error.format(&mut parser))?.command,
        secrets,
        is_json,
        parser,
    })
}

fn parser(path: Option<&OsString>, program: &Program) -> clap::Command {
    let mut parser = with_headings(without_empty_variables(CommandLine::command()));
    if let Some(name) = path.and_then(|path| Path::new(path).file_name()) {
        let name = name.to_string_lossy();
        parser = parser.name(name.trim_end_matches(".exe").to_owned());
    }
    let core = concat!("(djstripe-core ", env!("CARGO_PKG_VERSION"), ")");
    parser = parser.version(match &program.version {
        Some(version) => format!("{version} {core}"),
        None => core.to_owned(),
    });
    if program.runs_demo {
        parser = parser.after_help(format!("{}\n\n{HELP}", dev_only::DEMO_BY_DEFAULT));
    }
    parser
}

fn is_json(matches: &ArgMatches) -> bool {
    let is_given = matches.try_get_one::<bool>("json").ok().flatten();
    let subcommand = matches.subcommand();
    is_given.is_some_and(|it| *it) || subcommand.is_some_and(|(_, matches)| is_json(matches))
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Receive webhooks and run the receivers, until interrupted
    #[command(after_help = serve::LOG_HELP)]
    Serve(serve::Serve),
    /// Show the receivers at work on signed sample events, in a temporary database
    ///
    /// It is a SQLite file, or a database of its own on the application's PostgreSQL server, which is
    /// dropped afterwards. Exit status 1 if a receiver failed.
    #[cfg(feature = "dev")]
    Demo(demo::Demo),
    /// Send one signed sample event to a running server
    Trigger(trigger::Trigger),
    /// Post Stripe's events to a server on this machine as they happen, until interrupted
    Listen(listen::Listen),
    /// Run the receivers of stored events without receiving webhooks, until interrupted
    #[command(after_help = serve::LOG_HELP)]
    Work(work::Work),
    /// List and show stored events, and run them again
    #[command(args_conflicts_with_subcommands = true)]
    Events(Box<events::Events>),
    /// List and show effects outside the database, retry them and give them up
    #[command(args_conflicts_with_subcommands = true)]
    Effects(effects::Effects),
    /// List refused deliveries, or all deliveries of one event, newest first
    Deliveries(deliveries::Deliveries),
    /// Count events and effects by state, and runs by receiver; exit status 1 if any are dead
    Stats(stats::Stats),
    /// Check settings, keys, database, endpoints and receivers, and suggest fixes
    ///
    /// Changes nothing. Exit status 1 if something doesn't work.
    #[command(visible_alias = "doctor")]
    Check(check::Check),
    /// List what operators did with these commands, newest first
    #[command(args_conflicts_with_subcommands = true)]
    Audit(audit::Audit),
    /// Pause the workers of all processes; deliveries are still stored
    Pause(pause::Pause),
    /// Resume the workers of all processes
    Resume(pause::Pause),
    /// Delete old processed events with their records, refused deliveries, and versions of objects
    Prune(prune::Prune),
    /// Forget a person: blank what is personal in rows, events, effects and records
    ///
    /// Ids and money stay. It can't be undone, and changes nothing at Stripe.
    Redact(redact::Redact),
    /// Store events that Stripe has and the database lacks, for the workers to process
    ///
    /// Stripe keeps events for 30 days. Exit status 1 if events are lost for good or an account could not
    /// be compared.
    Reconcile(reconcile::Reconcile),
    /// Create a customer at Stripe for each user of the application that has none
    ///
    /// Mirrored customers that belong to a user are linked to it first. Exit status 1 if Stripe refused to
    /// create some.
    InitCustomers(init_customers::InitCustomers),
    /// List mirrored objects of one type, and show what one was before
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Objects(objects::Objects),
    /// Compare the mirror with Stripe, and sum up the money at risk
    ///
    /// Finds missing, differing and extra objects. Exit status: 0 if nothing is wrong or all of it is repaired, 1 if something is wrong or a list could not be read, 2 if the
    /// comparison could not be completed.
    Verify(verify::Verify),
    /// List the registered receivers in the order in which they run
    Receivers(receivers::Receivers),
    /// Manage webhook endpoints that have a path, secrets and rules of their own
    Endpoints(endpoints::Endpoints),
    /// Fill the mirror from Stripe's lists, resuming a sync that was interrupted
    Sync(sync::Sync),
    /// Run a fake Stripe in memory, for development, until interrupted
    #[cfg(feature = "dev")]
    FakeStripe(fake_stripe::Arguments),
    /// Bring the database's tables up to date
    Migrate(migrate::Migrate),
    /// Print a script that completes this program's commands and options in a shell
    #[command(after_help = completions::HELP)]
    Completions(completions::Completions),
}

impl Command {
    pub(super) fn log(&self) -> Log {
        match self {
            Self::Serve(serve::Serve { log, .. }) | Self::Work(work::Work { log, .. }) => Log {
                default_filter: "info",
                format: log.log_format,
            },
            _ => Log {
                default_filter: "error",
                format: LogFormat::Text,
            },
        }
    }

    pub(super) async fn run(
        self,
        builder: Builder,
        routes: Routes,
        parser: clap::Command,
    ) -> Result<ExitStatus, CommandError> {
        match self {
            Self::Serve(arguments) => serve::run(builder, routes, arguments).await,
            #[cfg(feature = "dev")]
            Self::Demo(arguments) => demo::run(builder, arguments).await,
            Self::Trigger(arguments) => trigger::run(builder, arguments).await,
            Self::Listen(arguments) => listen::run(builder, arguments).await,
            Self::Work(arguments) => work::run(builder, arguments).await,
            Self::Events(arguments) => events::run(builder, *arguments).await,
            Self::Effects(arguments) => effects::run(builder, arguments).await,
            Self::Deliveries(arguments) => deliveries::run(builder, arguments).await,
            Self::Stats(arguments) => stats::run(builder, arguments).await,
            Self::Check(arguments) => check::run(builder, arguments).await,
            Self::Audit(arguments) => audit::run(builder, arguments).await,
            Self::Pause(arguments) => pause::pause(builder, arguments).await,
            Self::Resume(arguments) => pause::resume(builder, arguments).await,
            Self::Prune(arguments) => prune::run(builder, arguments).await,
            Self::Redact(arguments) => redact::run(builder, arguments).await,
            Self::Reconcile(arguments) => reconcile::run(builder, arguments).await,
            Self::InitCustomers(arguments) => init_customers::run(builder, arguments).await,
            Self::Objects(arguments) => objects::run(builder, arguments).await,
            Self::Verify(arguments) => verify::run(builder, arguments).await,
            Self::Receivers(arguments) => receivers::run(&builder, &arguments),
            Self::Endpoints(arguments) => endpoints::run(builder, arguments).await,
            Self::Sync(arguments) => sync::run(builder, arguments).await,
            #[cfg(feature = "dev")]
            Self::FakeStripe(arguments) => fake_stripe::run(arguments).await,
            Self::Migrate(arguments) => migrate::run(builder, arguments).await,
            Self::Completions(arguments) => completions::run(&arguments, parser),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Describes what commands print with `--json`.
    const OUTPUT: &str = include_str!("../../docs/output.md");

    /// Columns of help where it is not written to a terminal.
    const WIDTH: usize = 100;

    /// Commands without `--json`, and why.
    const WITHOUT_JSON: [(&str, &str); 5] = [
        ("serve", "prints no results"),
        ("work", "prints no results"),
        ("demo", "is for reading"),
        ("fake-stripe", "prints commands for a shell"),
        ("completions", "prints a script for a shell"),
    ];

    /// All commands that do something, with their whole names.
    fn commands() -> Vec<(String, clap::Command)> {
        fn collect(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
            for inner in command.get_subcommands() {
                let path = format!("{path} {}", inner.get_name());
                if inner.get_name() != "help" {
                    collect(inner, &path, found);
                }
            }
            if !path.is_empty() && !command.is_subcommand_required_set() {
                found.push((path.trim().to_owned(), command.clone()));
            }
        }

        let mut root = parser(Some(&"shop".into()), &Program::default());
        root.build();
        let mut found = Vec::new();
        collect(&root, "", &mut found);
        found
    }

    #[test]
    fn command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn each_command_and_option_is_described_in_a_line() {
        for (path, command) in commands() {
            let about = command.get_about().map(ToString::to_string);
            let about = about.unwrap_or_default();
            assert!(
                !about.is_empty() && !about.contains('\n') && about.chars().count() <= 120,
                "{path}: {about}"
            );
            for argument in command.get_arguments().filter(|it| !it.is_hide_set()) {
                assert!(
                    argument.get_help().is_some(),
                    "{path} {}",
                    argument.get_id()
                );
            }
        }
    }

    #[test]
    fn shared_options_follow_the_commands_own() {
        let shared = [
            ("database-url", "Database options"),
            ("webhook-secret", "Signing options"),
            ("secret-key", "Stripe options"),
            ("api_base", "Stripe options"),
            ("log_format", "Log options"),
        ];
        let mut found = 0;
        for (path, mut command) in commands() {
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                let heading = argument.get_help_heading();
                if let Some((_, expected)) = shared.iter().find(|(shared, _)| *shared == id) {
                    assert_eq!(heading, Some(*expected), "{path} {id}");
                    found += 1;
                } else if id == "json" || argument.is_positional() {
                    assert_eq!(heading, None, "{path} {id}");
                }
            }

            let help = command.render_long_help().to_string();
            let own = help.find("\nOptions:").unwrap();
            for (_, heading) in shared {
                let shared = help.find(&format!("\n{heading}:"));
                assert!(shared.is_none_or(|shared| shared > own), "{path}: {help}");
            }
        }
        assert!(found > 50, "{found}");
    }

    #[test]
    fn help_fits() {
        let mut commands = commands();
        let root = parser(Some(&"shop".into()), &Program::default());
        commands.push((String::new(), root));
        for (path, command) in commands {
            let help = command.term_width(WIDTH).render_long_help().to_string();
            for line in help.lines() {
                assert!(line.chars().count() <= WIDTH, "{path}: {line}");
            }
        }
    }

    #[test]
    fn results_can_be_json_and_are_documented() {
        for (path, command) in commands() {
            let has_json = command.get_arguments().any(|it| it.get_id() == "json");
            let exception = WITHOUT_JSON.iter().find(|(name, _)| *name == path);
            assert_eq!(has_json, exception.is_none(), "{path}: {exception:?}");

            let name = format!("`{path}`");
            let row = |line: &&str| {
                let first = line.split(" | ").next();
                line.starts_with('|') && first.is_some_and(|first| first.contains(&name))
            };
            assert_eq!(OUTPUT.lines().any(|line| row(&line)), has_json, "{path}");
        }
    }
}
