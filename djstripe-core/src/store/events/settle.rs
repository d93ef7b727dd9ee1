//! Workers leave events: runs of receivers are recorded, and the events settled.
//!
//! Invariant: whatever is written about an event names the fence of a lease, and counts only while it is the event's.

use std::collections::{HashMap, HashSet};

use diesel::QueryResult;
use diesel::sql_types::Text;

use super::insert::without_nul;
use super::rows::{EventState, Outcome, ReceiverRun, Settlement};
use crate::store::backend::statement::{Bind, Statement};
use crate::store::backend::{Database, Store};
use crate::store::error::StoreError;

const FINISHED: &str = "read checkpoints";
const RECORD: &str = "record runs of receivers";
const SETTLE: &str = "settle events";

impl Store {
    /// The receivers that are through with each of these events; an event with none is left out.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn finished_receivers(
        &self,
        event_ids: &[&str],
    ) -> Result<HashMap<String, HashSet<String>>, StoreError> {
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
                .bind(Bind::Texts(
                    event_ids.iter().map(|id| Some((*id).into())).collect(),
                ));
                statement
                    .load(connection)
                    .await
                    .map_err(StoreError::query(FINISHED))?
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
        transaction
            .commit()
            .await
            .map_err(|error| rename(error, RECORD))
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
                settle_postgres(connection, settlements)
                    .await
                    .map_err(StoreError::query(SETTLE))
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let settlements = settlements.to_vec();
                database
                    .write(SETTLE, move |raw| settle_sqlite(raw, &settlements))
                    .await
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

/// What a settlement of an event that is not processed writes: state, next_attempt_at.
fn left(settlement: &Settlement) -> Option<(EventState, Option<i64>)> {
    match settlement.outcome {
        Outcome::Processed => None,
        Outcome::Retrying { at } => Some((EventState::Retrying, Some(at.micros()))),
        Outcome::Dead => Some((EventState::Dead, None)),
        // Its place among the others is that of its arrival, which the row knows.
        Outcome::Released => Some((EventState::Pending, None)),
    }
}

#[cfg(feature = "postgres")]
fn ids<'s>(settlements: &[&'s Settlement]) -> Bind<'s> {
    Bind::Texts(
        settlements
            .iter()
            .map(|settlement| Some((&*settlement.event_id).into()))
            .collect(),
    )
}

#[cfg(feature = "postgres")]
fn fences<'s>(settlements: &[&Settlement]) -> Bind<'s> {
    Bind::BigInts(
        settlements
            .iter()
            .map(|settlement| Some(settlement.fence))
            .collect(),
    )
}

#[cfg(feature = "postgres")]
pub(in crate::store) async fn settle_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    settlements: &[Settlement],
) -> QueryResult<Vec<String>> {
    use diesel_async::RunQueryDsl;

    let (processed, others): (Vec<&Settlement>, Vec<&Settlement>) = settlements
        .iter()
        .partition(|settlement| settlement.outcome == Outcome::Processed);
    let mut settled: HashSet<String> = HashSet::new();
    if !processed.is_empty() {
        // The ids twice: a planner that believes the table to be empty would else read all of it, and a join compare each
        // with each.
        let statement = Statement::<Text>::new(
            "DELETE FROM djstripe_queue \
             WHERE event_id = ANY (?) AND (event_id, fence) IN (SELECT * FROM unnest(?, ?)) AND state = 'processing' \
             RETURNING event_id",
        );
        let statement = statement
            .bind(ids(&processed))
            .bind(ids(&processed))
            .bind(fences(&processed));
        settled.extend(statement.load::<String>(connection).await?);
    }
    if !others.is_empty() {
        let left: Vec<_> = others
            .iter()
            .filter_map(|settlement| left(settlement))
            .collect();
        let statement = Statement::<Text>::new(
            "UPDATE djstripe_queue AS queue \
             SET state = input.state, lease_owner = NULL, \
                 next_attempt_at = CASE WHEN input.released THEN queue.received_at ELSE input.next_attempt_at END, \
                 last_error = CASE WHEN input.released THEN queue.last_error ELSE input.error END, \
                 attempts = CASE WHEN input.released THEN queue.attempts - 1 ELSE queue.attempts END \
             FROM unnest(?, ?, ?, ?, ?, ?) AS input (id, fence, state, next_attempt_at, error, released) \
             WHERE queue.event_id = input.id AND queue.event_id = ANY (?) AND queue.fence = input.fence \
                 AND queue.state = 'processing' \
             RETURNING queue.event_id",
        );
        let statement = statement
            .bind(ids(&others))
            .bind(fences(&others))
            .bind(Bind::Texts(
                left.iter()
                    .map(|(state, _)| Some(state.as_str().into()))
                    .collect(),
            ))
            .bind(Bind::BigInts(
                left.iter()
                    .map(|(_, next_attempt_at)| *next_attempt_at)
                    .collect(),
            ))
            .bind(Bind::Texts(
                others
                    .iter()
                    .map(|settlement| settlement.error.as_deref().map(without_nul))
                    .collect(),
            ))
            .bind(Bind::Bools(
                others
                    .iter()
                    .map(|settlement| settlement.outcome == Outcome::Released)
                    .collect(),
            ))
            .bind(ids(&others));
        settled.extend(statement.load::<String>(connection).await?);
    }
    Ok(lost(
        settlements.iter().map(|settlement| &settlement.event_id),
        &settled,
    ))
}

#[cfg(feature = "sqlite")]
pub(in crate::store) fn settle_sqlite(
    raw: &mut diesel::SqliteConnection,
    settlements: &[Settlement],
) -> QueryResult<Vec<String>> {
    let mut done = HashSet::new();
    for settlement in settlements {
        let statement = match left(settlement) {
            None => Statement::<()>::new("DELETE FROM djstripe_queue"),
            Some((state, next_attempt_at)) => {
                let released = settlement.outcome == Outcome::Released;
                Statement::<()>::new(
                    "UPDATE djstripe_queue SET state = ?, lease_owner = NULL, \
                         next_attempt_at = CASE WHEN ? THEN received_at ELSE ? END, \
                         last_error = CASE WHEN ? THEN last_error ELSE ? END, attempts = attempts - ?",
                )
                .bind(state.as_str())
                .bind(released)
                .bind(Bind::BigInt(next_attempt_at))
                .bind(released)
                .bind(settlement.error.as_deref().map(without_nul))
                .bind(i32::from(released))
            }
        };
        let statement = statement
            .sql(" WHERE event_id = ? AND fence = ? AND state = 'processing'")
            .bind(&*settlement.event_id)
            .bind(settlement.fence);
        if statement.execute_on(raw)? == 1 {
            done.insert(settlement.event_id.clone());
        }
    }
    Ok(lost(
        settlements.iter().map(|settlement| &settlement.event_id),
        &done,
    ))
}

/// Writes checkpoints; returns the events whose lease is lost or whose receiver has succeeded before.
#[cfg(feature = "postgres")]
pub(in crate::store) async fn record_runs_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    runs: &[&ReceiverRun],
) -> QueryResult<Vec<String>> {
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let ids = || {
        Bind::Texts(
            runs.iter()
                .map(|run| Some((&*run.event_id).into()))
                .collect(),
        )
    };
    // The lock keeps the fence as it was read until the commit.
    let statement = Statement::<(Text, Text)>::new(
        "INSERT INTO djstripe_receiver_run AS run (event_id, receiver, outcome, attempts, error, permanent, finished_at) \
         SELECT input.event_id, input.receiver, CASE WHEN input.error IS NULL THEN 'succeeded' ELSE 'failed' END, \
             input.attempts, input.error, input.permanent, input.finished_at \
         FROM unnest(?, ?, ?, ?, ?, ?, ?) AS input (event_id, fence, receiver, attempts, error, permanent, finished_at) \
         JOIN djstripe_queue AS queue \
             ON queue.event_id = input.event_id AND queue.event_id = ANY (?) AND queue.fence = input.fence \
                 AND queue.state = 'processing' \
         ORDER BY input.event_id, input.receiver \
         FOR NO KEY UPDATE OF queue",
    )
    .bind(ids())
    .bind(Bind::BigInts(runs.iter().map(|run| Some(run.fence)).collect()));
    let ids = ids();
    insert_runs(values(statement, runs).bind(ids), connection, runs).await
}

/// As [`record_runs_postgres`], of events that were settled in the same transaction, which has proved their leases.
#[cfg(feature = "postgres")]
pub(in crate::store) async fn record_settled_runs_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    runs: &[&ReceiverRun],
) -> QueryResult<Vec<String>> {
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let statement = Statement::<(Text, Text)>::new(
        "INSERT INTO djstripe_receiver_run AS run (event_id, receiver, outcome, attempts, error, permanent, finished_at) \
         SELECT event_id, receiver, CASE WHEN error IS NULL THEN 'succeeded' ELSE 'failed' END, attempts, error, \
             permanent, finished_at \
         FROM unnest(?, ?, ?, ?, ?, ?) AS input (event_id, receiver, attempts, error, permanent, finished_at) \
         ORDER BY event_id, receiver",
    );
    let statement = statement.bind(Bind::Texts(
        runs.iter()
            .map(|run| Some((&*run.event_id).into()))
            .collect(),
    ));
    insert_runs(values(statement, runs), connection, runs).await
}

/// Gives what is recorded of the runs.
#[cfg(feature = "postgres")]
fn values<'r, Row>(statement: Statement<'r, Row>, runs: &[&'r ReceiverRun]) -> Statement<'r, Row> {
    statement
        .bind(Bind::Texts(
            runs.iter()
                .map(|run| Some((&*run.receiver).into()))
                .collect(),
        ))
        .bind(Bind::Integers(
            runs.iter().map(|run| run.attempts).collect(),
        ))
        .bind(Bind::Texts(
            runs.iter()
                .map(|run| run.outcome.error().map(without_nul))
                .collect(),
        ))
        .bind(Bind::Bools(
            runs.iter().map(|run| run.outcome.is_permanent()).collect(),
        ))
        .bind(Bind::BigInts(
            runs.iter()
                .map(|run| Some(run.finished_at.micros()))
                .collect(),
        ))
}

#[cfg(feature = "postgres")]
async fn insert_runs(
    statement: Statement<'_, (Text, Text)>,
    connection: &mut diesel_async::AsyncPgConnection,
    runs: &[&ReceiverRun],
) -> QueryResult<Vec<String>> {
    use diesel_async::RunQueryDsl;

    let statement = statement.sql(
        " ON CONFLICT (event_id, receiver) DO UPDATE SET outcome = excluded.outcome, attempts = excluded.attempts, \
             error = excluded.error, permanent = excluded.permanent, finished_at = excluded.finished_at \
             WHERE run.outcome <> 'succeeded' \
         RETURNING event_id, receiver",
    );
    let recorded: HashSet<(String, String)> =
        statement.load(connection).await?.into_iter().collect();
    let missing = runs
        .iter()
        .filter(|run| !recorded.contains(&(run.event_id.clone(), run.receiver.clone())));
    Ok(lost(missing.map(|run| &run.event_id), &HashSet::new()))
}

/// As for PostgreSQL.
#[cfg(feature = "sqlite")]
pub(in crate::store) fn record_runs_sqlite(
    raw: &mut diesel::SqliteConnection,
    runs: &[ReceiverRun],
) -> QueryResult<Vec<String>> {
    let mut missing = Vec::new();
    for run in runs {
        let statement = Statement::<()>::new(
            "INSERT INTO djstripe_receiver_run (event_id, receiver, outcome, attempts, error, permanent, finished_at) \
             SELECT event_id, ?, ?, ?, ?, ?, ? FROM djstripe_queue \
             WHERE event_id = ? AND fence = ? AND state = 'processing' \
             ON CONFLICT (event_id, receiver) DO UPDATE SET outcome = excluded.outcome, \
                 attempts = excluded.attempts, error = excluded.error, permanent = excluded.permanent, \
                 finished_at = excluded.finished_at \
                 WHERE djstripe_receiver_run.outcome <> 'succeeded'",
        )
        .bind(&*run.receiver)
        .bind(if run.outcome.is_success() { "succeeded" } else { "failed" })
        .bind(run.attempts)
        .bind(run.outcome.error().map(without_nul))
        .bind(run.outcome.is_permanent())
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
