//! What the built-in receivers of an event have come to. Does no IO.

use crate::mirror::{Applied, ReadObject, RowState};
use crate::receiver::writes::NotMirrored;
use crate::store::{RunOutcome, Upserted};
use crate::timestamp::Timestamp;

/// Whether a receiver that failed is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Retried,
    Final,
}

/// What the built-in receivers of an event have come to.
pub(super) struct MirrorProgress {
    is_retried: bool,
    row: RowState,
    /// The object as they have just written it.
    written: Option<ReadObject>,
}

impl MirrorProgress {
    /// Before they run. `is_written`: the row takes the event into account once they have.
    pub(super) fn new(is_written: bool) -> Self {
        Self {
            is_retried: false,
            row: match is_written {
                true => RowState::Current,
                false => RowState::Behind,
            },
            written: None,
        }
    }

    /// Whether one of them failed and is retried: the application's receivers wait for it.
    pub(super) fn is_retried(&self) -> bool {
        self.is_retried
    }

    /// How the object's row relates to the event.
    pub(super) fn row(&self) -> RowState {
        self.row
    }

    /// The object as they have just written it. Only the first receiver after them gets it: until
    /// the next one begins, the row may have changed.
    pub(super) fn take_written(&mut self) -> Option<ReadObject> {
        self.written.take()
    }

    /// One of them succeeded before, or has nothing to mirror.
    pub(super) fn recorded(&mut self, outcome: &RunOutcome, at: Timestamp) {
        match outcome {
            RunOutcome::NotMirrored { is_gone: true, .. } => self.row = RowState::Gone(at),
            RunOutcome::NotMirrored { .. } => self.is_behind(),
            RunOutcome::Succeeded | RunOutcome::Failed { .. } => {}
        }
    }

    /// One of them failed.
    pub(super) fn failed(&mut self, failure: Failure) {
        match failure {
            Failure::Retried => self.is_retried = true,
            Failure::Final => self.is_behind(),
        }
    }

    /// One of them succeeded, and had `own` to write for the event's object.
    pub(super) fn succeeded(&mut self, applied: &Applied, own: Option<ReadObject>) {
        match applied.not_mirrored {
            Some(NotMirrored::Gone(_)) => self.row = RowState::Gone(Timestamp::now()),
            Some(_) => self.is_behind(),
            None => {}
        }
        if let Some(upserted) = applied.own_row {
            self.written = own.filter(|_| upserted != Upserted::Stale);
        }
    }

    fn is_behind(&mut self) {
        if self.row == RowState::Current {
            self.row = RowState::Behind;
        }
    }
}
