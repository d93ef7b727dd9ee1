//! `serve`: the webhook endpoint and the workers in one process, until interrupted.

use clap::Args;
use ipnet::IpNet;
use tokio::sync::watch;

use super::exit::{CommandError, ExitStatus};
use super::limits::{GraceArgs, LimitArgs, StoppingArgs};
use super::listen_address::ListenAddress;
use super::log::LogArgs;
use super::metrics::{Metrics, MetricsArgs};
use super::page::PageArgs;
use super::reconcile::periodic::PeriodicArgs;
use super::routes::Routes;
use super::settings::{DatabaseArgs, MigrateArgs, SigningArgs, StripeArgs};
use super::sync::refresh::RefreshArgs;
use crate::app::Builder;
use crate::http;

pub(super) const LOG_HELP: &str = "\
The log goes to standard error. RUST_LOG sets its filter, such as warn or
info,djstripe_core::client=debug [default: info]; NO_COLOR turns its colors off.";

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Set the address to listen on, such as localhost:4242; :4242 is all interfaces
    #[arg(
        long,
        env = "DJSTRIPE_LISTEN",
        default_value = "127.0.0.1:4242",
        value_name = "ADDRESS"
    )]
    listen: ListenAddress,
    /// Trust X-Forwarded-For from proxies in these networks, such as 10.0.0.0/8
    #[arg(
        long,
        env = "DJSTRIPE_TRUSTED_PROXY",
        value_delimiter = ',',
        value_name = "NETWORK"
    )]
    trusted_proxy: Vec<IpNet>,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    stopping: StoppingArgs,
    #[command(flatten)]
    grace: GraceArgs,
    #[command(flatten)]
    metrics: MetricsArgs,
    #[command(flatten)]
    reconcile: PeriodicArgs,
    #[command(flatten)]
    refresh: RefreshArgs,
    #[command(flatten)]
    pub(super) log: LogArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    migrate: MigrateArgs,
    #[command(flatten)]
    _signing: SigningArgs,
    #[command(flatten)]
    stripe: StripeArgs,
}

pub(super) async fn run(
    builder: Builder,
    routes: Routes,
    arguments: Serve,
) -> Result<ExitStatus, CommandError> {
    let page = arguments.page.open()?;
    let builder = arguments.database.apply_or_create(builder);
    let builder = arguments.migrate.apply(builder);
    let builder = arguments.stripe.apply(builder);
    let builder = arguments.reconcile.apply(builder)?;
    let builder = arguments.stopping.apply(arguments.grace.apply(builder));
    let builder = arguments.limits.apply(builder);
    // The recorder is installed before anything records.
    let metrics = Metrics::open(arguments.metrics).await?;
    let app = builder
        .trusted_proxies(arguments.trusted_proxy)
        .build()
        .await?;
    arguments.refresh.check(&app)?;

    let listener = arguments.listen.bind().await?;
    let (stop, stopped) = watch::channel(false);
    let _metrics = metrics.map(|metrics| metrics.serve(&app, stopped.clone()));
    let _refreshing = arguments.refresh.start(&app, &stopped);

    let routes = routes(app.clone());
    let routes = match page {
        Some(page) => page.mount(&app, routes),
        None => routes,
    };
    http::serve_with_probes(app, routes, listener).await?;
    stop.send_replace(true);
    Ok(ExitStatus::Success)
}
