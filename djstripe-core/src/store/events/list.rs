//! Events, deliveries and runs, listed for operators.

use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};

use super::rows::{
    DeliveryRecord, EventFilter, EventState, RecordedRun, RunOutcome, StateCounts, StoredEvent,
};
use crate::store::backend::run::load;
use crate::store::backend::statement::{ByName, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;
use crate::webhook::event::ThinHead;

const LIST_EVENTS: &str = "list events";
const LIST_DELIVERIES: &str = "list deliveries";
const LIST_RUNS: &str = "list runs of receivers";

/// For a processed event, attempts and time are in the records of its receivers' runs.
const SELECT_EVENTS: &str = "SELECT id, event.account, event.own_account, name, api_version, event.created, livemode, request_id, \
         idempotency_key, event.object_id, coalesce(state, 'processed') AS state, \
         coalesce(attempts, (SELECT max(attempts) FROM djstripe_receiver_run WHERE event_id = id), 0) AS attempts, \
         next_attempt_at, last_error, event.received_at, \
         CASE WHEN state IS NULL THEN (SELECT max(finished_at) FROM djstripe_receiver_run WHERE event_id = id) END \
             AS processed_at, \
         (SELECT count(*) FROM djstripe_outbox AS effect WHERE effect.event_id = id AND effect.state = 'dead') \
             AS dead_effects, \
         is_snapshot, is_thin, thin_id, thin_created \
     FROM djstripe_event AS event";

const SELECT_DELIVERIES: &str = "SELECT id, received_at, event_id, reason, remark, remote_address, endpoint, headers, body \
     FROM djstripe_delivery";

const SELECT_RUNS: &str = "SELECT receiver, outcome, permanent, gone, attempts, error, reply, finished_at \
     FROM djstripe_receiver_run WHERE event_id = ? ORDER BY finished_at, receiver";

/// Few events are dead, so they are found from the queue and the outbox.
const IS_DEAD: &str = " AND id IN (SELECT event_id FROM djstripe_queue WHERE state = 'dead' \
     UNION SELECT event_id FROM djstripe_outbox WHERE state = 'dead')";

const COUNT_STATES: &str = "SELECT state, count(*) FROM djstripe_queue GROUP BY state \
     UNION ALL SELECT 'processed', count(*) FROM djstripe_event \
         WHERE NOT EXISTS (SELECT 1 FROM djstripe_queue WHERE event_id = id)";

impl Store {
    /// Lists events, newest first, without their payloads.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn events(&self, filter: &EventFilter) -> Result<Vec<StoredEvent>, StoreError> {
        let rows: Vec<EventRow> = load!(self, LIST_EVENTS, select_events(filter))?;
        rows.into_iter().map(StoredEvent::try_from).collect()
    }

    /// One event, and its payload as received.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn event(&self, id: &str) -> Result<Option<(StoredEvent, String)>, StoreError> {
        let select = Statement::<ByName>::new(SELECT_EVENTS)
            .sql(" LEFT JOIN djstripe_queue ON event_id = id WHERE id = ?")
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
        let select = Statement::<ByName>::new(SELECT_DELIVERIES);
        let select = match event_id {
            Some(id) => select.sql(" WHERE event_id = ?").bind(id.to_owned()),
            None => select.sql(" WHERE event_id IS NULL"),
        };
        let select = select
            .sql(" ORDER BY id DESC LIMIT ?")
            .bind(i64::from(limit));

        let rows: Vec<DeliveryRow> = load!(self, LIST_DELIVERIES, select)?;
        Ok(rows.into_iter().map(DeliveryRecord::from).collect())
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

fn select_events(filter: &EventFilter) -> Statement<'static, ByName> {
    let select = Statement::<ByName>::new(SELECT_EVENTS);
    // The queue is short, so events in it are found from there.
    let mut select = match filter.state {
        None => select.sql(" LEFT JOIN djstripe_queue ON event_id = id WHERE true"),
        Some(EventState::Processed) => {
            select.sql(" LEFT JOIN djstripe_queue ON event_id = id WHERE event_id IS NULL")
        }
        Some(state) => select
            .sql(" JOIN djstripe_queue ON event_id = id WHERE state = ?")
            .bind(state.as_str()),
    };

    if filter.dead {
        select = select.sql(IS_DEAD);
    }
    if let Some(name) = &filter.name {
        select = select.sql(" AND name = ?").bind(name.clone());
    }
    if let Some(account) = &filter.account {
        select = select
            .sql(" AND coalesce(event.account, event.own_account) = ?")
            .bind(account.clone());
    }
    if let Some(id) = &filter.object_id {
        select = select.sql(" AND event.object_id = ?").bind(id.clone());
    }
    if let Some(since) = filter.since {
        select = select
            .sql(" AND event.received_at >= ?")
            .bind(since.micros());
    }
    if let Some((received_at, id)) = &filter.after {
        select = select
            .sql(" AND (event.received_at, id) < (?, ?)")
            .bind(received_at.micros())
            .bind(id.clone());
    }

    select
        .sql(" ORDER BY event.received_at DESC, id DESC LIMIT ?")
        .bind(i64::from(filter.limit.unwrap_or(100)))
}

#[derive(diesel::QueryableByName)]
struct EventRow {
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
        })
    }
}
