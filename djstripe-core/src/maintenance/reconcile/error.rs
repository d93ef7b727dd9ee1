//! Why a comparison could not start, or ended early.

use std::time::Duration;

use crate::client::ClientError;
use crate::store::StoreError;

/// Why a comparison could not start, or ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// There is no secret key.
    #[error("there is no secret key to list Stripe's events with; set STRIPE_SECRET_KEY")]
    NoClient,
    /// The interval is below a second.
    #[error(
        "reconciling sends requests to Stripe each time, so an interval of {interval:?} is too \
         short; set at least 1 s, better 5 min"
    )]
    TooOften {
        /// The interval.
        interval: Duration,
    },
    /// Stripe's list of thin events could not be read. A restricted key needs the permission to read
    /// events of API v2.
    #[error(
        "thin events, /v2/core/events, could not be listed{}",
        match source.is_forbidden() {
            true => "; allow the key to read events of API v2",
            false => "",
        }
    )]
    ThinEvents {
        /// Why.
        source: ClientError,
    },
    /// A request failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
