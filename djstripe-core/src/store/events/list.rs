//! What operators see: events, deliveries, runs.

use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};

use super::rows::{
    Delivery, EventFilter, EventState, RecordedRun, RunOutcome, StateCounts, StoredEvent,
};
use crate::store::Store;
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const LIST_EVENTS: &str = "list events";
const LIST_DELIVERIES: &str = "list deliveries";
const LIST_RUNS: &str = "list runs of receivers";

impl Store {
    /// Lists events, newest first, without their payloads.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn events(&self, filter: &EventFilter) -> Result<Vec<StoredEvent>, StoreError> {
        let select = Statement::<EventTypes>::new(SELECT_EVENTS);
        // The queue is short: what is in it is found from there.
        let mut select = match filter.state {
            None => select.sql(" LEFT JOIN djstripe_queue ON event_id = id WHERE true"),
            Some(EventState::Processed) => {
                select.sql(" LEFT JOIN djstripe_queue ON event_id = id WHERE event_id IS NULL")
            }
            Some(state) => select
                .sql(" JOIN djstripe_queue ON event_id = id WHERE state = ?")
                .bind(state.as_str()),
        };
        if let Some(name) = &filter.name {
            select = select.sql(" AND name = ?").bind(name.clone());
        }
        if let Some(account) = &filter.account {
            select = select.sql(" AND event.account = ?").bind(account.clone());
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
        let limit = i64::from(filter.limit.unwrap_or(100));
        let select = select
            .sql(" ORDER BY event.received_at DESC, id DESC LIMIT ?")
            .bind(limit);
        let rows: Vec<EventRow> = load!(self, LIST_EVENTS, select);
        rows.into_iter().map(stored_event).collect()
    }

    /// One event and its payload as received.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn event(&self, id: &str) -> Result<Option<(StoredEvent, String)>, StoreError> {
        let select = Statement::<EventTypes>::new(SELECT_EVENTS)
            .sql(" LEFT JOIN djstripe_queue ON event_id = id WHERE id = ?")
            .bind(id.to_owned());
        let rows: Vec<EventRow> = load!(self, LIST_EVENTS, select);
        let select = Statement::<Text>::new("SELECT payload FROM djstripe_event WHERE id = ?")
            .bind(id.to_owned());
        let payloads: Vec<String> = load!(self, LIST_EVENTS, select);
        rows.into_iter()
            .zip(payloads)
            .next()
            .map(|(row, payload)| Ok((stored_event(row)?, payload)))
            .transpose()
    }

    /// Lists requests, newest first: those that delivered this event, or those that were refused.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn deliveries(
        &self,
        event_id: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let select = Statement::<DeliveryTypes>::new(
            "SELECT id, received_at, event_id, reason, remark, remote_address, headers, body FROM djstripe_delivery",
        );
        let select = match event_id {
            Some(id) => select.sql(" WHERE event_id = ?").bind(id.to_owned()),
            None => select.sql(" WHERE event_id IS NULL"),
        };
        let select = select
            .sql(" ORDER BY id DESC LIMIT ?")
            .bind(i64::from(limit));
        let rows: Vec<DeliveryRow> = load!(self, LIST_DELIVERIES, select);
        let delivery =
            |(id, received_at, event_id, reason, remark, remote_address, headers, body)| Delivery {
                id,
                received_at: Timestamp::from_micros(received_at),
                event_id,
                reason,
                remark,
                remote_address,
                headers,
                body,
            };
        Ok(rows.into_iter().map(delivery).collect())
    }

    /// The last run of each receiver for this event.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn receiver_runs(&self, event_id: &str) -> Result<Vec<RecordedRun>, StoreError> {
        let select = Statement::<(Text, Text, Bool, Integer, Nullable<Text>, BigInt)>::new(
            "SELECT receiver, outcome, permanent, attempts, error, finished_at FROM djstripe_receiver_run \
             WHERE event_id = ? ORDER BY finished_at, receiver",
        )
        .bind(event_id.to_owned());
        type Row = (String, String, bool, i32, Option<String>, i64);
        let rows: Vec<Row> = load!(self, LIST_RUNS, select);
        let run = |(receiver, outcome, permanent, attempts, error, finished_at): Row| {
            let outcome = match &*outcome {
                "succeeded" => RunOutcome::Succeeded,
                "failed" => RunOutcome::Failed {
                    error: error.unwrap_or_default(),
                    permanent,
                },
                _ => {
                    return Err(StoreError::UnknownValue {
                        column: "outcome",
                        value: outcome,
                    });
                }
            };
            Ok(RecordedRun {
                receiver,
                attempts,
                outcome,
                finished_at: Timestamp::from_micros(finished_at),
            })
        };
        rows.into_iter().map(run).collect()
    }

    /// Number of events in each state.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn state_counts(&self) -> Result<StateCounts, StoreError> {
        let select = Statement::<(Text, BigInt)>::new(
            "SELECT state, count(*) FROM djstripe_queue GROUP BY state \
             UNION ALL SELECT 'processed', count(*) FROM djstripe_event \
                 WHERE NOT EXISTS (SELECT 1 FROM djstripe_queue WHERE event_id = id)",
        );
        let rows: Vec<(String, i64)> = load!(self, "count events", select);
        let mut counts = StateCounts::default();
        for (state, count) in rows {
            counts.set(state.parse()?, count);
        }
        Ok(counts)
    }
}

/// Of an event that is through, its receivers' records tell how often and when.
const SELECT_EVENTS: &str = "SELECT id, event.account, name, api_version, event.created, livemode, request_id, \
         idempotency_key, event.object_id, coalesce(state, 'processed'), \
         coalesce(attempts, (SELECT max(attempts) FROM djstripe_receiver_run WHERE event_id = id), 0), \
         next_attempt_at, last_error, event.received_at, \
         CASE WHEN state IS NULL THEN (SELECT max(finished_at) FROM djstripe_receiver_run WHERE event_id = id) END \
     FROM djstripe_event AS event";

type EventTypes = (
    Text,
    Nullable<Text>,
    Text,
    Nullable<Text>,
    BigInt,
    Bool,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Text,
    Integer,
    Nullable<BigInt>,
    Nullable<Text>,
    BigInt,
    Nullable<BigInt>,
);

type EventRow = (
    String,
    Option<String>,
    String,
    Option<String>,
    i64,
    bool,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    i32,
    Option<i64>,
    Option<String>,
    i64,
    Option<i64>,
);

type DeliveryTypes = (
    BigInt,
    BigInt,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Binary>,
);
type DeliveryRow = (
    i64,
    i64,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<Vec<u8>>,
);

fn stored_event(row: EventRow) -> Result<StoredEvent, StoreError> {
    let (
        id,
        account,
        name,
        api_version,
        created,
        livemode,
        request_id,
        idempotency_key,
        object_id,
        ..,
    ) = row;
    let (.., state, attempts, next_attempt_at, last_error, received_at, processed_at) = row;
    Ok(StoredEvent {
        id,
        account,
        name,
        api_version,
        created,
        livemode,
        request_id,
        idempotency_key,
        object_id,
        state: state.parse()?,
        attempts,
        next_attempt_at: next_attempt_at.map(Timestamp::from_micros),
        last_error,
        received_at: Timestamp::from_micros(received_at),
        processed_at: processed_at.map(Timestamp::from_micros),
    })
}
