//! The Stripe client: requests as plain values, a rate budget, retries, typed answers and errors, pages
//! as a stream.
//!
//! In: a [`Request`], a plain value. Out: an [`Answer`] or a [`ClientError`].
//!
//! Invariant: nothing here uses the database.

pub(crate) mod event_list;
mod budget;
mod api_error;
mod error;
mod http;
mod keys;
mod meter;
mod page;
pub(crate) mod url_list;
pub(crate) mod thin_list;
mod typed;
mod typed_list;
mod request;
mod send;
mod options;
mod stripe_client;
mod clients;

pub use api_error::{ApiError, ErrorKind};
pub use budget::{Priority, RateLimits};
pub(crate) use clients::Clients;
pub use error::ClientError;
#[cfg(any(feature = "cli", feature = "testing"))]
pub(crate) use http::http;
pub use keys::{ApiKeys, KeyError};
pub(crate) use meter::{Meter, RequestCounts};
pub use options::{ClientOptions, DEFAULT_API_BASE};
pub use page::{Direction, Page};
pub use request::{Method, Request, RequestError};
pub use send::Answer;
pub use stripe_client::Client;
#[cfg(feature = "cli")]
pub(crate) use stripe_client::is_this_machine;
pub use typed::Call;
pub use typed_list::ObjectList;
