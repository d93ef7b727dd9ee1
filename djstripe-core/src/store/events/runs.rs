//! Checkpoints: the last run of each receiver for each event.
//!
//! Invariant: a run is recorded only under the current lease of its event, and never replaces a
//! success.

use diesel::QueryResult;

use super::work::ReceiverRun;
use crate::store::backend::statement::Bind;
use crate::store::backend::statement::Statement;
use crate::timestamp::micros;

/// The lock keeps the fence unchanged until the commit.
#[cfg(feature = "postgres")]
const RECORD_POSTGRES: &str = "INSERT INTO djstripe_receiver_run AS run (event_id, receiver, outcome, attempts, error, permanent, gone, finished_at, took) \
     SELECT input.event_id, input.receiver, input.outcome, \
         input.attempts, input.error, input.permanent, input.gone, input.finished_at, input.took \
     FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         AS input (event_id, fence, receiver, outcome, attempts, error, permanent, gone, finished_at, took) \
     JOIN djstripe_queue AS queue \
         ON queue.event_id = input.event_id AND queue.event_id = ANY (?) AND queue.fence = input.fence \
             AND queue.state = 'processing' \
     ORDER BY input.event_id, input.receiver \
     FOR NO KEY UPDATE OF queue";

#[cfg(feature = "postgres")]
const RECORD_SETTLED: &str = "INSERT INTO djstripe_receiver_run AS run (event_id, receiver, outcome, attempts, error, permanent, gone, finished_at, took) \
     SELECT event_id, receiver, outcome, attempts, error, permanent, gone, finished_at, took \
     FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?) \
         AS input (event_id, receiver, outcome, attempts, error, permanent, gone, finished_at, took) \
     ORDER BY event_id, receiver";

#[cfg(feature = "postgres")]
const REPLACE_FAILURE: &str = " ON CONFLICT (event_id, receiver) DO UPDATE SET outcome = excluded.outcome, attempts = excluded.attempts, \
         error = excluded.error, permanent = excluded.permanent, gone = excluded.gone, finished_at = excluded.finished_at, took = excluded.took \
         WHERE run.outcome = 'failed' \
     RETURNING event_id, receiver";

/// Records runs; returns the events whose lease is lost or whose receiver has succeeded before.
#[cfg(feature = "postgres")]
pub(in crate::store) async fn record_runs_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    runs: &[&ReceiverRun],
) -> QueryResult<Vec<String>> {
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let insert = Statement::new(RECORD_POSTGRES)
        .bind(event_ids(runs))
        .bind(Bind::big_ints(runs.iter().map(|run| run.fence)));
    let insert = bind_runs(insert, runs).bind(event_ids(runs));
    insert_runs(insert, connection, runs).await
}

/// As [`record_runs_postgres`], for events that were settled in the same transaction, which has
/// checked their leases.
#[cfg(feature = "postgres")]
pub(in crate::store) async fn record_settled_runs_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    runs: &[&ReceiverRun],
) -> QueryResult<Vec<String>> {
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let insert = Statement::new(RECORD_SETTLED).bind(event_ids(runs));
    insert_runs(bind_runs(insert, runs), connection, runs).await
}

#[cfg(feature = "postgres")]
fn event_ids<'r>(runs: &[&'r ReceiverRun]) -> Bind<'r> {
    Bind::texts(runs.iter().map(|run| &*run.event_id))
}

/// Binds the arrays `receiver` to `took`.
#[cfg(feature = "postgres")]
fn bind_runs<'r, Row>(
    statement: Statement<'r, Row>,
    runs: &[&'r ReceiverRun],
) -> Statement<'r, Row> {
    let errors = runs.iter().map(|run| run.outcome.error());
    let permanent = runs.iter().map(|run| run.outcome.is_permanent());
    let gone = runs.iter().map(|run| run.outcome.is_gone());
    let finished_at = runs.iter().map(|run| run.finished_at.micros());
    statement
        .bind(Bind::texts(runs.iter().map(|run| &*run.receiver)))
        .bind(Bind::texts(runs.iter().map(|run| run.outcome.as_str())))
        .bind(Bind::Integers(
            runs.iter().map(|run| run.attempts).collect(),
        ))
        .bind(Bind::optional_texts(errors))
        .bind(Bind::bools(permanent))
        .bind(Bind::bools(gone))
        .bind(Bind::big_ints(finished_at))
        .bind(Bind::BigInts(
            runs.iter().map(|run| run.took.map(micros)).collect(),
        ))
}

#[cfg(feature = "postgres")]
async fn insert_runs(
    insert: Statement<'_, (diesel::sql_types::Text, diesel::sql_types::Text)>,
    connection: &mut diesel_async::AsyncPgConnection,
    runs: &[&ReceiverRun],
) -> QueryResult<Vec<String>> {
    use std::collections::HashSet;

    use diesel_async::RunQueryDsl;

    let recorded: HashSet<(String, String)> = insert
        .sql(REPLACE_FAILURE)
        .load(connection)
        .await?
        .into_iter()
        .collect();

    let mut missing: Vec<String> = runs
        .iter()
        .filter(|run| !recorded.contains(&(run.event_id.clone(), run.receiver.clone())))
        .map(|run| run.event_id.clone())
        .collect();
    missing.dedup();
    Ok(missing)
}

#[cfg(feature = "sqlite")]
const RECORD_SQLITE: &str = "INSERT INTO djstripe_receiver_run (event_id, receiver, outcome, attempts, error, permanent, gone, finished_at, took) \
     SELECT event_id, ?, ?, ?, ?, ?, ?, ?, ? FROM djstripe_queue \
     WHERE event_id = ? AND fence = ? AND state = 'processing' \
     ON CONFLICT (event_id, receiver) DO UPDATE SET outcome = excluded.outcome, attempts = excluded.attempts, \
         error = excluded.error, permanent = excluded.permanent, gone = excluded.gone, finished_at = excluded.finished_at, took = excluded.took \
         WHERE djstripe_receiver_run.outcome = 'failed'";

/// As for PostgreSQL.
#[cfg(feature = "sqlite")]
pub(in crate::store) fn record_runs_sqlite(
    raw: &mut diesel::SqliteConnection,
    runs: &[ReceiverRun],
) -> QueryResult<Vec<String>> {
    let mut missing = Vec::new();
    for run in runs {
        let insert = Statement::<()>::new(RECORD_SQLITE)
            .bind(&*run.receiver)
            .bind(run.outcome.as_str())
            .bind(run.attempts)
            .bind(run.outcome.error())
            .bind(run.outcome.is_permanent())
            .bind(run.outcome.is_gone())
            .bind(run.finished_at.micros())
            .bind(Bind::BigInt(run.took.map(micros)))
            .bind(&*run.event_id)
            .bind(run.fence);

        if insert.execute_on(raw)? == 0 {
            missing.push(run.event_id.clone());
        }
    }
    missing.dedup();
    Ok(missing)
}
