//! Periodic comparisons. Of all processes that run them on one database, one compares at a time.

use std::time::Duration;

use tokio::sync::watch;

use super::options::ReconcileOptions;
use super::reconciler::Reconciler;
use crate::error::describe;

impl Reconciler {
    /// Compares now and after each interval, until `shutdown` turns true.
    pub(crate) async fn reconcile_every(
        &self,
        interval: Duration,
        options: &ReconcileOptions,
        mut shutdown: watch::Receiver<bool>,
    ) {
        while !*shutdown.borrow() {
            // An interrupted comparison is resumed the next time.
            tokio::select! {
                report = self.reconcile_if_due(options, Some(interval)) => {
                    if let Err(error) = report {
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
