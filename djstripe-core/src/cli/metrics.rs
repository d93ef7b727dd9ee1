//! `--metrics ADDRESS`: metrics for Prometheus, and the probes, on an address of their own.

use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use clap::Args;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::exit::CommandError;
use super::listen_address::ListenAddress;
use super::process_metrics;
use crate::app::Djstripe;
use crate::http::{Limits, probes, serve_connections};
use crate::telemetry::metrics::{
    ACKNOWLEDGEMENT, ACKNOWLEDGEMENT_BUCKETS, RECEIVER_RUN, RECEIVER_RUN_BUCKETS, describe,
};

/// The path that Prometheus scrapes by default.
const PATH: &str = "/metrics";

/// How often recorded samples are folded into the histograms, so that memory doesn't grow while nothing
/// scrapes.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Connections of Prometheus and of supervisors.
const MAX_CONNECTIONS: usize = 32;

#[derive(Clone, Debug, Args)]
pub(super) struct MetricsArgs {
    /// Serve /metrics for Prometheus, /healthz and /readyz on this address, such as localhost:9464
    #[arg(long, env = "DJSTRIPE_METRICS", value_name = "ADDRESS")]
    metrics: Option<ListenAddress>,
}

/// The installed recorder, and the socket that its metrics are served on.
pub(super) struct Metrics {
    listener: TcpListener,
    handle: PrometheusHandle,
}

impl Metrics {
    /// Binds the address and installs the recorder; `None` without an address.
    pub(super) async fn open(arguments: MetricsArgs) -> Result<Option<Self>, CommandError> {
        let Some(address) = arguments.metrics else {
            return Ok(None);
        };

        let listener = address.bind().await?;
        let acknowledgement = Matcher::Full(ACKNOWLEDGEMENT.to_owned());
        let run = Matcher::Full(RECEIVER_RUN.to_owned());
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(acknowledgement, &ACKNOWLEDGEMENT_BUCKETS)?
            .set_buckets_for_metric(run, &RECEIVER_RUN_BUCKETS)?
            .install_recorder()?;
        describe();
        process_metrics::describe();

        tracing::info!("metrics at http://{}{PATH}", listener.local_addr()?);
        Ok(Some(Self { listener, handle }))
    }

    /// Serves metrics and probes until the returned set is dropped.
    pub(super) fn serve(self, app: &Djstripe, stopped: watch::Receiver<bool>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let (watched, told) = (app.clone(), stopped.clone());
        tasks.spawn(async move { watched.watch_backlog(told).await });

        let (upkeep, vitals) = (self.handle.clone(), app.vitals().clone());
        tasks.spawn(async move {
            let run = async {
                loop {
                    tokio::time::sleep(UPKEEP_INTERVAL).await;
                    upkeep.run_upkeep();
                }
            };
            vitals.guard("metrics upkeep", run).await
        });

        let handle = self.handle;
        let metrics = get(async move || {
            process_metrics::record();
            let content_type = [(CONTENT_TYPE, "text/plain; version=0.0.4")];
            (content_type, handle.render())
        });
        let router = axum::Router::new()
            .route(PATH, metrics)
            .merge(probes(app.clone()));
        let limits = Limits::new(app.grace(), MAX_CONNECTIONS);
        let vitals = app.vitals().clone();
        tasks.spawn(async move {
            let served = serve_connections(self.listener, router, limits, stopped.clone());
            vitals.until("metrics", &stopped, served).await;
        });
        tasks
    }
}
