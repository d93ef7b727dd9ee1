//! The report of a comparison.

use super::error::ReconcileError;
use crate::timestamp::Timestamp;

/// The report of a comparison.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ReconcileReport {
    /// One for each account and mode.
    pub scopes: Vec<ScopeReport>,
}

impl ReconcileReport {
    /// Missing events that were stored.
    pub fn missing(&self) -> u64 {
        self.scopes.iter().map(|scope| scope.missing).sum()
    }

    /// Whether each account and mode was compared to the end, and no events are lost.
    pub fn is_complete(&self) -> bool {
        self.scopes
            .iter()
            .all(|scope| scope.error.is_none() && scope.lost.is_none())
    }
}

/// The report for one account and mode.
#[derive(Debug)]
#[non_exhaustive]
pub struct ScopeReport {
    /// The connected account; `None` for the platform's own events.
    pub account: Option<String>,
    /// Whether they are of live mode.
    pub livemode: bool,
    /// Where the comparison started.
    pub from: Timestamp,
    /// Requests for lists of events.
    pub requests: u64,
    /// Events in these lists.
    pub listed: u64,
    /// Missing events that were stored.
    pub missing: u64,
    /// Events that are missing, but younger than
    /// [`ReconcileOptions::min_age`](super::ReconcileOptions::min_age).
    pub young: u64,
    /// The time whose events are lost, because Stripe has deleted them.
    pub lost: Option<(Timestamp, Timestamp)>,
    /// Why the comparison ended early.
    pub error: Option<ReconcileError>,
}
