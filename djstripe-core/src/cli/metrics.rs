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
use crate::app::Djstripe;
use crate::http::probes;
use crate::metrics::{ACKNOWLEDGEMENT, RECEIVER_RUN, describe};

/// The path that Prometheus scrapes by default.
const PATH: &str = "/metrics";

/// How often recorded samples are folded into the histograms, so that memory doesn't grow while nothing
/// scrapes.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Upper bounds in seconds.
const ACKNOWLEDGEMENT_BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Upper bounds in seconds.
const RUN_BUCKETS: [f64; 12] = [
    0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0,
];

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
            .set_buckets_for_metric(run, &RUN_BUCKETS)?
            .install_recorder()?;
        describe();

        tracing::info!("metrics at http://{}{PATH}", listener.local_addr()?);
        Ok(Some(Self { listener, handle }))
    }

    /// Serves metrics and probes until the returned set is dropped.
    pub(super) fn serve(self, app: &Djstripe, stopped: watch::Receiver<bool>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let watched = app.clone();
        tasks.spawn(async move { watched.watch_backlog(stopped).await });

        let upkeep = self.handle.clone();
        tasks.spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP_INTERVAL).await;
                upkeep.run_upkeep();
            }
        });

        let handle = self.handle;
        let metrics = get(async move || {
            let content_type = [(CONTENT_TYPE, "text/plain; version=0.0.4")];
            (content_type, handle.render())
        });
        let router = axum::Router::new()
            .route(PATH, metrics)
            .merge(probes(app.clone()));
        tasks.spawn(async move {
            if let Err(error) = axum::serve(self.listener, router).await {
                tracing::error!(%error, "metrics are no longer served");
            }
        });
        tasks
    }
}
