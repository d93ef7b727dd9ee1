//! `work`, `pause` and `resume`: the workers of this process, and of all.

use std::net::SocketAddr;

use tokio::sync::watch;

use super::CommandError;
use super::list::{open_current, print};
use super::metrics::Metrics;
use super::reconcile::Regularly;
use super::serve::interrupted;
use crate::app::Builder;
use crate::timestamp::Timestamp;

/// Processes events until interrupted; what has begun is finished.
pub(super) async fn work(
    builder: Builder,
    metrics: Option<SocketAddr>,
    reconcile: Regularly,
) -> Result<(), CommandError> {
    let metrics = Metrics::open(metrics).await?;
    let app = builder.workers_only().build().await?;
    reconcile.check(&app)?;
    let (stop, stopped) = watch::channel(false);
    let _metrics = metrics.map(|metrics| metrics.serve(&app, stopped.clone()));
    let _reconciling = reconcile.start(&app, stopped.clone());
    let workers = tokio::spawn({
        let app = app.clone();
        async move { app.work(stopped).await }
    });
    tracing::info!("working");
    interrupted().await?;
    tracing::info!("stopping: finishing what has begun");
    stop.send_replace(true);
    Ok(workers.await?)
}

pub(super) async fn pause(builder: &Builder) -> Result<(), CommandError> {
    let paused = open_current(builder).await?.pause(Timestamp::now()).await?;
    print(format_args!(
        "{}",
        if paused { "paused" } else { "paused already" }
    ))?;
    Ok(())
}

pub(super) async fn resume(builder: &Builder) -> Result<(), CommandError> {
    let resumed = open_current(builder).await?.resume().await?;
    print(format_args!(
        "{}",
        if resumed { "resumed" } else { "not paused" }
    ))?;
    Ok(())
}
