//! Harness of the integration tests: databases that live as long as one test.

mod database;

pub use database::{TestDatabase, on_both_backends};
