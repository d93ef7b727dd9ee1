//! Harness of the integration tests: databases that live as long as one test, signed deliveries,
//! real processes, and long randomized runs.

mod database;
pub mod delivery;
pub mod registry;
pub mod client;
pub mod wait;
pub mod process;
pub mod packages;
pub mod postgres_proxy;
pub mod kills;
#[expect(missing_docs, reason = "`table!` writes items without docs")]
pub mod users;
pub mod history;
pub mod chaos;
pub mod backfill;
pub mod load;

pub use database::{BothBackends, TestDatabase, on_both_backends, on_both_empty};
