//! The commands and what each of them takes.
//!
//! In: the command line. Out: one [`Command`] with its arguments. The texts here are what `--help` prints.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;

use super::settings::Settings;
use super::{Output, endpoints, events, init_customers, listen, reconcile, sync, verify};

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
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) settings: Settings,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Receive webhooks and run the receivers, until interrupted
    Serve {
        /// Address to listen on
        #[arg(
            long,
            env = "DJSTRIPE_LISTEN",
            default_value = "127.0.0.1:4242",
            value_name = "ADDRESS"
        )]
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
pub(super) struct Watch {
    /// Address for Prometheus to ask at /metrics, 127.0.0.1:9464; it has /healthz and /readyz too
    #[arg(long, env = "DJSTRIPE_METRICS", value_name = "ADDRESS")]
    pub(super) metrics: Option<SocketAddr>,
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
