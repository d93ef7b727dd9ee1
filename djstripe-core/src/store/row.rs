//! Which row of which table of objects, and which version of it.

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

/// Table, scope and id of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowKey {
    pub(crate) table: TableName,
    /// The account whose row it is; empty for the platform's own.
    pub(crate) account: String,
    pub(crate) livemode: bool,
    pub(crate) id: String,
}

/// What differs between two versions of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowVersion {
    pub(crate) observed_at: Timestamp,
    pub(crate) is_deleted: bool,
    /// `djstripe_source`; none in rows from before that column.
    pub(crate) source: Option<String>,
    /// `djstripe_events`: the events of its second that the content takes into account.
    pub(crate) events: Option<String>,
}

/// The row that a receiver has read.
#[derive(Clone, Debug)]
pub(crate) struct ReadRow {
    pub(crate) key: RowKey,
    /// The version that it read; `None` if there was no row.
    pub(crate) version: Option<RowVersion>,
}
