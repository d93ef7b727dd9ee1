//! `--reconcile INTERVAL`: `serve` and `work` compare with Stripe's events periodically.

use std::time::Duration;

use clap::Args;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::Djstripe;
use crate::cli::exit::{CommandError, UsageError};
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::reconcile::{ReconcileError, ReconcileOptions};

#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct PeriodicArgs {
    /// Store events that Stripe did not deliver, comparing at this interval, such as 5m
    #[arg(long, value_parser = humantime::parse_duration, env = "DJSTRIPE_RECONCILE", value_name = "INTERVAL")]
    reconcile: Option<Duration>,
    /// Compare the events of all connected accounts too
    #[arg(long, requires = "reconcile")]
    reconcile_accounts: bool,
}

impl PeriodicArgs {
    /// Refuses an interval that is too short, and a missing key, before anything starts.
    pub(in crate::cli) fn check(&self, app: &Djstripe) -> Result<(), CommandError> {
        match self.reconcile {
            Some(interval) if interval < Duration::from_secs(1) => {
                let message =
                    "--reconcile sends a request to Stripe each time: set at least 1s, better 5m";
                Err(UsageError(message.to_owned()).into())
            }
            Some(_) if !app.has_key() => Err(ReconcileError::NoClient.into()),
            _ => Ok(()),
        }
    }

    /// Compares until `stopped` turns true or the returned set is dropped.
    pub(in crate::cli) fn start(
        self,
        app: &Djstripe,
        stopped: watch::Receiver<bool>,
    ) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let Some(interval) = self.reconcile else {
            return tasks;
        };

        let accounts = if self.reconcile_accounts {
            AccountScope::All
        } else {
            AccountScope::Platform
        };
        let options = ReconcileOptions {
            accounts,
            ..ReconcileOptions::default()
        };
        let app = app.clone();
        tasks.spawn(async move { app.reconcile_every(interval, &options, stopped).await });
        tasks
    }
}
