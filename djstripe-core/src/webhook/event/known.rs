//! What is known of an event besides its payload: what Stripe has sent of the happening, and what was
//! fetched.

use crate::timestamp::Timestamp;
use crate::webhook::event_name::EventKind;

/// As events of which kinds Stripe sent the same happening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventKinds {
    pub(crate) snapshot: bool,
    pub(crate) thin: bool,
}

impl EventKinds {
    /// Whether one of them is this kind.
    pub(crate) fn contain(self, kind: EventKind) -> bool {
        match kind {
            EventKind::Snapshot => self.snapshot,
            EventKind::Thin => self.thin,
        }
    }
}

/// What the database has of an event besides its payload.
pub(crate) struct Stored<'a> {
    pub(crate) own_account: Option<&'a str>,
    pub(crate) account: Option<&'a str>,
    pub(crate) kinds: EventKinds,
    pub(crate) thin: Option<&'a ThinHead>,
}

/// What is stored of a thin event besides the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThinHead {
    /// The id of the thin event itself.
    pub id: String,
    /// When it happened, as exactly as it says.
    pub created: Option<Timestamp>,
}

impl ThinHead {
    /// The thin event of these columns.
    pub(crate) fn stored(id: Option<String>, micros: Option<i64>) -> Option<Self> {
        Some(Self {
            id: id?,
            created: micros.map(Timestamp::from_micros),
        })
    }
}

/// The object that a thin event refers to, as Stripe has it now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FetchedObject {
    pub(crate) json: String,
    pub(crate) is_deleted: bool,
}
