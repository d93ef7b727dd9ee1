//! Fills the mirror from Stripe's lists.
//!
//! In: types of object and accounts. Out: rows, and a [`Summary`]. Several pages are requested at a
//! time, within the rate budget and behind live work. Pages are written in batches, and each commit
//! holds the cursors of its rows. The next sync resumes one that was killed; two syncs at the same
//! time share the lists.
//!
//! Invariant: no request is under way while a connection is held, and only a few pages are in
//! memory at a time.

mod options;
mod error;
mod progress;
mod context;
mod scope;
mod narrowing;
mod range;
mod parents;
mod ids;
mod reading;
mod own_account;
mod item_json;
mod page;
mod open_lists;
mod message;
mod gone;
mod fetch;
mod complete_lists;
mod task;
mod job;
mod scheduler;
mod writer;
mod commit;
mod backfill;

pub(crate) use context::SyncContext;
pub use error::SyncError;
pub use narrowing::Narrowing;
pub use options::SyncOptions;
pub use progress::{BackfillRuns, Counts, ListName, ObjectSummary, Progress, Summary};

pub use crate::maintenance::list_part::ListPart;

use crate::store::{Store, StoreError};

/// Fills the mirror, and calls `observe` with the progress.
pub(crate) async fn sync(
    context: &SyncContext,
    options: &SyncOptions,
    observe: &mut (dyn FnMut(&Progress) + Send),
) -> Result<Summary, SyncError> {
    let plan = options.plan()?;
    if options.receivers && !context.registry.has_receivers_on_backfill() {
        return Err(SyncError::NoReceiver);
    }

    scheduler::run(context, &context.client, options, plan, observe).await
}

/// How the receivers' runs for the events of a sync have ended so far.
pub(crate) async fn backfill_runs(
    store: &Store,
    summary: &Summary,
) -> Result<BackfillRuns, StoreError> {
    let runs: Vec<String> = summary.runs.iter().cloned().collect();
    let totals = store.backfill_runs(&runs).await?;
    Ok(totals.into())
}
