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
        let compare = async {
            loop {
                if let Err(error) = self.reconcile_if_due(options, Some(interval)).await {
                    tracing::error!(error = describe(&error), "events are not reconciled");
                }
                tokio::time::sleep(interval).await;
            }
        };
        // An interrupted comparison is resumed the next time. An error means that nobody can ask
        // for the shutdown any more.
        tokio::select! {
            biased;
            _ = shutdown.wait_for(|shutdown| *shutdown) => {}
            () = compare => {}
        }
    }
}
