//! What was blanked.

use std::collections::BTreeMap;
use std::fmt;

/// What was blanked, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedactReport {
    /// The account whose customer it is; empty for the platform's own.
    pub account: String,
    /// Whether it is a customer of live mode.
    pub livemode: bool,
    /// Rows of the customer's objects, by table.
    pub rows: BTreeMap<&'static str, u64>,
    /// [Versions](crate::Builder::keep_versions_of) of these objects.
    pub versions: u64,
    /// Stored events.
    pub events: u64,
    /// Recorded deliveries.
    pub deliveries: u64,
    /// Effects.
    pub effects: u64,
    /// Errors, replies of receivers, and texts in the record of actions.
    pub errors: u64,
    /// Fields of all these. A second run finds none.
    pub fields: u64,
}

impl RedactReport {
    /// The rows of all tables.
    pub fn all_rows(&self) -> u64 {
        self.rows.values().sum()
    }

    /// Everything that is changed: rows, versions, events, deliveries, effects and errors.
    pub fn total(&self) -> u64 {
        self.all_rows() + self.versions + self.events + self.deliveries + self.effects + self.errors
    }
}

/// `4 fields in 2 rows, 0 versions, 1 events, …`
impl fmt::Display for RedactReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} fields in {} rows, {} versions, {} events, {} deliveries, {} effects and {} errors",
            self.fields,
            self.all_rows(),
            self.versions,
            self.events,
            self.deliveries,
            self.effects,
            self.errors,
        )
    }
}
