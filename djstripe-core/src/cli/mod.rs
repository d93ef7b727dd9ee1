//! The command line that every application gets; `--help` lists the commands.
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     djstripe_core::cli::main(djstripe_core::Djstripe::builder())
//! }
//! ```

mod check;
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
mod stats;
mod sync;
mod trigger;
mod verify;
mod workers;

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

use crate::account_scope::AccountScope;
use crate::app::Builder;
use crate::runner::describe;
use crate::store::{EventState, ObjectFilter};

/// Any error of a command; it is printed and the process ends with 1.
type CommandError = Box<dyn Error + Send + Sync>;

#[derive(Debug, Parser)]
#[command(
    about = "Receives Stripe webhooks: every event is stored before it is acknowledged, then its receivers run.",
    after_help = "Without a command: demo.\n\n\
                  To receive for real:\n  \
                  export STRIPE_WEBHOOK_SECRET=whsec_…   # the endpoint's signing secret\n  \
                  export DATABASE_URL=postgres://…       # or sqlite:PATH\n  \
                  … serve --listen 127.0.0.1:4242\n\
                  and let Stripe deliver to POST /stripe/webhook."
)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct Settings {
    /// Where events are kept: sqlite:PATH or postgres://USER@HOST/DATABASE [default: what the application sets, else
    /// sqlite:djstripe.db]
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// Signing secrets of the endpoint, whsec_…, several separated by commas while one is being rolled
    #[arg(
        long = "webhook-secret",
        global = true,
        env = "STRIPE_WEBHOOK_SECRET",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "SECRET"
    )]
    webhook_secrets: Vec<String>,
    /// Secret keys of Stripe's API, sk_… or rk_…, separated by commas; one of each mode at most
    #[arg(
        long = "secret-key",
        global = true,
        env = "STRIPE_SECRET_KEY",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "KEY"
    )]
    secret_keys: Vec<String>,
    #[arg(long, global = true, hide = true, env = "STRIPE_TEST_SECRET_KEY", value_name = "KEY")]
    test_secret_key: Option<String>,
    #[arg(long, global = true, hide = true, env = "STRIPE_LIVE_SECRET_KEY", value_name = "KEY")]
    live_secret_key: Option<String>,
    /// Where Stripe's API is [default: what the application sets, else https://api.stripe.com]
    #[arg(long, global = true, env = "STRIPE_API_BASE", value_name = "URL")]
    api_base: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Receive webhooks and run the receivers, until interrupted
    Serve {
        /// Address to listen on
        #[arg(long, env = "DJSTRIPE_LISTEN", default_value = "127.0.0.1:4242", value_name = "ADDRESS")]
        listen: SocketAddr,
        /// Proxies whose X-Forwarded-For is believed, as networks: 10.0.0.0/8
        #[arg(long, value_delimiter = ',', value_name = "NETWORK")]
        trusted_proxy: Vec<IpNet>,
        #[command(flatten)]
        watch: Watch,
        #[command(flatten)]
        reconcile: reconcile::Regularly,
    },
    /// Show the receivers at work on a dozen signed events, in a temporary database (no account needed)
    Demo,
    /// Send one signed sample event to a running server
    Trigger {
        /// Name of the event, customer.updated
        event: String,
        /// Where to send it
        #[arg(long, default_value = "http://127.0.0.1:4242/stripe/webhook")]
        url: String,
        /// Fields of the event's object, as JSON: '{"email":"ann@example.com"}'
        #[arg(long, value_name = "JSON")]
        data: Option<String>,
        /// A file with the whole event, sent as it is instead of a sample
        #[arg(long, value_name = "FILE", conflicts_with = "data")]
        file: Option<PathBuf>,
    },
    /// Post Stripe's events to a server on this machine as they happen, signed, until interrupted: development without a
    /// public address
    Listen(listen::Listen),
    /// Process stored events without receiving any, until interrupted
    Work {
        #[command(flatten)]
        watch: Watch,
        #[command(flatten)]
        reconcile: reconcile::Regularly,
    },
    /// Stored events: list, show, and run them again
    #[command(args_conflicts_with_subcommands = true)]
    Events {
        #[command(flatten)]
        list: events::List,
        #[command(subcommand)]
        command: Option<events::Command>,
    },
    /// List refused requests, newest first
    Deliveries {
        /// Those that delivered this event instead
        #[arg(long, value_name = "ID")]
        event: Option<String>,
        /// At most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        #[command(flatten)]
        output: Output,
    },
    /// Count events by state and runs by receiver; ends with 1 if an event is dead
    Stats {
        #[command(flatten)]
        output: Output,
    },
    /// Look for what is wrong with settings, keys, database, endpoints and receivers, and say what puts it right; changes
    /// nothing; ends with 1 if something doesn't work
    #[command(visible_alias = "doctor")]
    Check {
        #[command(flatten)]
        output: Output,
    },
    /// Let the workers of all processes finish what they have and take no more events; deliveries are still stored
    Pause,
    /// Let the workers go on
    Resume,
    /// Delete processed events with their records, and refused deliveries
    Prune {
        /// Only what is older: 90d
        #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
        older_than: Duration,
        /// Dead events too
        #[arg(long)]
        dead: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Store events that Stripe has and this database lacks, for the workers to process; ends with 1 if some are lost for
    /// good or could not be asked for
    Reconcile(reconcile::Reconcile),
    /// Make a customer at Stripe for each of the application's users that has none, and link those that are mirrored; ends
    /// with 1 if Stripe refused some
    InitCustomers(init_customers::InitCustomers),
    /// List mirrored objects of one type
    Objects {
        /// The type, customer or checkout.session
        object: String,
        /// Also those that are deleted
        #[arg(long)]
        deleted: bool,
        /// Only those of this connected account
        #[arg(long, value_name = "ACCOUNT")]
        account: Option<String>,
        /// At most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        #[command(flatten)]
        output: Output,
    },
    /// Compare the mirror with Stripe: what is missing, differing, or there no more, and how much money that is about. Ends
    /// with 0 if nothing is wrong or all is repaired, 1 if something is, 2 if it could not be compared
    Verify(verify::Verify),
    /// List the receivers that are registered, in the order in which they run
    Receivers {
        #[command(flatten)]
        output: Output,
    },
    /// Webhook endpoints with a path, secrets and rules of their own
    Endpoints {
        #[command(subcommand)]
        command: endpoints::Command,
    },
    /// Fill the mirror from Stripe's lists; one that was interrupted is gone on with
    Sync(sync::Sync),
    /// Run a Stripe for trying things out: it begins empty, forgets everything, and is meant for this machine only
    FakeStripe {
        /// Address to listen on
        #[arg(long, default_value = "127.0.0.1:4243", value_name = "ADDRESS")]
        listen: SocketAddr,
    },
    /// Bring the database's tables up to date
    Migrate,
}

#[derive(Clone, Copy, Debug, Args)]
struct Watch {
    /// Address for Prometheus to ask at /metrics, 127.0.0.1:9464; it has /healthz and /readyz too
    #[arg(long, env = "DJSTRIPE_METRICS", value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
}

/// Whose objects a command is about.
#[derive(Clone, Debug, Args)]
struct AccountArgs {
    /// Those of this connected account instead of the platform's own; may be given several times
    #[arg(long = "account", value_name = "ACCOUNT", conflicts_with = "all_accounts")]
    accounts: Vec<String>,
    /// Also those of all connected accounts
    #[arg(long)]
    all_accounts: bool,
}

impl From<AccountArgs> for AccountScope {
    fn from(AccountArgs { accounts, all_accounts }: AccountArgs) -> Self {
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
    let default_level = if matches!(command, Command::Serve { .. } | Command::Work { .. }) { "info" } else { "error" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
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
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("error: {}\n", describe(error)));
    ExitCode::FAILURE
}

/// Tells the operator something that must not be overlooked, whatever the level of the log.
fn warn(text: &str) {
    // Nobody is there to read it if this fails.
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("warning: {text}\n"));
}

async fn run(builder: Builder, command: Command) -> Result<Ending, CommandError> {
    match command {
        Command::Events { command: Some(command), .. } => return events::run(builder, command).await,
        Command::Verify(verify) => return verify::run(builder, verify).await,
        Command::Check { output } => return check::run(&builder, output).await,
        Command::Stats { output } => return stats::run(&builder, output).await,
        Command::InitCustomers(init) => return init_customers::run(builder, init).await,
        Command::Listen(listen) => return listen::run(&builder, &listen).await,
        Command::Reconcile(reconcile) => return reconcile::run(builder, reconcile).await,
        Command::Sync(sync) => return sync::run(builder, &sync).await,
        Command::Serve { listen, trusted_proxy, watch, reconcile } => {
            serve::run(builder.trusted_proxies(trusted_proxy), listen, watch.metrics, reconcile).await
        }
        Command::Work { watch, reconcile } => workers::work(builder, watch.metrics, reconcile).await,
        Command::Demo => demo::run(builder).await,
        Command::Trigger { event, url, data, file } => {
            trigger::run(&builder, &trigger::Trigger { event, url, data, file }).await
        }
        Command::Events { list, command: None } => events::list(&builder, list).await,
        Command::Deliveries { event, limit, output } => {
            deliveries::run(&builder, event.as_deref(), limit, output).await
        }
        Command::Pause => workers::pause(&builder).await,
        Command::Resume => workers::resume(&builder).await,
        Command::Prune { older_than, dead, output } => prune::run(&builder, older_than, dead, output).await,
        Command::Objects { object, deleted, account, limit, output } => {
            let filter = ObjectFilter { deleted, account, limit: Some(limit), ..ObjectFilter::default() };
            list::objects(&builder, &object, &filter, output).await
        }
        Command::Receivers { output } => list::receivers(&builder, output),
        Command::Endpoints { command } => endpoints::run(&builder, command).await,
        Command::FakeStripe { listen } => fake_stripe::run(listen).await,
        Command::Migrate => list::migrate(&builder).await,
    }
    .map(|()| Ending::Done)
}

impl Settings {
    /// What the command line or the environment says goes before what the application's code says.
    fn apply(self, mut builder: Builder) -> Builder {
        if let Some(url) = self.database_url {
            builder = builder.database_url(url);
        }
        if !self.webhook_secrets.is_empty() {
            builder = builder.secrets(self.webhook_secrets);
        }
        let keys = [self.test_secret_key, self.live_secret_key].into_iter().flatten().chain(self.secret_keys);
        let keys: Vec<String> = keys.filter(|key| !key.trim().is_empty()).collect();
        if !keys.is_empty() {
            builder = builder.secret_keys(keys);
        }
        if let Some(base) = self.api_base {
            builder = builder.api_base(base);
        }
        builder
    }
}

fn state_parser() -> impl TypedValueParser<Value = EventState> {
    PossibleValuesParser::new(EventState::ALL.map(EventState::as_str)).try_map(|text| text.parse::<EventState>())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
