//! Reconciles events: those that Stripe has and this database lacks are stored, and processed as if
//! they had been delivered.
//!
//! In: Stripe's list of events, and that of thin events if a receiver needs one, from the end of the
//! last comparison. Out: stored events, a record of each gap, and the end of this comparison. Nothing
//! else is fetched, as the lists hold the complete events.
//!
//! Invariant: any number of comparisons may run at the same time. Storing is idempotent, and the
//! recorded end never moves back.

mod options;
mod error;
mod report;
mod wanted;
mod comparison;
mod thin;
mod missing;
mod reconciler;
mod periodic;

pub use error::ReconcileError;
pub use options::{DEFAULT_MIN_AGE, DEFAULT_OVERLAP, RETENTION, ReconcileOptions};
pub(crate) use reconciler::Reconciler;
pub use report::{ReconcileReport, ScopeReport};
