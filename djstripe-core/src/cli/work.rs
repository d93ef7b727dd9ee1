//! `work`: the workers without the webhook endpoint, until interrupted.

use clap::Args;
use tokio::sync::watch;

use super::exit::{CommandError, ExitStatus};
use super::limits::GraceArgs;
use super::log::LogArgs;
use super::metrics::{Metrics, MetricsArgs};
use super::reconcile::periodic::PeriodicArgs;
use super::settings::{DatabaseArgs, MigrateArgs, StripeArgs};
use super::sync::refresh::RefreshArgs;
use crate::app::{Builder, Interrupt};
use crate::http::ServeError;

#[derive(Debug, Args)]
pub(super) struct Work {
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
    stripe: StripeArgs,
}

pub(super) async fn run(builder: Builder, arguments: Work) -> Result<ExitStatus, CommandError> {
    let builder = arguments.migrate.apply(arguments.database.apply(builder));
    let builder = arguments.stripe.apply(builder);
    let builder = arguments.grace.apply(arguments.reconcile.apply(builder)?);
    // The recorder is installed before anything records.
    let metrics = Metrics::open(arguments.metrics).await?;
    let app = builder.workers_only().build().await?;
    app.check_reconciling()?;
    arguments.refresh.check(&app)?;

    let (stop, stopped) = watch::channel(false);
    let _metrics = metrics.map(|metrics| metrics.serve(&app, stopped.clone()));
    let _refreshing = arguments.refresh.start(&app, &stopped);
    let workers = tokio::spawn({
        let app = app.clone();
        async move { tokio::join!(app.work(stopped.clone()), app.reconcile_as_set(stopped)) }
    });
    let interrupt = Interrupt::install()?;
    tracing::info!("working");

    let vitals = app.vitals();
    tokio::select! {
        interrupted = interrupt.wait() => interrupted?,
        _ = vitals.failed() => {}
    }
    vitals.set_stopping(true);
    tracing::info!("stopping: finishing events in progress");
    stop.send_replace(true);
    // Their panic is recorded.
    let _ = workers.await;
    match vitals.failure() {
        Some(failure) => Err(ServeError::from(failure).into()),
        None => Ok(ExitStatus::Success),
    }
}
