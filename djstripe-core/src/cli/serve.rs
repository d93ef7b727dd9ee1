//! `serve`: the endpoint and the workers in one process, until interrupted.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::CommandError;
use super::metrics::Metrics;
use super::reconcile::Regularly;
use crate::app::{Builder, Djstripe};
use crate::endpoint::WEBHOOK_PATH;
use crate::http::{probes, router};

pub(super) async fn run(
    builder: Builder,
    listen: SocketAddr,
    metrics: Option<SocketAddr>,
    reconcile: Regularly,
) -> Result<(), CommandError> {
    let metrics = Metrics::open(metrics).await?;
    let app = builder.build().await?;
    reconcile.check(&app)?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| format!("can't listen on {listen}: {error}"))?;
    tracing::info!(
        "listening on http://{}{WEBHOOK_PATH}",
        listener.local_addr()?
    );
    let (stop, stopped) = watch::channel(false);
    let _metrics = metrics.map(|metrics| metrics.serve(&app, stopped.clone()));
    let _reconciling = reconcile.start(&app, stopped.clone());
    let server = tokio::spawn(serve(app, listener, stopped));
    interrupted().await?;
    tracing::info!("stopping: finishing what has begun");
    stop.send_replace(true);
    Ok(server.await??)
}

/// Serves the endpoint and processes events until `stopped` turns true; what has begun is finished.
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

/// Waits for Ctrl-C, or on Unix for SIGTERM, as `docker stop` and systemd send it.
pub(super) async fn interrupted() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
