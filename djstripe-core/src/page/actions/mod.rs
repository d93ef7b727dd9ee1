//! What operators change: first a proposal says what would happen, then a second form does it.
//!
//! Invariant: nothing is changed without a right, a form of this page, and a row in the record of
//! actions that is written before.

pub(super) mod change;
pub(super) mod selection;
pub(super) mod plan;
pub(super) mod dry_run;
pub(super) mod propose;
pub(super) mod perform;
pub(super) mod redact;
pub(super) mod buttons;
