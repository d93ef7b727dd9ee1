//!
//! # The stage
//!
//! In: a user and a price. Out: a page of Stripe's to send the user to, or an answer from the
//! mirror.
//!
//! Invariant: each operation concerns one account and one mode, so that a subscription in test mode
//! opens nothing in live mode.

mod error;
mod entitlements;
mod params;
mod scope;
mod checkout;
mod portal;

pub use checkout::Checkout;
pub use entitlements::Entitlements;
pub use error::UserError;
pub use portal::Portal;
pub use scope::{LinkedCustomer, Users};
