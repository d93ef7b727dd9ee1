//! Errors of requests to Stripe.
//!
//! In: a failed connection, or a response that is not what was asked for. Out: a [`ClientError`].
//!
//! Invariant: no error contains a key.

use std::time::Duration;

use super::api_error::{ApiError, ErrorKind};
use super::request::RequestError;
use crate::error::BoxError;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The base URL of the API is invalid.
    #[error("invalid base URL `{base}` for the API")]
    Base {
        /// The invalid URL.
        base: String,
    },
    /// A live key would be sent in clear: the base URL is `http://`, and its host is not this machine.
    #[error(
        "a live key is sent over `https://` only, and the base URL of the API is {base}; `http://` is \
         for addresses of this machine, such as http://127.0.0.1:4243"
    )]
    Unencrypted {
        /// Scheme, host and port of the base URL.
        base: String,
    },
    /// The client could not be set up.
    #[error("the HTTP client could not be set up")]
    Setup(#[source] BoxError),
    /// There is no key for the mode of the object.
    #[error("no secret key {}; set STRIPE_SECRET_KEY, STRIPE_TEST_SECRET_KEY or STRIPE_LIVE_SECRET_KEY", purpose(*.livemode))]
    NoKey {
        /// The mode, if known.
        livemode: Option<bool>,
    },
    /// No key is declared for an own account.
    #[error(
        "no secret key is declared for the account `{account}`; declare it with `Builder::account`"
    )]
    NoKeyOf {
        /// The account.
        account: String,
    },
    /// The application has several own accounts, and connected accounts don't say whose they are.
    #[error(
        "there are several own accounts; say to which one the connected accounts belong, with `own_account`"
    )]
    WhichAccount,
    /// There are keys for both modes, and the request has no mode.
    #[error("there are keys for test and live mode; set `livemode` on the request")]
    WhichMode,
    /// The request can't be built.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Stripe answered with an error.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// Stripe could not be reached, or the connection was lost.
    #[error("Stripe could not be reached")]
    Connection(#[source] BoxError),
    /// There was no response in time.
    #[error("no response from Stripe within {limit:?}")]
    TimedOut {
        /// The timeout.
        limit: Duration,
    },
    /// The response is an object of another type than the requested one.
    #[error("expected `{expected}`, got {}", found.as_ref().map_or_else(|| "no object".to_owned(), |it| format!("`{it}`")))]
    OtherObject {
        /// The requested type.
        expected: &'static str,
        /// The type of the response; `None` if it is no object of Stripe's.
        found: Option<String>,
    },
    /// Stripe has deleted the object.
    #[error("{object} `{id}` is deleted")]
    Deleted {
        /// The type of the object.
        object: &'static str,
        /// Its id.
        id: String,
    },
    /// The object has another shape than its model.
    #[error("{object} `{id}` can't be read")]
    Decode {
        /// The type of the object.
        object: &'static str,
        /// Its id; empty if it has none.
        id: String,
        /// Where it differs.
        source: Box<djstripe_models::ObjectError>,
    },
    /// The response is not in the expected format.
    #[error("malformed response{}", request_id.as_ref().map(|id| format!(" to request {id}")).unwrap_or_default())]
    Malformed {
        /// Stripe's id of the request.
        request_id: Option<String>,
        /// The cause.
        source: BoxError,
    },
}

fn purpose(livemode: Option<bool>) -> &'static str {
    match livemode {
        Some(true) => "for live mode",
        Some(false) => "for test mode",
        None => "is set",
    }
}

impl ClientError {
    /// Stripe's error, if Stripe responded with one.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the object in `starting_after` or `ending_before` no longer exists.
    pub(crate) fn has_lost_cursor(&self) -> bool {
        self.api().is_some_and(|error| error.is_cursor_lost)
    }

    /// Whether Stripe reports that the object doesn't exist, or no longer does. See
    /// [`ApiError::is_gone`] and [`Deleted`](Self::Deleted).
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Deleted { .. }) || self.api().is_some_and(ApiError::is_gone)
    }

    /// Whether the key lacks the permission for the object. A key without access to the account is
    /// another matter: it is the wrong one, or the account has withdrawn the access.
    pub(crate) fn is_forbidden(&self) -> bool {
        self.api().is_some_and(|error| {
            error.kind == ErrorKind::Permission && error.code.as_deref() != Some("account_invalid")
        })
    }

    /// Whether the same request can succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connection(_) | Self::TimedOut { .. } | Self::Malformed { .. } => true,
            Self::Api(error) => error.is_transient(),
            _ => false,
        }
    }
}
