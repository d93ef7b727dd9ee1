//! The work that is not done, counted up to a bound, and the failures among it.

use diesel::sql_types::{BigInt, Nullable};

use super::counted::{COUNT_LIMIT, Counted};
use super::limit::{OperatorQueries, load_limited};
use crate::store::backend::statement::{ByName, Statement};
use crate::store::error::StoreError;
use crate::store::events::failures::{FailureGroup, Failures, GroupRow, merged};
use crate::timestamp::Timestamp;

const COUNT: &str = "count unfinished work";
const LIST: &str = "list failures";

/// Dead and retrying events whose failures are grouped, of each.
const GROUPED: u32 = 1_000;

/// How many different errors are read.
const ERRORS: u32 = 1_000;

/// Dead rows have no next attempt, so the others are found in the index of due ones.
const IS_PENDING: &str = "next_attempt_at IS NOT NULL AND state = 'pending'";
const IS_DEAD: &str = "state IN ('retrying', 'dead') AND state = 'dead'";
const IS_RETRYING: &str = "state IN ('retrying', 'dead') AND state = 'retrying'";

/// The events and effects that are not done. Each number is counted up to [`COUNT_LIMIT`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unfinished {
    /// Events that no worker has taken yet.
    pub pending: Counted,
    /// Events that workers have leases on.
    pub processing: Counted,
    /// Events that are going to be retried.
    pub retrying: Counted,
    /// Events that are not retried any more.
    pub dead: Counted,
    /// When the pending event arrived that has been due the longest.
    pub oldest_pending: Option<Timestamp>,
    /// When the next event is retried.
    pub next_retry: Option<Timestamp>,
    /// When the oldest dead event arrived.
    pub oldest_dead: Option<Timestamp>,
    /// When the newest dead event arrived.
    pub newest_dead: Option<Timestamp>,
    /// Effects that have not run yet.
    pub effects_pending: Counted,
    /// Effects that workers run.
    pub effects_running: Counted,
    /// Effects that are going to be retried.
    pub effects_retrying: Counted,
    /// Effects that are not retried any more.
    pub effects_dead: Counted,
    /// When the oldest effect that has not run yet was requested.
    pub oldest_effect: Option<Timestamp>,
    /// When the workers were paused; `None` if they are running.
    pub paused_since: Option<Timestamp>,
    /// Since when events wait although no worker takes any; see
    /// [`Store::unattended_since`](crate::store::Store::unattended_since).
    pub unattended_since: Option<Timestamp>,
}

impl OperatorQueries {
    /// The events and effects that are not done.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn unfinished(&self) -> Result<Unfinished, StoreError> {
        let now = Timestamp::now();
        let most = COUNT_LIMIT + 1;
        let counted = |table: &str, condition: &str, name: &str| {
            format!(
                "(SELECT count(*) FROM (SELECT 1 FROM djstripe_{table} WHERE {condition} LIMIT {most}) AS one) AS {name}"
            )
        };
        let effects = |state: &str| {
            let condition = format!("state = '{state}'");
            counted("outbox", &condition, &format!("effects_{state}"))
        };
        let first = |column: &str, condition: &str, order: &str, name: &str| {
            format!(
                "(SELECT {column} FROM djstripe_queue WHERE {condition} ORDER BY {order} LIMIT 1) AS {name}"
            )
        };
        let columns = [
            counted("queue", IS_PENDING, "pending"),
            counted("queue", "next_attempt_at > ? AND state = 'processing'", "processing"),
            counted("queue", IS_RETRYING, "retrying"),
            counted("queue", IS_DEAD, "dead"),
            first("received_at", IS_PENDING, "next_attempt_at, created, event_id", "oldest_pending"),
            first(
                "next_attempt_at",
                "next_attempt_at > ? AND state = 'retrying'",
                "next_attempt_at, created, event_id",
                "next_retry",
            ),
            first("received_at", IS_DEAD, "received_at, event_id", "oldest_dead"),
            first("received_at", IS_DEAD, "received_at DESC, event_id DESC", "newest_dead"),
            effects("pending"),
            effects("running"),
            effects("retrying"),
            effects("dead"),
            "(SELECT min(created_at) FROM djstripe_outbox WHERE state = 'pending') AS oldest_effect"
                .to_owned(),
        ];
        let select = Statement::<ByName>::new(format!("SELECT {}", columns.join(", ")))
            .bind(now.micros())
            .bind(now.micros());
        let rows: Vec<Row> = load_limited!(self, COUNT, select)?;

        let store = self.store();
        Ok(Unfinished {
            paused_since: store.paused_since().await?,
            unattended_since: store.unattended_since(now).await?,
            ..rows
                .into_iter()
                .next()
                .map(Unfinished::from)
                .unwrap_or_default()
        })
    }

    /// The failures of the newest dead and retrying events, grouped by receiver and error. Those that
    /// kept all receivers from running have no receiver.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn failure_groups(&self) -> Result<Failures, StoreError> {
        let newest = |condition: &str, name: &str| {
            format!(
                "SELECT * FROM (SELECT event_id, state, received_at, last_error FROM djstripe_queue WHERE {condition} \
                 ORDER BY received_at DESC, event_id DESC LIMIT {GROUPED}) AS {name}"
            )
        };
        let (dead, retrying) = (newest(IS_DEAD, "dead"), newest(IS_RETRYING, "retrying"));
        // A failed run says which receiver it was; without one, the event's own error is all there is.
        let select = Statement::<ByName>::new(format!(
            "SELECT receiver, substr(error, 1, 1000) AS error, count(*) AS events, \
                 count(CASE WHEN state = 'dead' THEN 1 END) AS dead, \
                 count(CASE WHEN state = 'retrying' THEN 1 END) AS retrying, \
                 min(failed_at) AS first_at, max(failed_at) AS last_at, max(event_id) AS example \
             FROM (SELECT queue.event_id, queue.state, run.receiver, \
                     CASE WHEN run.event_id IS NULL THEN queue.last_error ELSE run.error END AS error, \
                     coalesce(run.finished_at, queue.received_at) AS failed_at, run.event_id AS of_run \
                 FROM ({dead} UNION ALL {retrying}) AS queue \
                     LEFT JOIN djstripe_receiver_run AS run ON run.event_id = queue.event_id AND run.outcome = 'failed' \
             ) AS failure WHERE of_run IS NOT NULL OR error IS NOT NULL \
             GROUP BY receiver, error ORDER BY last_at DESC LIMIT {ERRORS}"
        ));
        let rows: Vec<GroupRow> = load_limited!(self, LIST, select)?;
        let are_errors_cut = rows.len() >= ERRORS as usize;
        let groups = merged(rows);
        let events = |count: fn(&FailureGroup) -> u64| groups.iter().map(count).sum::<u64>();
        let are_events_cut = events(|group| group.dead) >= u64::from(GROUPED)
            || events(|group| group.retrying) >= u64::from(GROUPED);
        Ok(Failures {
            groups,
            are_more: are_errors_cut || are_events_cut,
        })
    }
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    pending: i64,
    #[diesel(sql_type = BigInt)]
    processing: i64,
    #[diesel(sql_type = BigInt)]
    retrying: i64,
    #[diesel(sql_type = BigInt)]
    dead: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    oldest_pending: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    next_retry: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    oldest_dead: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    newest_dead: Option<i64>,
    #[diesel(sql_type = BigInt)]
    effects_pending: i64,
    #[diesel(sql_type = BigInt)]
    effects_running: i64,
    #[diesel(sql_type = BigInt)]
    effects_retrying: i64,
    #[diesel(sql_type = BigInt)]
    effects_dead: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    oldest_effect: Option<i64>,
}

impl From<Row> for Unfinished {
    fn from(row: Row) -> Self {
        let count = |number: i64| Counted::up_to(COUNT_LIMIT, number.unsigned_abs());
        let time = |micros: Option<i64>| micros.map(Timestamp::from_micros);
        Self {
            pending: count(row.pending),
            processing: count(row.processing),
            retrying: count(row.retrying),
            dead: count(row.dead),
            oldest_pending: time(row.oldest_pending),
            next_retry: time(row.next_retry),
            oldest_dead: time(row.oldest_dead),
            newest_dead: time(row.newest_dead),
            effects_pending: count(row.effects_pending),
            effects_running: count(row.effects_running),
            effects_retrying: count(row.effects_retrying),
            effects_dead: count(row.effects_dead),
            oldest_effect: time(row.oldest_effect),
            paused_since: None,
            unattended_since: None,
        }
    }
}
