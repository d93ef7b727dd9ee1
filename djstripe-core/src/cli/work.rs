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
use crate::app::Builder;
use crate::http;

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
    http::work(app).await?;
    stop.send_replace(true);
    Ok(ExitStatus::Success)
}
