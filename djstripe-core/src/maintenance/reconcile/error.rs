//! Why a comparison could not start, or ended early.

use crate::client::ClientError;
use crate::store::StoreError;

/// Why a comparison could not start, or ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// There is no secret key.
    #[error("there is no secret key to list Stripe's events with; set STRIPE_SECRET_KEY")]
    NoClient,
    /// A request failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
