//! From a stored event to an outcome: claim it, run its receivers, commit, settle.
//!
//! In: events that workers claim, or take over from the inbox while they are stored. Out: rows,
//! checkpoints and the state of each event: processed, retrying or dead.
//!
//! Invariant: a receiver's writes and its checkpoint commit in one transaction, which also proves
//! that the lease still holds. The failure of one receiver neither undoes nor repeats the work of
//! another.

pub(crate) mod wake;
pub(crate) mod task;
pub(crate) mod handover;
pub(crate) mod lanes;
pub(crate) mod leases;
pub(crate) mod work_loop;
pub(crate) mod complete;
mod process;
pub(crate) mod inline;
pub(crate) mod mirror_progress;
mod run;
mod receivers;
pub(crate) mod verdict;
pub(crate) mod group_commit;
pub(crate) mod committer;
pub(crate) mod outbox;
mod waiting_links;
pub(crate) mod dry_run;
pub(crate) mod minute_writer;
pub(crate) mod presence;
mod stage;

pub(crate) use inline::{Inline, InlineProcessing};
pub use stage::ProcessingMode;
pub(crate) use stage::{Processing, ProcessingParts, worker_id};
