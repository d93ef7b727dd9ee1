//! Failures, grouped by receiver and error.
//!
//! In: the failed runs, and the errors of events of which no receiver has run. Out: groups of errors
//! that differ only in ids and numbers.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use diesel::sql_types::{BigInt, Nullable, Text};

use super::error_text::summary;
#[cfg(feature = "cli")]
use crate::store::backend::run::load;
#[cfg(feature = "cli")]
use crate::store::backend::statement::{ByName, Statement};
#[cfg(feature = "cli")]
use crate::store::backend::store::Store;
#[cfg(feature = "cli")]
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

#[cfg(feature = "cli")]
const LIST: &str = "list failures";

/// The failures are dated by their last run.
#[cfg(feature = "cli")]
const SELECT_RUNS: &str = "SELECT run.receiver AS receiver, substr(run.error, 1, 1000) AS error, count(*) AS events, \
         count(CASE WHEN queue.state = 'dead' THEN 1 END) AS dead, \
         count(CASE WHEN queue.state = 'retrying' THEN 1 END) AS retrying, \
         min(run.finished_at) AS first_at, max(run.finished_at) AS last_at, max(run.event_id) AS example \
     FROM djstripe_receiver_run AS run LEFT JOIN djstripe_queue AS queue ON queue.event_id = run.event_id \
     WHERE run.outcome = 'failed'";

/// Errors that no receiver has made: the payload can't be read, or is incomplete.
#[cfg(feature = "cli")]
const SELECT_OTHERS: &str = "SELECT NULL AS receiver, substr(queue.last_error, 1, 1000) AS error, count(*) AS events, \
         count(CASE WHEN queue.state = 'dead' THEN 1 END) AS dead, \
         count(CASE WHEN queue.state = 'retrying' THEN 1 END) AS retrying, \
         min(queue.received_at) AS first_at, max(queue.received_at) AS last_at, max(queue.event_id) AS example \
     FROM djstripe_queue AS queue WHERE queue.last_error IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM djstripe_receiver_run AS run \
             WHERE run.event_id = queue.event_id AND run.outcome = 'failed')";

/// Failures of one receiver for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureGroup {
    /// Id of the receiver; `None` if the failure kept all receivers from running.
    pub receiver: Option<String>,
    /// The error, with `…` in place of ids and numbers: what selects the events of the group.
    pub error: String,
    /// How many events failed so.
    pub events: u64,
    /// Those that are not retried any more.
    pub dead: u64,
    /// Those that are going to be retried.
    pub retrying: u64,
    /// When the first of the events failed, counting the last run of each.
    pub first_at: Timestamp,
    /// When the last of them failed.
    pub last_at: Timestamp,
    /// Id of one of the events.
    pub example: String,
}

/// All groups, those with the most events first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// The groups.
    pub groups: Vec<FailureGroup>,
    /// Whether there are more different errors than were read.
    pub are_more: bool,
}

#[cfg(feature = "cli")]
impl Store {
    /// The failures of the receiver with this id, or of all, of at most `limit` different errors.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn failures(
        &self,
        receiver: Option<&str>,
        limit: u32,
    ) -> Result<Failures, StoreError> {
        let mut select = Statement::<ByName>::new(SELECT_RUNS);
        if let Some(receiver) = receiver {
            select = select
                .sql(" AND run.receiver = ?")
                .bind(receiver.to_owned());
        }
        let select = select
            .sql(" GROUP BY run.receiver, run.error ORDER BY last_at DESC LIMIT ?")
            .bind(i64::from(limit));
        let mut rows: Vec<GroupRow> = load!(self, LIST, select)?;
        let mut are_more = rows.len() >= limit as usize;

        if receiver.is_none() {
            let select = Statement::<ByName>::new(SELECT_OTHERS)
                .sql(" GROUP BY queue.last_error ORDER BY last_at DESC LIMIT ?")
                .bind(i64::from(limit));
            let others: Vec<GroupRow> = load!(self, LIST, select)?;
            are_more |= others.len() >= limit as usize;
            rows.extend(others);
        }
        Ok(Failures {
            groups: merged(rows),
            are_more,
        })
    }
}

/// One group for all rows of a receiver whose errors have the same summary.
pub(in crate::store) fn merged(rows: Vec<GroupRow>) -> Vec<FailureGroup> {
    let mut groups: BTreeMap<(Option<String>, String), FailureGroup> = BTreeMap::new();
    for row in rows {
        let group = FailureGroup::from(row);
        match groups.entry((group.receiver.clone(), group.error.clone())) {
            Entry::Vacant(entry) => {
                entry.insert(group);
            }
            Entry::Occupied(mut entry) => entry.get_mut().add(group),
        }
    }

    let mut groups: Vec<FailureGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse((group.events, group.last_at)));
    groups
}

impl FailureGroup {
    fn add(&mut self, other: Self) {
        self.events += other.events;
        self.dead += other.dead;
        self.retrying += other.retrying;
        self.first_at = self.first_at.min(other.first_at);
        // The example is one that failed last.
        if other.last_at > self.last_at {
            (self.last_at, self.example) = (other.last_at, other.example);
        }
    }
}

#[derive(diesel::QueryableByName)]
pub(in crate::store) struct GroupRow {
    #[diesel(sql_type = Nullable<Text>)]
    receiver: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    error: Option<String>,
    #[diesel(sql_type = BigInt)]
    events: i64,
    #[diesel(sql_type = BigInt)]
    dead: i64,
    #[diesel(sql_type = BigInt)]
    retrying: i64,
    #[diesel(sql_type = BigInt)]
    first_at: i64,
    #[diesel(sql_type = BigInt)]
    last_at: i64,
    #[diesel(sql_type = Text)]
    example: String,
}

impl From<GroupRow> for FailureGroup {
    fn from(row: GroupRow) -> Self {
        Self {
            receiver: row.receiver,
            error: summary(&row.error.unwrap_or_default()),
            events: row.events.unsigned_abs(),
            dead: row.dead.unsigned_abs(),
            retrying: row.retrying.unsigned_abs(),
            first_at: Timestamp::from_micros(row.first_at),
            last_at: Timestamp::from_micros(row.last_at),
            example: row.example,
        }
    }
}
