//! The parts of a list that is being synced, as rows.
//!
//! In and out: the position of each part. The sync decides how a position advances.

use crate::store::error::StoreError;

/// An object's position in its list at Stripe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyncPosition {
    /// The object's id; empty if only its time is known.
    pub(crate) id: String,
    /// When the object was created, in Unix seconds, if that is known.
    pub(crate) at: Option<i64>,
}

/// Which way a part is read next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SyncPhase {
    /// Downwards: older objects are left.
    Down,
    /// Upwards: objects created since the part's first page are left.
    Up,
    /// Nothing is left.
    Done,
}

impl SyncPhase {
    /// The word for it in the database.
    pub(in crate::store) const fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Up => "up",
            Self::Done => "done",
        }
    }

    /// The phase that a word of the database names.
    pub(in crate::store) fn parse(word: &str) -> Result<Self, StoreError> {
        let all = [Self::Down, Self::Up, Self::Done];
        StoreError::known_word("phase", word, all, Self::as_str)
    }
}

/// A part of a list: the objects created from `from` on and before `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyncRange {
    /// Number of the part in its list.
    pub(crate) number: i64,
    /// First second; `None` for the beginning of time.
    pub(crate) from: Option<i64>,
    /// The second after its last; `None` for lists that can't be narrowed by time.
    pub(crate) to: Option<i64>,
    /// The last object seen on the way down. One without an id was deleted: its second is read once
    /// more.
    pub(crate) cursor: Option<SyncPosition>,
    /// The newest object seen.
    pub(crate) newest: Option<SyncPosition>,
    /// Pages read so far.
    pub(crate) pages: i64,
    /// What is left of it.
    pub(crate) phase: SyncPhase,
}
