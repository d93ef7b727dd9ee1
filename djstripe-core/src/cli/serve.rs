//! `serve`: the webhook endpoint and the workers in one process, until interrupted.

use std::net::SocketAddr;

use clap::Args;
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::exit::{CommandError, ExitStatus};
use super::log::LogArgs;
use super::metrics::{Metrics, MetricsArgs};
use super::reconcile::periodic::PeriodicArgs;
use super::settings::{DatabaseArgs, SigningArgs, StripeArgs};
use super::shutdown::Interrupt;
use super::sync::refresh::RefreshArgs;
use crate::app::{Builder, Djstripe};
use crate::endpoint::WEBHOOK_PATH;
use crate::http::{probes, router};

pub(super) const LOG_HELP: &str = "\
The log goes to standard error. RUST_LOG sets its filter, such as warn or
info,djstripe_core::client=debug [default: info]; NO_COLOR turns its colors off.";

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Set the address to listen on
    #[arg(
        long,
        env = "DJSTRIPE_LISTEN",
        default_value = "127.0.0.1:4242",
        value_name = "ADDRESS"
    )]
    listen: SocketAddr,
    /// Trust X-Forwarded-For from proxies in these networks, such as 10.0.0.0/8
    #[arg(long, value_delimiter = ',', value_name = "NETWORK")]
    trusted_proxy: Vec<IpNet>,
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
    signing: SigningArgs,
    #[command(flatten)]
    stripe: StripeArgs,
}

pub(super) async fn run(builder: Builder, arguments: Serve) -> Result<ExitStatus, CommandError> {
    let builder = arguments.database.apply(builder);
    let builder = arguments.stripe.apply(arguments.signing.apply(builder));
    // The recorder is installed before anything records.
    let metrics = Metrics::open(arguments.metrics).await?;
    let app = builder
        .trusted_proxies(arguments.trusted_proxy)
        .build()
        .await?;
    arguments.reconcile.check(&app)?;
    arguments.refresh.check(&app)?;

    let listen = arguments.listen;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| format!("failed to listen on {listen}: {error}"))?;
    let address = listener.local_addr()?;
    let interrupt = Interrupt::install()?;
    tracing::info!("listening on http://{address}{WEBHOOK_PATH}");

    let (stop, stopped) = watch::channel(false);
    let _metrics = metrics.map(|metrics| metrics.serve(&app, stopped.clone()));
    let _reconciling = arguments.reconcile.start(&app, stopped.clone());
    let _refreshing = arguments.refresh.start(&app, &stopped);
    let server = tokio::spawn(serve(app, listener, stopped));

    interrupt.wait().await?;
    tracing::info!("stopping: finishing deliveries and events in progress");
    stop.send_replace(true);
    server.await??;
    Ok(ExitStatus::Success)
}

/// Serves the endpoint and processes events until `stopped` turns true. Deliveries and events in
/// progress are finished.
pub(super) async fn serve(
    app: Djstripe,
    listener: TcpListener,
    mut stopped: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let workers = tokio::spawn({
        let (app, stopped) = (app.clone(), stopped.clone());
        async move { app.work(stopped).await }
    });

    let service = router(app.clone())
        .merge(probes(app))
        .into_make_service_with_connect_info::<SocketAddr>();
    let shutdown = async move {
        // An error means that the sender is gone, which is a reason to stop too.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    axum::serve(listener, service)
        .with_graceful_shutdown(shutdown)
        .await?;

    workers.await.map_err(std::io::Error::other)
}
