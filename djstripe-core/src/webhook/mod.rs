//! The data that Stripe sends, as values: deliveries, signatures, events and their names.
//!
//! Invariant: nothing here does IO, and the clock is an argument.

pub(crate) mod delivery;
pub(crate) mod signing_secret;
pub mod signature;
pub(crate) mod event;
pub(crate) mod envelope;
pub(crate) mod amend;
pub(crate) mod spelling;
pub(crate) mod event_name;
pub(crate) mod crud_type;
pub(crate) mod object_head;
pub(crate) mod object_type;
mod lenient;
#[cfg(any(feature = "cli", feature = "testing"))]
#[cfg_attr(
    not(all(feature = "cli", feature = "testing")),
    allow(
        dead_code,
        reason = "the command `trigger` and the fake Stripe use parts of it"
    )
)]
pub(crate) mod sample;

use crate::generated::event_names;

/// The API version of the catalogue. Requests to Stripe are made in this version.
pub const API_VERSION: &str = event_names::API_VERSION;

/// The name of a mode, `live` or `test`, for messages and logs.
pub(crate) const fn mode_name(livemode: bool) -> &'static str {
    if livemode { "live" } else { "test" }
}
