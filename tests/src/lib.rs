//! Harness of the integration tests: databases that live as long as one test, and real processes.

mod database;
pub mod process;

pub use database::{TestDatabase, on_both_backends};
