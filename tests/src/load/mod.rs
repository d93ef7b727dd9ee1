//! What `cargo xtask load` sends and what answers it, light enough not to be what is measured: bytes made before the
//! clock starts, threads that block, no HTTP library.

mod fake;
mod sample;
mod send;

pub use fake::serve_objects;
pub use sample::{customer, customer_updated};
pub use send::{Sent, post_all};

/// Objects that the events are about, by turns.
pub const OBJECTS: usize = 500;
