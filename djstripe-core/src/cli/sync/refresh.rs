//! `--refresh TYPE=AGE`: `serve` and `work` fetch old rows again, for what changes without an event.

use std::time::Duration;

use clap::Args;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::Djstripe;
use crate::cli::exit::{CommandError, UsageError};
use crate::maintenance::sync::{SyncError, SyncOptions};

/// The shortest age. Each refresh sends requests.
const MIN_AGE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct RefreshArgs {
    /// Fetch rows of this type again that are older than this, such as balance_transaction=1d; repeatable
    #[arg(long, value_parser = parse, env = "DJSTRIPE_REFRESH", value_delimiter = ',', value_name = "OBJECT=AGE")]
    refresh: Vec<Refresh>,
}

/// A type of object, and the age that its rows don't exceed by much.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refresh {
    object: String,
    age: Duration,
}

impl RefreshArgs {
    /// Refuses unknown types, short ages and a missing key, before anything starts.
    pub(in crate::cli) fn check(&self, app: &Djstripe) -> Result<(), CommandError> {
        for Refresh { object, age } in &self.refresh {
            let error = match options(object, *age).check() {
                Err(error) => error.to_string(),
                Ok(()) if *age < MIN_AGE => {
                    let least = humantime::format_duration(MIN_AGE);
                    format!("`{object}`: the age must be at least {least}")
                }
                Ok(()) => continue,
            };
            return Err(UsageError(format!("--refresh {error}")).into());
        }

        if !self.refresh.is_empty() && !app.has_key() {
            return Err(SyncError::NoKey.into());
        }
        Ok(())
    }

    /// Refreshes until `stopped` turns true or the returned set is dropped.
    pub(in crate::cli) fn start(
        self,
        app: &Djstripe,
        stopped: &watch::Receiver<bool>,
    ) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for Refresh { object, age } in self.refresh {
            let (app, stopped) = (app.clone(), stopped.clone());
            tasks.spawn(async move {
                app.refresh_every(age, &options(&object, age), stopped)
                    .await
            });
        }
        tasks
    }
}

fn options(object: &str, age: Duration) -> SyncOptions {
    SyncOptions {
        objects: vec![object.to_owned()],
        stale: Some(age),
        ..SyncOptions::default()
    }
}

fn parse(text: &str) -> Result<Refresh, String> {
    let (object, age) = text
        .split_once('=')
        .ok_or("expected a type and an age, such as balance_transaction=1d")?;
    let age = humantime::parse_duration(age).map_err(|error| error.to_string())?;
    Ok(Refresh {
        object: object.to_owned(),
        age,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_names_a_type_and_an_age() {
        let check = |text: &str, expected: Option<(&str, u64)>| {
            let parsed = parse(text).ok();
            let parsed = parsed.as_ref().map(|of| (&*of.object, of.age.as_secs()));
            assert_eq!(parsed, expected, "{text}");
        };

        check("coupon=1d", Some(("coupon", 86_400)));
        check("coupon", None);
        check("coupon=soon", None);
    }
}
