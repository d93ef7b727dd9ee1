//! From a delivery to a stored event: verify, decode, store, and only then acknowledge.
//!
//! In: a request's headers and raw bytes. Out: a [`Receipt`] once the event is stored, or a typed
//! error with the status of the answer.

pub(crate) mod error;
pub(crate) mod open_endpoints;
pub(crate) mod refusals;
pub(crate) mod retrieval;
mod shortened;
mod validate;
mod record;
mod store_report;
pub(crate) mod inbox;
pub(crate) mod attendance;
pub(crate) mod replies;
mod stage;

pub use error::{EndpointError, WebhookError};
pub use stage::Receipt;
pub(crate) use stage::{AccountSecrets, Intake, IntakeParts};
