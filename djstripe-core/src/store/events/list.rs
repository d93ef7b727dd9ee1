//! Events, deliveries and runs, listed for operators.

use std::collections::HashSet;
use std::time::Duration;

use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};

use super::candidates::Search;
use super::error_text::ErrorPattern;
use super::rows::{DeliveryRecord, EventFilter, RecordedRun, RunOutcome, StateCounts, StoredEvent};
use crate::store::backend::run::load;
use crate::store::backend::statement::{ByName, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;
use crate::webhook::event::ThinHead;

const LIST_EVENTS: &str = "list events";
const LIST_DELIVERIES: &str = "list deliveries";
const LIST_RUNS: &str = "list runs of receivers";

/// How many events a list has if its filter doesn't say.
const DEFAULT_LIMIT: u32 = 100;

/// Events of which a page is made that the database can't select alone.
const CANDIDATES: u32 = 1_000;

/// For a processed event, attempts and time are in the records of its receivers' runs.
pub(in crate::store) const SELECT_EVENTS: &str = "SELECT id, event.account, event.own_account, name, api_version, event.created, livemode, request_id, \
         idempotency_key, event.object_id, coalesce(state, 'processed') AS state, \
         coalesce(attempts, (SELECT max(attempts) FROM djstripe_receiver_run WHERE event_id = id), 0) AS attempts, \
         next_attempt_at, last_error, event.received_at, \
         CASE WHEN state IS NULL THEN (SELECT max(finished_at) FROM djstripe_receiver_run WHERE event_id = id) END \
             AS processed_at, \
         (SELECT count(*) FROM djstripe_outbox AS effect WHERE effect.event_id = id AND effect.state = 'dead') \
             AS dead_effects, \
         is_snapshot, is_thin, thin_id, thin_created";

const SELECT_DELIVERIES: &str = "SELECT id, received_at, event_id, reason, remark, remote_address, endpoint, headers, body \
     FROM djstripe_delivery";

const SELECT_RUNS: &str = "SELECT receiver, outcome, permanent, gone, attempts, error, reply, finished_at, took \
     FROM djstripe_receiver_run WHERE event_id = ? ORDER BY finished_at, receiver";

const SELECT_FAILED: &str = "SELECT event_id, receiver, error FROM djstripe_receiver_run \
     WHERE outcome = 'failed' AND event_id ";

const COUNT_STATES: &str = "SELECT state, count(*) FROM djstripe_queue GROUP BY state \
     UNION ALL SELECT 'processed', count(*) FROM djstripe_event \
         WHERE NOT EXISTS (SELECT 1 FROM djstripe_queue WHERE event_id = id)";

impl Store {
    /// Lists events, newest first, without their payloads.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn events(&self, filter: &EventFilter) -> Result<Vec<StoredEvent>, StoreError> {
        let mut search = self.search(filter).await?;
        let error = filter.error.as_deref().map(ErrorPattern::new);
        let Some(error) = error.filter(ErrorPattern::has_gaps) else {
            return self.page(&search).await;
        };

        // The database finds too many: what a gap may stand for is decided here.
        let limit = filter.limit.unwrap_or(DEFAULT_LIMIT) as usize;
        search.filter.limit = Some(CANDIDATES);
        let mut found = Vec::new();
        loop {
            let page = self.page(&search).await?;
            let is_last = page.len() < CANDIDATES as usize;
            search.filter.after = page.last().map(|last| (last.received_at, last.id.clone()));

            found.extend(
                self.with_error(page, &error, filter.receiver.as_deref())
                    .await?,
            );
            if is_last || found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }

    async fn page(&self, search: &Search) -> Result<Vec<StoredEvent>, StoreError> {
        let select = self.listed(search, search.filter.limit.unwrap_or(DEFAULT_LIMIT));
        let rows: Vec<EventRow> = load!(self, LIST_EVENTS, select)?;
        rows.into_iter().map(StoredEvent::try_from).collect()
    }

    /// The statement that lists at most `limit` events.
    pub(in crate::store) fn listed(
        &self,
        search: &Search,
        limit: u32,
    ) -> Statement<'static, ByName> {
        let select = self.filtered(Statement::<ByName>::new(SELECT_EVENTS), search);
        select
            .sql(self.newest_first(search))
            .sql(" LIMIT ?")
            .bind(i64::from(limit))
    }

    /// The number of events that a filter finds, but at most `limit`. The filter's own limit doesn't
    /// count.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    #[cfg(feature = "cli")]
    pub(crate) async fn count_events(
        &self,
        filter: &EventFilter,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let error = filter.error.as_deref().map(ErrorPattern::new);
        if error.is_some_and(|error| error.has_gaps()) {
            let filter = EventFilter {
                limit: Some(limit),
                ..filter.clone()
            };
            return Ok(self.events(&filter).await?.len() as u64);
        }

        let search = self.search(filter).await?;
        let select = self.filtered_events(Statement::<Text>::new("SELECT event.id"), &search);
        let select = select.sql(" LIMIT ?").bind(i64::from(limit));
        self.count(select).await
    }

    /// Those of `events` that have the error, of this receiver or of any.
    pub(in crate::store) async fn with_error(
        &self,
        mut events: Vec<StoredEvent>,
        error: &ErrorPattern,
        receiver: Option<&str>,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let ids: Vec<&str> = events.iter().map(|event| &*event.id).collect();
        let (one_of, bound) = self.one_of(&ids);
        let select = Statement::<(Text, Text, Nullable<Text>)>::new(SELECT_FAILED)
            .sql(one_of)
            .bind(bound);
        let failed: Vec<(String, String, Option<String>)> = load!(self, LIST_RUNS, select)?;
        let failed: HashSet<String> = failed
            .into_iter()
            .filter(|(_, of, _)| receiver.is_none_or(|receiver| receiver == of))
            .filter(|(_, _, text)| text.as_deref().is_some_and(|text| error.matches(text)))
            .map(|(id, ..)| id)
            .collect();

        events.retain(|event| {
            let last = event.last_error.as_deref();
            failed.contains(&event.id)
                || receiver.is_none() && last.is_some_and(|last| error.matches(last))
        });
        Ok(events)
    }

    /// One event, and its payload as received.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn event(&self, id: &str) -> Result<Option<(StoredEvent, String)>, StoreError> {
        let select = Statement::<ByName>::new(SELECT_EVENTS)
            .sql(" FROM djstripe_event AS event LEFT JOIN djstripe_queue ON event_id = id WHERE id = ?")
            .bind(id.to_owned());
        let rows: Vec<EventRow> = load!(self, LIST_EVENTS, select)?;

        let select = Statement::<Text>::new("SELECT payload FROM djstripe_event WHERE id = ?")
            .bind(id.to_owned());
        let payloads: Vec<String> = load!(self, LIST_EVENTS, select)?;

        let found = rows.into_iter().zip(payloads).next();
        found
            .map(|(row, payload)| Ok((row.try_into()?, payload)))
            .transpose()
    }

    /// Lists deliveries, newest first: those of one event, or the refused ones.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn deliveries(
        &self,
        event_id: Option<&str>,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        self.deliveries_after(event_id, i64::MAX, limit).await
    }

    /// As [`deliveries`](Self::deliveries), only those older than the one with the id `after`.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn deliveries_after(
        &self,
        event_id: Option<&str>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        let select = of_event(Statement::<ByName>::new(SELECT_DELIVERIES), event_id)
            .sql(" AND id < ? ORDER BY id DESC LIMIT ?")
            .bind(after)
            .bind(i64::from(limit));

        let rows: Vec<DeliveryRow> = load!(self, LIST_DELIVERIES, select)?;
        Ok(rows.into_iter().map(DeliveryRecord::from).collect())
    }

    /// The number of deliveries that are listed, but at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    #[cfg(feature = "cli")]
    pub(crate) async fn count_deliveries(
        &self,
        event_id: Option<&str>,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let select = Statement::<BigInt>::new("SELECT id FROM djstripe_delivery");
        let select = of_event(select, event_id).sql(" LIMIT ?");
        self.count(select.bind(i64::from(limit))).await
    }

    /// The last run of each receiver for an event.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn receiver_runs(&self, event_id: &str) -> Result<Vec<RecordedRun>, StoreError> {
        let select = Statement::<ByName>::new(SELECT_RUNS).bind(event_id.to_owned());
        let rows: Vec<RunRow> = load!(self, LIST_RUNS, select)?;
        rows.into_iter().map(RecordedRun::try_from).collect()
    }

    /// Number of events in each state.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn state_counts(&self) -> Result<StateCounts, StoreError> {
        let select = Statement::<(Text, BigInt)>::new(COUNT_STATES);
        let rows: Vec<(String, i64)> = load!(self, "count events", select)?;

        let mut counts = StateCounts::default();
        for (state, count) in rows {
            counts.set(state.parse()?, count);
        }
        Ok(counts)
    }
}

/// Adds the condition that selects the deliveries of one event, or the refused ones.
fn of_event<Row>(
    select: Statement<'static, Row>,
    event_id: Option<&str>,
) -> Statement<'static, Row> {
    match event_id {
        Some(id) => select.sql(" WHERE event_id = ?").bind(id.to_owned()),
        None => select.sql(" WHERE event_id IS NULL"),
    }
}

#[derive(diesel::QueryableByName)]
pub(in crate::store) struct EventRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Nullable<Text>)]
    account: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    own_account: Option<String>,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    api_version: Option<String>,
    #[diesel(sql_type = BigInt)]
    created: i64,
    #[diesel(sql_type = Bool)]
    livemode: bool,
    #[diesel(sql_type = Nullable<Text>)]
    request_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    idempotency_key: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    object_id: Option<String>,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Nullable<BigInt>)]
    next_attempt_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    last_error: Option<String>,
    #[diesel(sql_type = BigInt)]
    received_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    processed_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    dead_effects: i64,
    #[diesel(sql_type = Bool)]
    is_snapshot: bool,
    #[diesel(sql_type = Bool)]
    is_thin: bool,
    #[diesel(sql_type = Nullable<Text>)]
    thin_id: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    thin_created: Option<i64>,
}

impl TryFrom<EventRow> for StoredEvent {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            account: row.account,
            own_account: row.own_account,
            name: row.name,
            api_version: row.api_version,
            created: row.created,
            livemode: row.livemode,
            request_id: row.request_id,
            idempotency_key: row.idempotency_key,
            object_id: row.object_id,
            state: row.state.parse()?,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at.map(Timestamp::from_micros),
            last_error: row.last_error,
            received_at: Timestamp::from_micros(row.received_at),
            processed_at: row.processed_at.map(Timestamp::from_micros),
            dead_effects: row.dead_effects,
            is_snapshot: row.is_snapshot,
            is_thin: row.is_thin,
            thin: ThinHead::stored(row.thin_id, row.thin_created),
        })
    }
}

#[derive(diesel::QueryableByName)]
struct DeliveryRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    received_at: i64,
    #[diesel(sql_type = Nullable<Text>)]
    event_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    remark: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    remote_address: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    endpoint: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    headers: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    body: Option<Vec<u8>>,
}

impl From<DeliveryRow> for DeliveryRecord {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.id,
            received_at: Timestamp::from_micros(row.received_at),
            event_id: row.event_id,
            reason: row.reason,
            remark: row.remark,
            remote_address: row.remote_address,
            endpoint: row.endpoint,
            headers: row.headers,
            body: row.body,
        }
    }
}

#[derive(diesel::QueryableByName)]
struct RunRow {
    #[diesel(sql_type = Text)]
    receiver: String,
    #[diesel(sql_type = Text)]
    outcome: String,
    #[diesel(sql_type = Bool)]
    permanent: bool,
    #[diesel(sql_type = Bool)]
    gone: bool,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Nullable<Text>)]
    error: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    reply: Option<String>,
    #[diesel(sql_type = BigInt)]
    finished_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    took: Option<i64>,
}

impl TryFrom<RunRow> for RecordedRun {
    type Error = StoreError;

    fn try_from(row: RunRow) -> Result<Self, StoreError> {
        let outcome = match &*row.outcome {
            "succeeded" => RunOutcome::Succeeded,
            "not_mirrored" => RunOutcome::NotMirrored {
                reason: row.error.unwrap_or_default(),
                is_gone: row.gone,
            },
            "failed" => RunOutcome::Failed {
                error: row.error.unwrap_or_default(),
                permanent: row.permanent,
            },
            _ => {
                return Err(StoreError::UnknownValue {
                    column: "outcome",
                    value: row.outcome,
                });
            }
        };

        Ok(Self {
            receiver: row.receiver,
            attempts: row.attempts,
            outcome,
            reply: row.reply.filter(|reply| !reply.is_empty()),
            finished_at: Timestamp::from_micros(row.finished_at),
            took: row
                .took
                .map(|took| Duration::from_micros(took.unsigned_abs())),
        })
    }
}
