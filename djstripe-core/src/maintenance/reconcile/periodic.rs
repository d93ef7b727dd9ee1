//! Comparing every few minutes, in one process of however many.

use std::time::Duration;

use tokio::sync::watch;

use super::ReconcileOptions;
use crate::app::Djstripe;
use crate::error::describe;

impl Djstripe {
    /// Compares with Stripe's events now and again after each interval, until `shutdown` turns true. Of all processes that
    /// do so on one database one compares at a time, and none so soon after another. `serve` and `work` do this with
    /// `--reconcile`.
    ///
    /// Without any stored event it begins with those of the last hour: a program that receives for the first time isn't
    /// shown what has happened before.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn main_job(app: djstripe_core::Djstripe) {
    /// let (stop, stopped) = tokio::sync::watch::channel(false);
    /// tokio::spawn(async move { app.reconcile_every(Duration::from_secs(300), &Default::default(), stopped).await });
    /// // …
    /// stop.send_replace(true);
    /// # }
    /// ```
    pub async fn reconcile_every(
        &self,
        interval: Duration,
        options: &ReconcileOptions,
        mut shutdown: watch::Receiver<bool>,
    ) {
        while !*shutdown.borrow() {
            // Broken off in the middle it goes on where it was, next time.
            tokio::select! {
                reconciled = self.reconcile_if_due(options, Some(interval)) => {
                    if let Err(error) = reconciled {
                        tracing::error!(error = describe(&error), "events are not reconciled");
                    }
                }
                _ = shutdown.changed() => continue,
            }
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                _ = shutdown.changed() => {}
            }
        }
    }
}
