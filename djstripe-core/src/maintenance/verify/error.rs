//! Why a verification ended early.

use crate::client::ClientError;
use crate::store::StoreError;

/// Why a verification ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no secret key.
    #[error("there is no secret key to compare with Stripe; set STRIPE_SECRET_KEY")]
    NoKey,
    /// The options name an own account without a key, or leave open which one is meant.
    #[error(transparent)]
    OwnAccount(#[from] ClientError),
    /// Stripe has no such type of object.
    #[error("`{object}` is not a Stripe object")]
    UnknownObject {
        /// The name that was given.
        object: String,
    },
    /// Objects of this type can't be listed, or are not mirrored.
    #[error("`{object}` can't be compared: {reason}")]
    Unlisted {
        /// The type of object.
        object: &'static str,
        /// The reason.
        reason: &'static str,
    },
    /// No list could be read.
    #[error("nothing could be compared; the list of `{object}`, for example: {reason}")]
    NothingReadable {
        /// A type of object that could not be read.
        object: &'static str,
        /// Stripe's message.
        reason: String,
    },
    /// A request failed.
    #[error("a request about `{object}` failed")]
    Client {
        /// The type of object.
        object: &'static str,
        /// The error.
        source: ClientError,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
