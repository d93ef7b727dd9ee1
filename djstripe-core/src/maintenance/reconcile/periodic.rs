//! Comparing every few minutes, in one process of however many.

use std::time::Duration;

use tokio::sync::watch;

use super::{ReconcileOptions, Reconciler};
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
