//! Errors of the mirror.
//!
//! In: what the database, Stripe or the application answered. Out: one type that names the object it is about.

use crate::client::ClientError;
use crate::error::BoxError;
use crate::store::{StoreError, Unstorable};

/// Why an object could not be mirrored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object is of a type that has ids, but this one has none.
    #[error("this `{object}` has no id")]
    NoId {
        /// The type of object.
        object: &'static str,
    },
    /// The database can't hold the object's JSON.
    #[error(transparent)]
    Unstorable(#[from] Unstorable),
    /// The object could not be fetched.
    #[error("`{object}` {id} could not be fetched")]
    Fetch {
        /// The type of object.
        object: &'static str,
        /// Its id.
        id: String,
        /// Why not.
        source: ClientError,
    },
    /// Stripe answered with another object than the one that was asked for.
    #[error("asked for `{object}` {id}, got {answer}")]
    OtherObject {
        /// The type of object.
        object: &'static str,
        /// Its id.
        id: String,
        /// What came.
        answer: String,
    },
    /// The application's [`SubscriberLookup`](super::SubscriberLookup) failed.
    #[error("the subscriber could not be looked up")]
    Subscriber(#[source] BoxError),
}
