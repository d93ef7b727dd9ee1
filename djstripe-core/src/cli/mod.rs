//! The command line that every application gets; `--help` lists the commands.
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     djstripe_core::cli::main(djstripe_core::Djstripe::builder())
//! }
//! ```

mod check;
mod command;
mod deliveries;
mod demo;
mod endpoints;
mod events;
mod fake_stripe;
mod init_customers;
mod list;
mod listen;
mod metrics;
mod prune;
mod reconcile;
mod serve;
mod settings;
mod stats;
mod sync;
mod trigger;
mod verify;
mod workers;

use std::error::Error;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser};
use tracing_subscriber::EnvFilter;

use crate::app::Builder;
use crate::error::describe;
use crate::maintenance::account_scope::AccountScope;
use crate::store::{EventState, ObjectFilter};
use command::{Cli, Command};

/// Any error of a command; it is printed and the process ends with 1.
type CommandError = Box<dyn Error + Send + Sync>;

/// Whose objects a command is about.
#[derive(Clone, Debug, Args)]
struct AccountArgs {
    /// Those of this connected account instead of the platform's own; may be given several times
    #[arg(
        long = "account",
        value_name = "ACCOUNT",
        conflicts_with = "all_accounts"
    )]
    accounts: Vec<String>,
    /// Also those of all connected accounts
    #[arg(long)]
    all_accounts: bool,
}

impl From<AccountArgs> for AccountScope {
    fn from(
        AccountArgs {
            accounts,
            all_accounts,
        }: AccountArgs,
    ) -> Self {
        match (accounts.is_empty(), all_accounts) {
            (_, true) => Self::All,
            (true, false) => Self::Platform,
            (false, false) => Self::Named(accounts),
        }
    }
}

#[derive(Clone, Copy, Debug, Args)]
struct Output {
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// How a command that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Done,
    /// It found what an operator must look at.
    Found,
}

/// A command line that can't be meant so.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misuse(String);

/// A comparison that could not be made, which must not look like one that found something.
#[derive(Debug, thiserror::Error)]
#[error("{}", describe(.0.as_ref()))]
struct Undone(CommandError);

/// Reads the command line and the environment, runs the command, and says how it ended: 0 done, 1 failed or found
/// something, 2 misused or, for `verify`, not done.
pub fn main(builder: Builder) -> ExitCode {
    let Cli { settings, command } = Cli::parse();
    let command = command.unwrap_or(Command::Demo);
    let default_level = if matches!(command, Command::Serve { .. } | Command::Work { .. }) {
        "info"
    } else {
        "error"
    };
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(run(settings.apply(builder), command)) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Found) => ExitCode::FAILURE,
        Err(error) if error.is::<Misuse>() || error.is::<Undone>() => {
            fail(error.as_ref());
            ExitCode::from(2)
        }
        Err(error) => fail(error.as_ref()),
    }
}

fn fail(error: &(dyn Error + 'static)) -> ExitCode {
    // A closed pipe, as of `… events | head`, is not worth a word.
    let _ = std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!("error: {}\n", describe(error)),
    );
    ExitCode::FAILURE
}

/// Tells the operator something that must not be overlooked, whatever the level of the log.
fn warn(text: &str) {
    // Nobody is there to read it if this fails.
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("warning: {text}\n"));
}

async fn run(builder: Builder, command: Command) -> Result<Ending, CommandError> {
    match command {
        Command::Events {
            command: Some(command),
            ..
        } => return events::run(builder, command).await,
        Command::Verify(verify) => return verify::run(builder, verify).await,
        Command::Check { output } => return check::run(&builder, output).await,
        Command::Stats { output } => return stats::run(&builder, output).await,
        Command::InitCustomers(init) => return init_customers::run(builder, init).await,
        Command::Listen(listen) => return listen::run(&builder, &listen).await,
        Command::Reconcile(reconcile) => return reconcile::run(builder, reconcile).await,
        Command::Sync(sync) => return sync::run(builder, &sync).await,
        Command::Serve {
            listen,
            trusted_proxy,
            watch,
            reconcile,
        } => {
            serve::run(
                builder.trusted_proxies(trusted_proxy),
                listen,
                watch.metrics,
                reconcile,
            )
            .await
        }
        Command::Work { watch, reconcile } => {
            workers::work(builder, watch.metrics, reconcile).await
        }
        Command::Demo => demo::run(builder).await,
        Command::Trigger {
            event,
            url,
            data,
            file,
        } => {
            trigger::run(
                &builder,
                &trigger::Trigger {
                    event,
                    url,
                    data,
                    file,
                },
            )
            .await
        }
        Command::Events {
            list,
            command: None,
        } => events::list(&builder, list).await,
        Command::Deliveries {
            event,
            limit,
            output,
        } => deliveries::run(&builder, event.as_deref(), limit, output).await,
        Command::Pause => workers::pause(&builder).await,
        Command::Resume => workers::resume(&builder).await,
        Command::Prune {
            older_than,
            dead,
            output,
        } => prune::run(&builder, older_than, dead, output).await,
        Command::Objects {
            object,
            deleted,
            account,
            limit,
            output,
        } => {
            let filter = ObjectFilter {
                deleted,
                account,
                limit: Some(limit),
                ..ObjectFilter::default()
            };
            list::objects(&builder, &object, &filter, output).await
        }
        Command::Receivers { output } => list::receivers(&builder, output),
        Command::Endpoints { command } => endpoints::run(&builder, command).await,
        Command::FakeStripe { listen } => fake_stripe::run(listen).await,
        Command::Migrate => list::migrate(&builder).await,
    }
    .map(|()| Ending::Done)
}

fn state_parser() -> impl TypedValueParser<Value = EventState> {
    PossibleValuesParser::new(EventState::ALL.map(EventState::as_str))
        .try_map(|text| text.parse::<EventState>())
}
