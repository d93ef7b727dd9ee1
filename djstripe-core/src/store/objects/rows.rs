//! Tables of objects and the rows to write into them.

use std::fmt;

use crate::timestamp::Timestamp;

/// Name of a table of objects, such as `stripe_customer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName(&'static str);

impl TableName {
    /// Names a table. The table may not exist; the name can't inject SQL.
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
    /// API version of the JSON.
    pub api_version: Option<&'a str>,
    /// When the object had this content.
    pub observed_at: Timestamp,
    /// Whether it was deleted then. The row stays as a tombstone, hidden from listings.
    pub deleted: bool,
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
