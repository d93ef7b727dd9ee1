//! Jobs that an operator or a timer starts: fill the mirror, compare it with Stripe, find missing
//! events, create customers, forget one.
//!
//! In: options of the job, and the store, the client and the settings that it works with. Out:
//! rows, events or customers, and a report. Jobs run next to live webhooks: their requests have the
//! lowest priority in the rate budget.

pub(crate) mod account_scope;
pub(crate) mod scope;
pub(crate) mod refusal;
pub(crate) mod pages;
pub(crate) mod named;
pub(crate) mod list_part;
pub(crate) mod lists;
pub(crate) mod test_clock;
pub mod sync;
pub mod verify;
pub mod reconcile;
pub mod init_customers;
pub mod redact;
