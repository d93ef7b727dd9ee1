//! Whether a server or a worker reconciles, as the builder says.

use std::time::Duration;

use crate::maintenance::reconcile::ReconcileOptions;

/// How often to compare Stripe's events with the stored ones, and which.
#[derive(Clone, Debug)]
pub(crate) struct Reconciling {
    pub(crate) interval: Duration,
    pub(crate) options: ReconcileOptions,
}
