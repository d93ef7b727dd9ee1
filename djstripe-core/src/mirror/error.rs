//! Errors of the mirror.

use crate::client::ClientError;
use crate::error::BoxError;
use crate::receiver::Permanent;
use crate::store::{StoreError, Unstorable};

/// Why an object could not be mirrored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Objects of this type have ids, but this one has none.
    #[error("this `{object}` has no id")]
    NoId {
        /// The type of object.
        object: &'static str,
    },
    /// An object was loaded outside of a receiver, and nothing says whose it is.
    #[error("say whose objects to load: `db.scoped_to(account, livemode)`")]
    NoScope,
    /// The row has another shape than the model.
    #[error(
        "`{object}` {id} of API version {} can't be read",
        api_version.as_deref().unwrap_or("unknown")
    )]
    Decode {
        /// The type of object.
        object: &'static str,
        /// Its id.
        id: String,
        /// API version of the row's JSON.
        api_version: Option<String>,
        /// Where it differs.
        source: Box<djstripe_models::ObjectError>,
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
        /// The request's error.
        source: ClientError,
    },
    /// The event is thin, and nothing can fetch the object that it refers to. A retry fails the same
    /// way.
    #[error("the content of `{object}` {id} is not in the event, which is thin")]
    NoContent {
        /// The type of object.
        object: &'static str,
        /// Its id.
        id: String,
        /// Why it can't be fetched.
        source: Permanent,
    },
    /// Stripe returned another object than the requested one.
    #[error("requested `{object}` {id}, got {answer}")]
    OtherObject {
        /// The type of the requested object.
        object: &'static str,
        /// Its id.
        id: String,
        /// The start of the response.
        answer: String,
    },
    /// The application's [`SubscriberLookup`](super::SubscriberLookup) failed.
    #[error("the subscriber could not be looked up")]
    Subscriber(#[source] BoxError),
}
