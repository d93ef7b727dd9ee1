//! What Stripe sends, as values: deliveries, signatures, events and their names.
//!
//! Invariant: nothing here does IO, and the clock is an argument.

pub(crate) mod delivery;
pub mod signature;
pub(crate) mod event;
pub(crate) mod event_name;
pub(crate) mod crud_type;
#[cfg(any(feature = "cli", feature = "testing"))]
pub(crate) mod sample;

use crate::generated::event_names;

/// The API version of the catalogue. Requests to Stripe are made in this version.
pub const API_VERSION: &str = event_names::API_VERSION;
