//! Rows of Stripe's objects: one batched upsert for all tables, and reading.
//!
//! Invariant: of all observations of an object the latest wins, and a copy inside another object
//! never replaces an observation of the object itself, so the rows are the same in whatever order
//! and however often observations arrive.

pub(crate) mod rows;
pub(crate) mod unstorable;
mod number;
pub(crate) mod canonical;
pub(in crate::store) mod observation;
pub(in crate::store) mod versions;
#[cfg(feature = "postgres")]
mod upsert_postgres;
#[cfg(feature = "sqlite")]
mod upsert_sqlite;
mod upsert;
pub(crate) mod stored;
pub(crate) mod children;
pub(crate) mod listing;
mod of_customer;
pub(crate) mod contents;
#[cfg(feature = "cli")]
pub(crate) mod doubts;
pub(crate) mod links;
pub(crate) mod waiting;
pub(crate) mod subscribers;
pub(crate) mod billing;
