//! Deliveries and events: stored, claimed, settled, listed, removed.

pub(crate) mod rows;
pub(crate) mod work;
pub(crate) mod insert;
pub(crate) mod refused;
pub(crate) mod claim;
pub(crate) mod settle;
pub(crate) mod runs;
pub(crate) mod checkpoint;
pub(crate) mod replies;
pub(crate) mod rerun;
pub(crate) mod replace;
pub(crate) mod redeliver;
pub(crate) mod kinds;
pub(crate) mod identify;
mod like;
pub(crate) mod error_text;
mod name_pattern;
pub(crate) mod candidates;
mod filter;
pub(crate) mod list;
pub(crate) mod failures;
#[cfg(any(feature = "cli", feature = "page"))]
pub(crate) mod plan;
pub(crate) mod pause;
pub(crate) mod unattended;
#[cfg(feature = "cli")]
pub(crate) mod arrivals;
pub(crate) mod stats;
pub(crate) mod prune;
