//! Why nothing could be done for a user.

use crate::client::ClientError;
use crate::mirror::{CustomerError, MirrorError};
use crate::store::{StoreError, Unstorable};
use crate::webhook::mode_name;

/// Why nothing could be done for a user.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UserError {
    /// The user's key is empty.
    #[error("the user has no id; set `Subscriber::id` to the user's primary key")]
    NoUserId,
    /// The application has keys for both modes, or none, and the call doesn't say which mode.
    #[error(
        "the application's keys don't say which mode; write `app.users().livemode(true)` for live \
         mode, or `false` for test mode"
    )]
    WhichMode,
    /// The application has several own accounts with keys, and the call doesn't say which one.
    #[error("there are several own accounts; write `app.users().account(\"acct_…\")`")]
    WhichAccount,
    /// There is no secret key for this mode.
    #[error("no secret key for {} mode; set STRIPE_SECRET_KEY", mode_name(*.livemode))]
    NoKey {
        /// The mode.
        livemode: bool,
    },
    /// The settings don't name the key under which a customer's metadata names its user.
    #[error(
        "no metadata key for users, so no customer can be created; write \
         `.mirror(MirrorSettings::default().subscriber_key(\"user_id\"))`"
    )]
    NoSubscriberKey,
    /// The settings have no [`SubscriberLookup`](crate::mirror::SubscriberLookup), so nothing waits
    /// for users.
    #[error(
        "users can't be looked up; implement `SubscriberLookup` and write \
         `.mirror(MirrorSettings::default().subscribers(Users))`"
    )]
    NoLookup,
    /// The user has no customer, so there is nothing to show in a portal.
    #[error("the user {user} has no customer in the mirror; send the user to `checkout` first")]
    NoCustomer {
        /// The user.
        user: String,
    },
    /// The mirror has no objects of this type: the settings leave it out, or the database was made
    /// without the tables of its product group. It can't answer.
    #[error(
        "`{object}` is not mirrored, by the settings of the mirror or by `.table_groups(..)`, so the \
         mirror can't answer"
    )]
    NotMirrored {
        /// The type of object.
        object: &'static str,
    },
    /// The session doesn't say where the user returns to.
    #[error("the session doesn't say where the user returns to; add `.success_url(\"https://…\")`")]
    NoSuccessUrl,
    /// The further parameters are not a JSON object.
    #[error("the parameters are not a JSON object; write `.params(json!({{ … }}))`")]
    Params,
    /// The further parameters contain one that is derived from the user and the price.
    #[error("`{name}` follows from the user and the price; leave it out of `params`")]
    ReservedParam {
        /// The parameter.
        name: &'static str,
    },
    /// A customer for this user was requested within the last day with other data, and Stripe's
    /// search doesn't find it yet.
    #[error(
        "a customer for this user was requested within the last day with other data; retry in a \
         minute, when its event is mirrored"
    )]
    IdempotencyConflict(#[source] ClientError),
    /// Stripe's response is not a customer.
    #[error("Stripe's response is not a customer")]
    NotACustomer(#[source] serde_json::Error),
    /// The database can't hold the customer's JSON.
    #[error(transparent)]
    Unstorable(#[from] Unstorable),
    /// A request failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A waiting link could not be retried.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CustomerError> for UserError {
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
