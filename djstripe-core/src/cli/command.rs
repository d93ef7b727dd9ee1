//! The commands: what `--help` prints of each, and which function runs it.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use super::environment::without_empty_variables;
use super::exit::{CommandError, ExitStatus};
use super::log::{Log, LogFormat};
use super::routes::Routes;
use super::secrets::GivenSecrets;
use super::settings::DatabaseArgs;
use super::{
    check, deliveries, dev_only, effects, endpoints, events, init_customers, listen, migrate,
    objects, pause, prune, receivers, reconcile, serve, stats, sync, trigger, verify, work,
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

/// Parses a command line, which begins with the program's name.
///
/// # Errors
/// Help that was asked for is an error too.
pub(super) fn parse(
    arguments: Vec<OsString>,
    runs_demo: bool,
) -> Result<(Command, GivenSecrets), clap::Error> {
    let mut parser = without_empty_variables(CommandLine::command());
    if runs_demo {
        parser = parser.after_help(format!("{}\n\n{HELP}", dev_only::DEMO_BY_DEFAULT));
    }
    if !cfg!(feature = "dev") {
        dev_only::refuse(&arguments, &parser)?;
    }
    let mut matches = parser.try_get_matches_from_mut(arguments)?;
    let secrets = GivenSecrets::find(&matches)
        .map_err(|error| parser.error(ErrorKind::ArgumentConflict, error))?;
    let line = CommandLine::from_arg_matches_mut(&mut matches);
    let line = line.map_err(|error| error.format(&mut parser))?;
    Ok((line.command, secrets))
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
    Events(events::Events),
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
    /// Pause the workers of all processes; deliveries are still stored
    Pause(DatabaseArgs),
    /// Resume the workers of all processes
    Resume(DatabaseArgs),
    /// Delete old processed events with their records, and old refused deliveries
    Prune(prune::Prune),
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
    /// List mirrored objects of one type
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
    ) -> Result<ExitStatus, CommandError> {
        match self {
            Self::Serve(arguments) => serve::run(builder, routes, arguments).await,
            #[cfg(feature = "dev")]
            Self::Demo(arguments) => demo::run(builder, arguments).await,
            Self::Trigger(arguments) => trigger::run(builder, arguments).await,
            Self::Listen(arguments) => listen::run(builder, arguments).await,
            Self::Work(arguments) => work::run(builder, arguments).await,
            Self::Events(arguments) => events::run(builder, arguments).await,
            Self::Effects(arguments) => effects::run(builder, arguments).await,
            Self::Deliveries(arguments) => deliveries::run(builder, arguments).await,
            Self::Stats(arguments) => stats::run(builder, arguments).await,
            Self::Check(arguments) => check::run(builder, arguments).await,
            Self::Pause(database) => pause::pause(builder, database).await,
            Self::Resume(database) => pause::resume(builder, database).await,
            Self::Prune(arguments) => prune::run(builder, arguments).await,
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }
}
