//! Rows of Stripe's objects: one batched upsert for all tables, and listing.
//!
//! Of all observations of an object the latest wins, so the rows are the same whatever the order and however often
//! observations come in. Two of the same microsecond are put in an order of their own: a deletion beats content, and
//! of two contents the one whose text is greater wins.

mod canonical;
mod contents;
mod links;
mod listing;
mod number;
mod subscribers;
mod upsert;

use std::fmt;

pub(crate) use canonical::canonical;
pub use canonical::{Unstorable, UnstorableReason};
pub(crate) use contents::{LiveRows, ObjectContent};
pub use listing::{ListedObject, ObjectFilter};
pub use subscribers::UnlinkedCustomer;

use crate::timestamp::Timestamp;

/// Name of a table of objects, such as `stripe_customer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName(&'static str);

impl TableName {
    /// Names a table. Only its creator can say whether it exists; SQL can't be slipped in.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// As SQL writes it.
impl fmt::Display for TableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.0.replace('"', "\"\""))
    }
}

/// One observation of an object.
#[derive(Clone, Debug)]
pub struct ObjectRow<'a> {
    /// The connected account that the object belongs to; empty for the platform's own.
    pub account: &'a str,
    /// Whether it is of live mode.
    pub livemode: bool,
    /// Its id.
    pub id: &'a str,
    /// Its JSON.
    pub stripe_data: &'a str,
    /// API version in which that is written.
    pub api_version: Option<&'a str>,
    /// When this was its content.
    pub observed_at: Timestamp,
    /// Whether it was gone then. The row stays as a tombstone, hidden from listings.
    pub deleted: bool,
}

/// What became of an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upserted {
    /// The object is new here.
    Inserted,
    /// Its content was replaced.
    Updated,
    /// The row held this content already.
    Unchanged,
    /// The row holds something newer; the observation was dropped.
    Stale,
}

impl Upserted {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inserted => "inserted",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Stale => "stale",
        }
    }
}
