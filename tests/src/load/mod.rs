//! The client and the Stripe API of `cargo xtask load`.
//!
//! Both are cheap, so that the measurement is one of the server: requests are prepared before the
//! clock starts, threads block, and there is no HTTP library.

mod fake;
mod sample;
mod send;

pub use fake::serve_objects;
pub use sample::{customer, customer_updated};
pub use send::{Sent, post_all};

/// Number of objects. The events are about them in turn.
pub const OBJECTS: usize = 500;
