//! `sync`: fills the mirror from Stripe's lists.

mod show;

use std::time::{Duration, SystemTime};

use clap::Args;
use djstripe_models::DESCRIPTORS;
use tokio::sync::watch;

use super::events::since;
use super::serve::interrupted;
use super::{AccountArgs, CommandError, Ending, Misuse, Output};
use crate::app::Builder;
use crate::maintenance::sync::{SyncError, SyncOptions};
use crate::timestamp::Timestamp;
use show::Show;

#[derive(Debug, Args)]
pub(super) struct Sync {
    /// Types of objects, customer or checkout.session; all that Stripe lists if none is named
    objects: Vec<String>,
    /// Only what was created since then, where Stripe can tell: 2d, or 2026-01-31T12:00:00Z
    #[arg(long, value_parser = begin, value_name = "TIME")]
    since: Option<Timestamp>,
    #[command(flatten)]
    accounts: AccountArgs,
    /// Call the receivers with `on_backfill = true` for each object, and run them here until they are through
    #[arg(long)]
    receivers: bool,
    /// Requests under way at a time
    #[arg(long, default_value_t = 8, value_name = "NUMBER")]
    concurrency: usize,
    /// How long a list stays with a run that gives no sign of life, before another one takes it over
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration, value_name = "TIME")]
    lease: Duration,
    #[command(flatten)]
    output: Output,
}

/// A time; one that is said by how long ago it was is taken to the full hour, so that the same words an hour later
/// go on with what they have begun.
fn begin(text: &str) -> Result<Timestamp, String> {
    const HOUR: i64 = 3_600_000_000;
    let time = since(text)?;
    let is_ago = humantime::parse_duration(text).is_ok();
    Ok(if is_ago {
        Timestamp::from_micros(time.micros() / HOUR * HOUR)
    } else {
        time
    })
}

impl Sync {
    fn options(&self) -> Result<SyncOptions, Misuse> {
        let mut options = SyncOptions::default();
        options.objects.clone_from(&self.objects);
        options.since = self.since;
        options.accounts = self.accounts.clone().into();
        options.concurrency = self.concurrency;
        options.receivers = self.receivers;
        options.lease = self.lease;
        if self.concurrency == 0 || self.lease < Duration::from_millis(100) {
            return Err(Misuse(
                "--concurrency must be at least 1 and --lease at least 100ms".to_owned(),
            ));
        }
        if self
            .since
            .is_some_and(|since| since > Timestamp::from(SystemTime::now()))
        {
            return Err(Misuse("--since lies in the future".to_owned()));
        }
        match options.check() {
            Err(SyncError::UnknownObject { object }) => Err(Misuse(format!(
                "`{object}` is not an object of Stripe's{}; without a name everything is synced",
                nearest(&object)
                    .map(|name| format!("; did you mean `{name}`?"))
                    .unwrap_or_default()
            ))),
            Err(error) => Err(Misuse(error.to_string())),
            Ok(()) => Ok(options),
        }
    }
}

/// The type of object that is most probably meant.
fn nearest(object: &str) -> Option<&'static str> {
    let names = DESCRIPTORS
        .iter()
        .filter(|descriptor| descriptor.list.is_some())
        .map(|descriptor| descriptor.object);
    let wanted = object.to_lowercase();
    let singular = wanted.trim_end_matches('s');
    let ending = names
        .clone()
        .find(|name| name.rsplit('.').next() == Some(singular));
    let distance = |name: &&str| strsim::osa_distance(name, &wanted);
    ending.or_else(|| {
        names
            .min_by_key(distance)
            .filter(|name| strsim::osa_distance(name, &wanted) <= 3)
    })
}

/// Syncs, and tells how it goes.
pub(super) async fn run(builder: Builder, sync: &Sync) -> Result<Ending, CommandError> {
    let options = sync.options()?;
    if sync.receivers && !builder.registry()?.has_receivers_on_backfill() {
        let help = "write it into the attribute of those that are to be called";
        return Err(Misuse(format!("{}; {help}", SyncError::NoReceiver)).into());
    }
    let app = builder.workers_only().build().await?;
    let (stop, stopped) = watch::channel(false);
    let workers = sync.receivers.then(|| {
        let app = app.clone();
        tokio::spawn(async move { app.work(stopped).await })
    });
    let mut show = Show::new(sync.output);
    let summary = tokio::select! {
        summary = app.sync(&options, |progress| show.progress(progress)) => summary?,
        signal = interrupted() => {
            signal?;
            return Err("interrupted; the same command goes on where it stopped".into());
        }
    };
    show.summary(&summary)?;
    let mut failed = 0;
    if let Some(workers) = workers {
        stop.send_replace(true);
        workers.await?;
        app.work_until_idle().await?;
        let runs = app.backfill_runs(&summary).await?;
        failed = runs.failed;
        show.receivers(summary.events, runs)?;
    }
    Ok(if summary.is_complete() && failed == 0 {
        Ending::Done
    } else {
        Ending::Found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_has_a_nearest() {
        let check = |object: &str, expected: Option<&str>| {
            assert_eq!(nearest(object), expected, "{object}")
        };
        check("customers", Some("customer"));
        check("subscripton", Some("subscription"));
        check("Invoice", Some("invoice"));
        check("session", Some("checkout.session"));
        check("cardholders", Some("issuing.cardholder"));
        check("basketball", None);
    }

    #[test]
    fn how_long_ago_is_taken_to_the_hour() {
        let hour = |text: &str| begin(text).unwrap().micros() % 3_600_000_000;
        assert_eq!(
            (hour("2d"), hour("2026-01-31T12:30:00Z")),
            (0, 1_800_000_000)
        );
    }
}
