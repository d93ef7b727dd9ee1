//! `sync`: fills the mirror from Stripe's lists.

mod progress;
pub(super) mod refresh;
mod summary;

use std::time::{Duration, SystemTime};

use clap::Args;
use tokio::sync::watch;

use super::account::AccountArgs;
use super::exit::{CommandError, ExitStatus, UsageError};
use super::output::OutputArgs;
use super::settings::{DatabaseArgs, MigrateArgs, StripeArgs};
use super::time::since_full_hour;
use crate::app::{Builder, Interrupt};
use crate::maintenance::sync::{SyncError, SyncOptions};
use crate::timestamp::Timestamp;
use crate::webhook::object_type::nearest_listed;
use crate::webhook::spelling::suggestion;
use progress::ProgressView;

const MIN_LEASE: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub(super) struct Sync {
    /// Sync these types only, such as customer or checkout.session [default: all that Stripe lists]
    #[arg(value_name = "OBJECT")]
    objects: Vec<String>,
    /// Sync objects created since this time only, where Stripe can filter: 2d, 2026-01-31 or
    /// 2026-01-31T12:00+02:00; UTC without an offset
    #[arg(long, value_parser = since_full_hour, value_name = "TIME")]
    since: Option<Timestamp>,
    #[command(flatten)]
    accounts: AccountArgs,
    /// Fetch one by one what other objects name and no list shows, such as payment methods of guests
    #[arg(long)]
    follow: bool,
    /// Only fetch objects again whose rows are older than this, such as 1d
    #[arg(long, value_parser = humantime::parse_duration, conflicts_with_all = ["since", "test_clock", "follow"], value_name = "AGE")]
    stale: Option<Duration>,
    /// Only sync the objects of this test clock, which Stripe's other lists leave out
    #[arg(long, conflicts_with = "since", value_name = "ID")]
    test_clock: Option<String>,
    /// Run receivers with `on_backfill = true` for each object, and wait until they finish
    #[arg(long)]
    receivers: bool,
    /// Send at most this many requests at a time
    #[arg(long, default_value_t = 8, value_name = "NUMBER")]
    concurrency: usize,
    /// Take over a list whose run has shown no sign of life for this long
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration, value_name = "DURATION")]
    lease: Duration,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    migrate: MigrateArgs,
    #[command(flatten)]
    stripe: StripeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, sync: Sync) -> Result<ExitStatus, CommandError> {
    let options = sync.options()?;
    if sync.receivers && !builder.registry()?.has_receivers_on_backfill() {
        let help = "add it to the attribute of the receivers to run";
        return Err(UsageError(format!("{}; {help}", SyncError::NoReceiver)).into());
    }
    let builder = sync.migrate.apply(sync.database.apply(builder));
    let builder = sync.stripe.apply(builder);
    let app = builder.workers_only().build().await?;

    let (stop, stopped) = watch::channel(false);
    let workers = sync.receivers.then(|| {
        let app = app.clone();
        tokio::spawn(async move { app.work(stopped).await })
    });
    let interrupt = Interrupt::install()?;
    let mut view = ProgressView::new(sync.output);
    let summary = tokio::select! {
        summary = app.sync(&options, |progress| view.show(progress)) => summary?,
        signal = interrupt.wait() => {
            signal?;
            return Err("interrupted; the same command resumes the sync".into());
        }
    };
    let printed = view
        .finish()
        .and_then(|()| summary::print_summary(&summary, &options, sync.output));

    // A closed pipe must not keep the receivers from running, so its error is returned after them.
    let mut runs = None;
    if let Some(workers) = workers {
        stop.send_replace(true);
        workers.await?;
        app.work_until_idle().await?;
        runs = Some(app.backfill_runs(&summary).await?);
    }

    printed?;
    if let Some(runs) = &runs {
        summary::print_runs(summary.events, runs, sync.output)?;
    }
    let has_failed_runs = runs.is_some_and(|runs| runs.failed > 0);
    Ok(ExitStatus::problems_found(
        !summary.is_complete() || has_failed_runs,
    ))
}

impl Sync {
    fn options(&self) -> Result<SyncOptions, UsageError> {
        if self.concurrency == 0 || self.lease < MIN_LEASE {
            let message = "--concurrency must be at least 1 and --lease at least 100ms";
            return Err(UsageError(message.to_owned()));
        }
        let now = Timestamp::from(SystemTime::now());
        if self.since.is_some_and(|since| since > now) {
            return Err(UsageError("--since is in the future".to_owned()));
        }

        let mut options = SyncOptions::default();
        options.objects.clone_from(&self.objects);
        options.since = self.since;
        options.own_account.clone_from(&self.accounts.own_account);
        options.accounts = self.accounts.clone().into();
        options.concurrency = self.concurrency;
        options.receivers = self.receivers;
        options.follow = self.follow;
        options.stale = self.stale;
        options.test_clock.clone_from(&self.test_clock);
        options.lease = self.lease;
        match options.check() {
            Ok(()) => Ok(options),
            Err(SyncError::UnknownObject { object }) => Err(unknown_object(&object)),
            Err(error) => Err(UsageError(error.to_string())),
        }
    }
}

fn unknown_object(object: &str) -> UsageError {
    let suggestion = suggestion(nearest_listed(object));
    UsageError(format!(
        "`{object}` is not a Stripe object{suggestion}; without a type, all are synced"
    ))
}
