//! Rows of Stripe's objects: one batched upsert for all tables, and reading.
//!
//! Invariant: of all observations of an object the latest wins, so the rows are the same in
//! whatever order and however often observations arrive. Observations of the same microsecond have
//! a fixed order: a deletion beats content, and of two contents the greater string wins.

pub(crate) mod rows;
pub(crate) mod unstorable;
mod number;
pub(crate) mod canonical;
mod upsert;
pub(crate) mod listing;
pub(crate) mod contents;
mod links;
pub(crate) mod subscribers;
