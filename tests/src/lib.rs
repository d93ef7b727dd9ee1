//! Harness of the integration tests: databases that live as long as one test, and real processes.

pub mod backfill;
pub mod chaos;
mod database;
pub mod history;
pub mod load;
pub mod process;
#[expect(missing_docs, reason = "`table!` writes items without docs")]
pub mod users;

pub use database::{TestDatabase, on_both_backends};
