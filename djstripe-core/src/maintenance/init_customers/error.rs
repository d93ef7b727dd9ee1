//! Why customers could not be created.

use crate::client::{ClientError, ErrorKind};
use crate::error::BoxError;
use crate::mirror::CustomerError;
use crate::store::{StoreError, Unstorable};
use crate::webhook::mode_name;

/// Why customers could not be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// There is no secret key for this mode.
    #[error("no secret key for {} mode; set STRIPE_SECRET_KEY", mode_name(*.livemode))]
    NoKey {
        /// The mode.
        livemode: bool,
    },
    /// The settings don't name the key under which a customer's metadata names its user.
    #[error(
        "no metadata key for users; write \
         `.mirror(MirrorSettings::default().subscriber_key(\"user_id\"))`"
    )]
    NoSubscriberKey,
    /// The settings have no [`SubscriberLookup`](crate::mirror::SubscriberLookup).
    #[error(
        "users can't be looked up; implement `SubscriberLookup` and write \
         `.mirror(MirrorSettings::default().subscribers(Users))`"
    )]
    NoLookup,
    /// The settings have no [`SubscriberSource`](crate::mirror::SubscriberSource).
    #[error(
        "users can't be listed; implement `SubscriberSource` and write \
         `.mirror(MirrorSettings::default().subscriber_source(Users))`"
    )]
    NoSource,
    /// The application's [`SubscriberLookup`](crate::mirror::SubscriberLookup) failed.
    #[error("the subscriber could not be looked up")]
    Lookup(#[source] BoxError),
    /// The application's [`SubscriberSource`](crate::mirror::SubscriberSource) failed.
    #[error("users could not be listed")]
    Source(#[source] BoxError),
    /// The application's [`SubscriberSource`](crate::mirror::SubscriberSource) does not advance.
    #[error(
        "the source of users does not advance: the page after user {user} ends with {user} again"
    )]
    SourceNotAdvancing {
        /// The user.
        user: String,
    },
    /// A request failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A customer for this user was requested before, with other data.
    #[error(
        "a customer for this user was requested within the last day with other data; wait for its \
         event, use `--search`, or retry tomorrow"
    )]
    IdempotencyConflict(#[source] ClientError),
    /// Stripe's response is not a customer.
    #[error("Stripe's response is not a customer")]
    NotACustomer(#[source] serde_json::Error),
    /// The database can't hold the customer's JSON.
    #[error(transparent)]
    Unstorable(#[from] Unstorable),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CustomerError> for InitError {
    fn from(error: CustomerError) -> Self {
        match error {
            CustomerError::Client(error) => Self::Client(error),
            CustomerError::IdempotencyConflict(error) => Self::IdempotencyConflict(error),
            CustomerError::NotACustomer(error) => Self::NotACustomer(error),
            CustomerError::Unstorable(error) => Self::Unstorable(error),
            CustomerError::Store(error) => Self::Store(error),
        }
    }
}

impl InitError {
    /// Whether it concerns only one user. Other errors would hit the next user too.
    pub(super) fn concerns_one_user(&self) -> bool {
        let kind = match self {
            Self::IdempotencyConflict(_) | Self::NotACustomer(_) | Self::Unstorable(_) => {
                return true;
            }
            Self::Client(error) => error.api().map(|error| &error.kind),
            _ => None,
        };
        matches!(kind, Some(ErrorKind::InvalidRequest))
    }
}
