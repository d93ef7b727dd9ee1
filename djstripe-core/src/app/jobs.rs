//! What a server or a worker does at intervals, besides processing events.

use std::time::Duration;

use tokio::sync::watch;

use super::builder::Builder;
use super::facade::Djstripe;
use super::reconciling::Reconciling;
use crate::maintenance::reconcile::{ReconcileError, ReconcileOptions};

/// The shortest interval between comparisons. Each sends requests to Stripe.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

impl Builder {
    /// Makes [`http::serve`](crate::http::serve) and the commands `serve` and `work` reconcile events
    /// at this interval, as [`Djstripe::reconcile_every`] does. Default: they don't. Without a secret
    /// key, or with an interval below a second, they refuse to start.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::reconcile::ReconcileOptions;
    ///
    /// let five_minutes = Duration::from_secs(300);
    /// let builder = Djstripe::builder().reconcile_every(five_minutes, ReconcileOptions::default());
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn reconcile_every(mut self, interval: Duration, options: ReconcileOptions) -> Self {
        self.reconciling = Some(Reconciling { interval, options });
        self
    }
}

impl Djstripe {
    /// Refuses to reconcile without a key, or all the time.
    pub(crate) fn check_reconciling(&self) -> Result<(), ReconcileError> {
        let Some(Reconciling { interval, .. }) = &self.reconciling else {
            return Ok(());
        };
        if *interval < MIN_INTERVAL {
            return Err(ReconcileError::TooOften {
                interval: *interval,
            });
        }
        if self.services.clients.is_empty() {
            return Err(ReconcileError::NoClient);
        }
        Ok(())
    }

    /// Reconciles as the builder says, until `shutdown` turns true.
    pub(crate) async fn reconcile_as_set(&self, mut shutdown: watch::Receiver<bool>) {
        match &self.reconciling {
            Some(Reconciling { interval, options }) => {
                self.reconcile_every(*interval, options, shutdown).await;
            }
            None => stopped(&mut shutdown).await,
        }
    }
}

/// Waits until `shutdown` turns true, or nobody can turn it true any more.
pub(crate) async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|shutdown| *shutdown).await;
}
