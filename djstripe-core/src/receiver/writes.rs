//! What one run of a receiver gathers for the mirror: writes that commit together with the
//! receiver's checkpoint.
//!
//! In: writes, while the receiver fetches from Stripe and holds no database connection. Out: the
//! list of them, once the receiver has succeeded; a failed run leaves nothing.

use std::sync::{Mutex, PoisonError};

use djstripe_models::ModelDescriptor;

use crate::store::{LinkClaim, RowSource, TableName, Unstorable};
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

/// One change of the mirror.
#[derive(Debug)]
pub(crate) enum Write {
    /// An observation of an object.
    Row(Box<RowWrite>),
    /// The event's object gets no row, for this reason.
    NotMirrored(NotMirrored),
    /// The customer is deleted at Stripe. Its row stays, as other rows refer to it, without
    /// subscriber.
    Purge { id: String, at: Timestamp },
    /// The customer belongs to the first of these users that is there.
    Link {
        customer: String,
        claims: Vec<LinkClaim>,
        /// Whether the customer's row makes the claims, which replace its earlier ones.
        from_customer: bool,
    },
    /// The customer has these entitlements and no others.
    Entitlements {
        customer: String,
        ids: Vec<String>,
        observed_at: Timestamp,
    },
    /// The account has authorized, or deauthorized, the platform.
    Authorization { authorized: bool, at: Timestamp },
}

/// An observation of an object, with its children.
#[derive(Debug)]
pub(crate) struct RowWrite {
    pub(crate) descriptor: &'static ModelDescriptor,
    pub(crate) table: TableName,
    pub(crate) id: String,
    pub(crate) json: String,
    pub(crate) api_version: Option<String>,
    pub(crate) observed_at: Timestamp,
    pub(crate) deleted: bool,
    pub(crate) source: RowSource,
    /// Paths of the lists of which `json` has only the first page.
    pub(crate) incomplete: Vec<String>,
    /// Ids of the events of this second that `json` takes into account; none if it was fetched.
    pub(crate) events: Vec<String>,
    /// Whether another event of the same second may be the later one.
    pub(crate) undecided: bool,
    /// The event whose payload it is, if that is another one than the receiver's.
    pub(crate) event_id: Option<String>,
    pub(crate) children: Vec<ChildrenWrite>,
}

impl RowWrite {
    /// Whether it is an observation of the event's own object.
    pub(crate) fn is_of(&self, event: &Event) -> bool {
        let head = event.object_head();
        head.id.as_deref() == Some(&*self.id)
            && head.object.as_deref() == Some(self.descriptor.object)
    }
}

/// The children of one type that an observation of their parent shows.
#[derive(Debug)]
pub(crate) struct ChildrenWrite {
    pub(crate) table: TableName,
    /// Whether the parent has no others.
    pub(crate) is_complete: bool,
    pub(crate) rows: Vec<ChildWrite>,
}

/// A child.
#[derive(Debug)]
pub(crate) struct ChildWrite {
    pub(crate) id: String,
    pub(crate) json: String,
    /// Whether the parent had it earlier in the same second only.
    pub(crate) ended: bool,
}

/// Why an event's object gets no row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotMirrored {
    /// The event carries no object that is known by an id.
    #[error("the event's object has no id")]
    NoId,
    #[error("the catalogue has no type `{0}`")]
    UnknownType(String),
    #[error("the settings leave `{0}` out")]
    SwitchedOff(&'static str),
    #[error("the database was made without the tables of `{group}`, so `{object}` has none")]
    NoTable {
        object: &'static str,
        group: &'static str,
    },
    #[error("Stripe no longer has the object: {0}")]
    Gone(String),
    #[error("the database can't hold the object: {0}")]
    Unstorable(Unstorable),
    #[error("the customer {0} is unknown")]
    UnknownCustomer(String),
}

/// The writes of one run of a receiver.
#[derive(Debug)]
pub(crate) struct Writes {
    not_before: Timestamp,
    list: Mutex<Vec<Write>>,
}

impl Writes {
    /// An empty list for an event that was stored before `not_before`: an object fetched since then
    /// is recent enough.
    pub(crate) fn new(not_before: Timestamp) -> Self {
        Self {
            not_before,
            list: Mutex::default(),
        }
    }

    /// The moment since which a fetched object is recent enough.
    pub(crate) fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Adds a write.
    pub(crate) fn push(&self, write: Write) {
        self.list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(write);
    }

    /// What `read` makes of the last write that it makes something of.
    pub(crate) fn find<T>(&self, read: impl FnMut(&Write) -> Option<T>) -> Option<T> {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.iter().rev().find_map(read)
    }

    /// Takes all writes, in the order in which they were added.
    pub(crate) fn take(&self) -> Vec<Write> {
        std::mem::take(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
