//! Workers leave events: runs of receivers are recorded, and the events settled.
//!
//! Invariant: whatever is written about an event names the fence of a lease, and counts only while it is the event's.

use std::collections::{HashMap, HashSet};

use diesel::QueryResult;
use diesel::sql_types::Text;

use super::error::StoreError;
use super::inbox::without_nul;
use super::rows::{EventState, Outcome, ReceiverRun, Settlement};
use super::statement::{Bind, Statement};
use super::{Database, Store};

const FINISHED: &str = "read checkpoints";
const RECORD: &str = "record runs of receivers";
const SETTLE: &str = "settle events";

impl Store {
    /// The receivers that are through with each of these events; an event with none is left out.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn finished_receivers(&self, event_ids: &[&str]) -> Result<HashMap<String, HashSet<String>>, StoreError> {
        if event_ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<(String, String)> = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                use diesel_async::RunQueryDsl;

                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                let statement = Statement::<(Text, Text)>::new(
                    "SELECT event_id, receiver FROM djstripe_receiver_run \
                     WHERE event_id = ANY (?) AND outcome = 'succeeded'",
                )
                .bind(Bind::Texts(event_ids.iter().map(|id| Some((*id).into())).collect()));
                statement.load(connection).await.map_err(StoreError::query(FINISHED))?
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let event_ids: Vec<String> = event_ids.iter().map(|id| (*id).to_owned()).collect();
                let select = move |raw: &mut diesel::SqliteConnection| {
                    let mut rows = Vec::new();
                    for id in event_ids {
                        let statement = Statement::<(Text, Text)>::new(
                            "SELECT event_id, receiver FROM djstripe_receiver_run \
                             WHERE event_id = ? AND outcome = 'succeeded'",
                        );
                        rows.extend(statement.bind(id).load_on::<(String, String)>(raw)?);
                    }
                    Ok(rows)
                };
                database.read(FINISHED, select).await?
            }
        };
        let mut finished: HashMap<String, HashSet<String>> = HashMap::new();
        for (event_id, receiver) in rows {
            finished.entry(event_id).or_default().insert(receiver);
        }
        Ok(finished)
    }

    /// Records runs on their own, outside the receivers' transactions: failures, and successes without a transaction.
    /// A recorded success is never replaced.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if the lease of any of the events is lost; then no run was recorded.
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn record_runs(&self, runs: &[ReceiverRun]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for run in runs {
            transaction.checkpoint(run.clone());
        }
        transaction.commit().await.map_err(|error| rename(error, RECORD))
    }

    /// Leaves events: they are processed, tried again later, dead, or handed back.
    ///
    /// Returns the ids whose lease is lost; nothing changed about them.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn settle(&self, settlements: &[Settlement]) -> Result<Vec<String>, StoreError> {
        if settlements.is_empty() {
            return Ok(Vec::new());
        }
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                settle_postgres(connection, settlements).await.map_err(StoreError::query(SETTLE))
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let settlements = settlements.to_vec();
                database.write(SETTLE, move |raw| settle_sqlite(raw, &settlements)).await
            }
        }
    }
}

fn rename(error: StoreError, operation: &'static str) -> StoreError {
    match error {
        StoreError::Query { source, .. } => StoreError::Query { operation, source },
        other => other,
    }
}

/// What a settlement writes: state, next_attempt_at, processed_at.
fn settled(settlement: &Settlement) -> (EventState, Option<i64>, Option<i64>) {
    let now = settlement.at.micros();
    match settlement.outcome {
        Outcome::Processed => (EventState::Processed, None, Some(now)),
        Outcome::Retrying { at } => (EventState::Retrying, Some(at.micros()), None),
        Outcome::Dead => (EventState::Dead, None, None),
        Outcome::Released => (EventState::Pending, Some(now), None),
    }
}

#[cfg(feature = "postgres")]
pub(super) async fn settle_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    settlements: &[Settlement],
) -> QueryResult<Vec<String>> {
    use diesel_async::RunQueryDsl;

    let states: Vec<_> = settlements.iter().map(settled).collect();
    let ids = || Bind::Texts(settlements.iter().map(|settlement| Some((&*settlement.event_id).into())).collect());
    // The ids twice: a planner that believes the table to be empty would else read all of it.
    let statement = Statement::<Text>::new(
        "UPDATE djstripe_event AS event \
         SET state = input.state, next_attempt_at = input.next_attempt_at, processed_at = input.processed_at, \
             last_error = CASE WHEN input.released THEN event.last_error ELSE input.error END, \
             attempts = CASE WHEN input.released THEN event.attempts - 1 ELSE event.attempts END, lease_owner = NULL \
         FROM unnest(?, ?, ?, ?, ?, ?, ?) \
             AS input (id, fence, state, next_attempt_at, processed_at, error, released) \
         WHERE event.id = input.id AND event.id = ANY (?) AND event.fence = input.fence \
             AND event.state = 'processing' \
         RETURNING event.id",
    )
    .bind(ids())
    .bind(Bind::BigInts(settlements.iter().map(|settlement| Some(settlement.fence)).collect()))
    .bind(Bind::Texts(states.iter().map(|(state, ..)| Some(state.as_str().into())).collect()))
    .bind(Bind::BigInts(states.iter().map(|(_, next_attempt_at, _)| *next_attempt_at).collect()))
    .bind(Bind::BigInts(states.iter().map(|(.., processed_at)| *processed_at).collect()))
    .bind(Bind::Texts(settlements.iter().map(|settlement| settlement.error.as_deref().map(without_nul)).collect()))
    .bind(Bind::Bools(settlements.iter().map(|settlement| settlement.outcome == Outcome::Released).collect()))
    .bind(ids());
    let settled: HashSet<String> = statement.load::<String>(connection).await?.into_iter().collect();
    Ok(lost(settlements.iter().map(|settlement| &settlement.event_id), &settled))
}

#[cfg(feature = "sqlite")]
pub(super) fn settle_sqlite(
    raw: &mut diesel::SqliteConnection,
    settlements: &[Settlement],
) -> QueryResult<Vec<String>> {
    let mut done = HashSet::new();
    for settlement in settlements {
        let (state, next_attempt_at, processed_at) = settled(settlement);
        let released = settlement.outcome == Outcome::Released;
        let statement = Statement::<()>::new(
            "UPDATE djstripe_event \
             SET state = ?, next_attempt_at = ?, processed_at = ?, \
                 last_error = CASE WHEN ? THEN last_error ELSE ? END, attempts = attempts - ?, lease_owner = NULL \
             WHERE id = ? AND fence = ? AND state = 'processing'",
        )
        .bind(state.as_str())
        .bind(Bind::BigInt(next_attempt_at))
        .bind(Bind::BigInt(processed_at))
        .bind(released)
        .bind(settlement.error.as_deref().map(without_nul))
        .bind(i32::from(released))
        .bind(&*settlement.event_id)
        .bind(settlement.fence);
        if statement.execute_on(raw)? == 1 {
            done.insert(settlement.event_id.clone());
        }
    }
    Ok(lost(settlements.iter().map(|settlement| &settlement.event_id), &done))
}

/// Writes checkpoints; returns the events whose lease is lost or whose receiver has succeeded before.
#[cfg(feature = "postgres")]
pub(super) async fn record_runs_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    runs: &[ReceiverRun],
) -> QueryResult<Vec<String>> {
    use diesel_async::RunQueryDsl;

    let ids = || Bind::Texts(runs.iter().map(|run| Some((&*run.event_id).into())).collect());
    // The lock keeps the fence as it was read until the commit.
    let statement = Statement::<(Text, Text)>::new(
        "INSERT INTO djstripe_receiver_run AS run (event_id, receiver, outcome, attempts, error, finished_at) \
         SELECT input.event_id, input.receiver, CASE WHEN input.error IS NULL THEN 'succeeded' ELSE 'failed' END, \
             input.attempts, input.error, input.finished_at \
         FROM unnest(?, ?, ?, ?, ?, ?) AS input (event_id, fence, receiver, attempts, error, finished_at) \
         JOIN djstripe_event AS event \
             ON event.id = input.event_id AND event.id = ANY (?) AND event.fence = input.fence \
                 AND event.state = 'processing' \
         ORDER BY input.event_id, input.receiver \
         FOR NO KEY UPDATE OF event \
         ON CONFLICT (event_id, receiver) DO UPDATE SET outcome = excluded.outcome, attempts = excluded.attempts, \
             error = excluded.error, finished_at = excluded.finished_at \
             WHERE run.outcome <> 'succeeded' \
         RETURNING event_id, receiver",
    )
    .bind(ids())
    .bind(Bind::BigInts(runs.iter().map(|run| Some(run.fence)).collect()))
    .bind(Bind::Texts(runs.iter().map(|run| Some((&*run.receiver).into())).collect()))
    .bind(Bind::Integers(runs.iter().map(|run| run.attempts).collect()))
    .bind(Bind::Texts(runs.iter().map(|run| run.error.as_deref().map(without_nul)).collect()))
    .bind(Bind::BigInts(runs.iter().map(|run| Some(run.finished_at.micros())).collect()))
    .bind(ids());
    let recorded: HashSet<(String, String)> = statement.load(connection).await?.into_iter().collect();
    let missing = runs.iter().filter(|run| !recorded.contains(&(run.event_id.clone(), run.receiver.clone())));
    Ok(lost(missing.map(|run| &run.event_id), &HashSet::new()))
}

/// As for PostgreSQL.
#[cfg(feature = "sqlite")]
pub(super) fn record_runs_sqlite(raw: &mut diesel::SqliteConnection, runs: &[ReceiverRun]) -> QueryResult<Vec<String>> {
    let mut missing = Vec::new();
    for run in runs {
        let statement = Statement::<()>::new(
            "INSERT INTO djstripe_receiver_run (event_id, receiver, outcome, attempts, error, finished_at) \
             SELECT id, ?, ?, ?, ?, ? FROM djstripe_event WHERE id = ? AND fence = ? AND state = 'processing' \
             ON CONFLICT (event_id, receiver) DO UPDATE SET outcome = excluded.outcome, \
                 attempts = excluded.attempts, error = excluded.error, finished_at = excluded.finished_at \
                 WHERE djstripe_receiver_run.outcome <> 'succeeded'",
        )
        .bind(&*run.receiver)
        .bind(if run.error.is_none() { "succeeded" } else { "failed" })
        .bind(run.attempts)
        .bind(run.error.as_deref().map(without_nul))
        .bind(run.finished_at.micros())
        .bind(&*run.event_id)
        .bind(run.fence);
        if statement.execute_on(raw)? == 0 {
            missing.push(&run.event_id);
        }
    }
    Ok(lost(missing.into_iter(), &HashSet::new()))
}

/// Each event once, but those that are `held`.
fn lost<'a>(events: impl Iterator<Item = &'a String>, held: &HashSet<String>) -> Vec<String> {
    let mut lost: Vec<String> = events.filter(|id| !held.contains(*id)).cloned().collect();
    lost.dedup();
    lost
}
