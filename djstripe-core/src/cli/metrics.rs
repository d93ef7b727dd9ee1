//! `--metrics ADDRESS`: the metrics for Prometheus, and the probes, at an address of their own.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::CommandError;
use crate::app::Djstripe;
use crate::http::probes;
use crate::metrics::{ACKNOWLEDGEMENT, RECEIVER_RUN, describe};

/// Where the metrics are, as Prometheus expects it.
const PATH: &str = "/metrics";

/// How often what was recorded is gathered, so that memory doesn't grow while nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);

const ACKNOWLEDGEMENT_BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
const RUN_BUCKETS: [f64; 12] = [
    0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0,
];

/// Metrics that are recorded and can be asked for.
pub(super) struct Metrics {
    listener: TcpListener,
    handle: PrometheusHandle,
}

impl Metrics {
    /// Begins to record, if there is an address. First of all, so that nothing goes unrecorded.
    pub(super) async fn open(address: Option<SocketAddr>) -> Result<Option<Self>, CommandError> {
        let Some(address) = address else {
            return Ok(None);
        };
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| format!("can't listen on {address}: {error}"))?;
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(
                Matcher::Full(ACKNOWLEDGEMENT.to_owned()),
                &ACKNOWLEDGEMENT_BUCKETS,
            )?
            .set_buckets_for_metric(Matcher::Full(RECEIVER_RUN.to_owned()), &RUN_BUCKETS)?
            .install_recorder()?;
        describe();
        tracing::info!("metrics at http://{}{PATH}", listener.local_addr()?);
        Ok(Some(Self { listener, handle }))
    }

    /// Answers until the returned set is dropped.
    pub(super) fn serve(self, app: &Djstripe, stopped: watch::Receiver<bool>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let (app, watched) = (app.clone(), app.clone());
        tasks.spawn(async move { watched.watch_backlog(stopped).await });
        let upkept = self.handle.clone();
        tasks.spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkept.run_upkeep();
            }
        });
        let handle = self.handle;
        let text = get(async move || {
            (
                [(CONTENT_TYPE, "text/plain; version=0.0.4")],
                handle.render(),
            )
        });
        let router = axum::Router::new().route(PATH, text).merge(probes(app));
        tasks.spawn(async move {
            if let Err(error) = axum::serve(self.listener, router).await {
                tracing::error!(%error, "metrics can't be asked for any more");
            }
        });
        tasks
    }
}
