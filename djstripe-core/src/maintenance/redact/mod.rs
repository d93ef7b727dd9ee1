//! Forgets a customer: blanks what is personal in the rows of their objects, in their events, and in
//! what was recorded or requested about them. Ids and money stay, and nothing changes at Stripe.
//!
//! In: a customer. Out: a report. Marks come first, so that nothing personal is written any more; the
//! rest is done in batches, and a run after a kill does what is left. Rows come last: the values in
//! them are looked for in errors.

mod options;
mod error;
mod report;
mod batches;
mod found;
mod events;
mod redactor;

pub use error::RedactError;
#[cfg(any(feature = "cli", feature = "page"))]
pub(crate) use options::ACTION;
pub use options::RedactOptions;
pub use report::RedactReport;

use crate::store::Store;
use redactor::Redactor;

/// Forgets a customer, or counts what that would blank.
pub(crate) async fn redact(
    store: &Store,
    options: &RedactOptions,
) -> Result<RedactReport, RedactError> {
    Redactor::new(store, options).await?.run().await
}
