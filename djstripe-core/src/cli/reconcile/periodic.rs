//! `--reconcile INTERVAL`: `serve` and `work` compare with Stripe's events periodically.

use std::time::Duration;

use clap::Args;

use crate::app::Builder;
use crate::cli::exit::UsageError;
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::reconcile::ReconcileOptions;

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
    /// Replaces what the application has set. Refuses an interval that is too short before anything
    /// starts.
    pub(in crate::cli) fn apply(self, builder: Builder) -> Result<Builder, UsageError> {
        let Some(interval) = self.reconcile else {
            return Ok(builder);
        };
        if interval < Duration::from_secs(1) {
            return Err(UsageError(
                "--reconcile sends a request to Stripe each time: set at least 1s, better 5m"
                    .to_owned(),
            ));
        }

        let accounts = if self.reconcile_accounts {
            AccountScope::All
        } else {
            AccountScope::Platform
        };
        let options = ReconcileOptions {
            accounts,
            ..ReconcileOptions::default()
        };
        Ok(builder.reconcile_every(interval, options))
    }
}
