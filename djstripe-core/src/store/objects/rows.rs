//! The rows to write into the tables of objects.

use crate::timestamp::Timestamp;

/// One observation of an object.
#[derive(Clone, Debug, Default)]
pub struct ObjectRow<'a> {
    /// The connected account that the object belongs to; empty for the platform's own.
    pub account: &'a str,
    /// Whether it is of live mode.
    pub livemode: bool,
    /// Its id.
    pub id: &'a str,
    /// Its JSON.
    pub stripe_data: &'a str,
    /// API version of the JSON.
    pub api_version: Option<&'a str>,
    /// When the object had this content.
    pub observed_at: Timestamp,
    /// Whether it was deleted then. The row stays as a tombstone, hidden from listings.
    pub deleted: bool,
    /// Where the content comes from.
    pub source: RowSource,
    /// The object in whose list it stands, if it is a child.
    pub parent: Option<Parent<'a>>,
    /// The moment of a list of the parent that doesn't have it any more, if such a list is known.
    pub ended_at: Option<Timestamp>,
    /// Paths of the lists of which the JSON has only the first page, separated by commas.
    pub incomplete: Option<&'a str>,
    /// Ids of the events of this second that the content takes into account, separated by commas.
    pub events: Option<&'a str>,
    /// Whether another event of the same second may be the later one.
    pub undecided: bool,
    /// The event that brought it, if there is one.
    pub event_id: Option<&'a str>,
}

/// The object in whose list a child stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent<'a> {
    /// The type of the parent, `invoice`.
    pub object: &'a str,
    /// Its id.
    pub id: &'a str,
}

/// Where the content of a row comes from: the column `djstripe_source`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowSource {
    /// The object was fetched from Stripe.
    Fetched,
    /// The payload of an event.
    #[default]
    Payload,
    /// The payload of an event, because the key may not read the object.
    Forbidden,
    /// A copy inside another object. It may be out of date, so anything else replaces it, and it
    /// replaces nothing else.
    Copy,
}

impl RowSource {
    /// The value of the column: `fetched`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::Payload => "payload",
            Self::Forbidden => "forbidden",
            Self::Copy => "copy",
        }
    }
}

/// How the write of an observation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upserted {
    /// The object had no row; one was inserted.
    Inserted,
    /// The content of the row was replaced.
    Updated,
    /// The row held the same content.
    Unchanged,
    /// The row holds newer content; the observation was dropped.
    Stale,
}

impl Upserted {
    /// The variant as a word: `inserted`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inserted => "inserted",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Stale => "stale",
        }
    }
}
