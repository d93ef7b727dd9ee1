//! The operator's page: what is stored, what fails and why, and the changes that an operator makes.
//!
//! In: requests of a browser. Out: documents that are made here, whole without a script.
//!
//! Invariants: a request about which nobody decided sees nothing. What is read is read through the
//! store's operations, with a limit in time. Nothing is changed by a request of another site, or without
//! a row in the record of actions. No text from outside is shown as it is: `shown` makes it visible,
//! and maud escapes it.
#![doc = ""]
#![doc = include_str!("../../docs/page.md")]

mod access;
mod access_source;
mod params;
mod filter;
mod shown;
mod time;
mod words;
mod personal;
mod json;
mod chart;
mod timeline;
mod assets;
mod guard;
mod error;
mod jobs;
mod state;
mod visit;
mod layout;
mod actions;
mod views;
mod router;

pub use access::{Access, Operator, Right};
pub use access_source::{AccessSource, PagePassword, PasswordError};
pub use router::router;
