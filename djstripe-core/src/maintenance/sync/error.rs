//! Why a sync could not start, or ended early.

use crate::client::ClientError;
use crate::store::StoreError;
use crate::webhook::mode_name;

/// Why a sync could not start, or ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// There is no secret key.
    #[error("there is no secret key to list Stripe's objects with; set STRIPE_SECRET_KEY")]
    NoKey,
    /// The options name an own account without a key, or leave open which one is meant.
    #[error(transparent)]
    OwnAccount(ClientError),
    /// Stripe has no such type of object.
    #[error("`{object}` is not a Stripe object")]
    UnknownObject {
        /// The name that was given.
        object: String,
    },
    /// Objects of this type can't be listed.
    #[error("`{object}` can't be listed: {reason}")]
    Unlisted {
        /// The type of object.
        object: &'static str,
        /// The reason.
        reason: &'static str,
    },
    /// [`SyncOptions::stale`](super::SyncOptions::stale) and
    /// [`SyncOptions::test_clock`](super::SyncOptions::test_clock) are both set.
    #[error("stale rows and the objects of a test clock are synced apart")]
    StaleTestClock,
    /// Stripe refuses the secret key for all requests.
    #[error("Stripe refuses the secret key of {} mode", mode_name(*.livemode))]
    KeyRefused {
        /// The key's mode.
        livemode: bool,
        /// Stripe's error.
        source: ClientError,
    },
    /// A request failed.
    #[error(transparent)]
    Client(ClientError),
    /// [`SyncOptions::receivers`](super::SyncOptions::receivers) is set, but no receiver has
    /// `on_backfill = true`.
    #[error("no receiver has `on_backfill = true`, so there is none to call")]
    NoReceiver,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
