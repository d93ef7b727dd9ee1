//! From a stored event to an outcome: claim, run its receivers, commit, settle.

pub(crate) mod task;
pub(crate) mod handover;
pub(crate) mod lanes;
pub(crate) mod work_loop;
pub(crate) mod process;
pub(crate) mod receivers;
pub(crate) mod verdict;
pub(crate) mod committer;
pub mod outbox;
pub(crate) mod dry_run;
