//! Retention: what is old and through is deleted, in batches, each a transaction of its own.
//!
//! Invariant: an event that is still to be run is never deleted, and rows of objects are not touched.

#[cfg(feature = "postgres")]
use std::collections::HashSet;

use diesel::QueryResult;
use diesel::sql_types::{BigInt, Text};

use crate::store::backend::statement::Statement;
use crate::store::backend::{Database, Store};
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const PRUNE: &str = "prune events";
const PRUNE_REFUSED: &str = "prune refused deliveries";

/// What to delete.
#[derive(Clone, Debug)]
pub struct Prune {
    /// What came before this and, if it is an event, was also processed before.
    pub before: Timestamp,
    /// Dead events, and events with dead effects, too.
    pub dead: bool,
    /// How many rows of events, or of refused deliveries, go in one transaction. Smaller ones hold others up for less
    /// time.
    pub batch: u32,
}

/// How much was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Events.
    pub events: u64,
    /// Records of their receivers' runs.
    pub runs: u64,
    /// Effects that were carried out because of them.
    pub effects: u64,
    /// Records of the requests that delivered them.
    pub deliveries: u64,
    /// Refused requests.
    pub refused: u64,
}

impl Store {
    /// Deletes processed events with what is recorded of them, and refused deliveries. Pending, retrying and running
    /// events stay, and dead ones unless asked for; so do events with effects that are not carried out yet.
    ///
    /// An event that Stripe sends once more after it was deleted is new again, and runs again: keep events longer than
    /// deliveries can be repeated.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use djstripe_core::store::{Prune, Store, StoreError};
    ///
    /// async fn keep_a_quarter(store: &Store) -> Result<u64, StoreError> {
    ///     let before = (SystemTime::now() - Duration::from_secs(90 * 24 * 60 * 60)).into();
    ///     Ok(store.prune(&Prune { before, dead: false, batch: 1_000 }).await?.events)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; batches before the failed one are gone.
    pub async fn prune(&self, prune: &Prune) -> Result<Pruned, StoreError> {
        let mut pruned = Pruned::default();
        self.prune_gaps(prune.before, prune.batch).await?;
        let mut after = (i64::MIN, String::new());
        loop {
            let batch = self.prune_batch(prune, after).await?;
            pruned.events += batch.events.events;
            pruned.runs += batch.events.runs;
            pruned.effects += batch.events.effects;
            pruned.deliveries += batch.events.deliveries;
            match batch.last {
                Some(last) => after = last,
                None => break,
            }
        }
        loop {
            let delete = Statement::new(
                "DELETE FROM djstripe_delivery WHERE id IN (SELECT id FROM djstripe_delivery \
                 WHERE event_id IS NULL AND received_at < ? ORDER BY id LIMIT ?)",
            );
            let delete = delete
                .bind(prune.before.micros())
                .bind(i64::from(prune.batch.max(1)));
            match self.execute(PRUNE_REFUSED, delete).await? as u64 {
                0 => return Ok(pruned),
                deleted => pruned.refused += deleted,
            }
        }
    }

    async fn prune_batch(&self, prune: &Prune, after: (i64, String)) -> Result<Batch, StoreError> {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                prune_postgres(connection, prune, after)
                    .await
                    .map_err(StoreError::query(PRUNE))
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let prune = prune.clone();
                database
                    .write(PRUNE, move |raw| prune_sqlite(raw, &prune, after))
                    .await
            }
        }
    }
}

/// What one transaction deleted.
struct Batch {
    events: Pruned,
    /// Where the next one goes on; events that stay are not looked at twice.
    last: Option<(i64, String)>,
}

fn select(prune: &Prune, (received_at, id): (i64, String)) -> Statement<'static, (BigInt, Text)> {
    let before = prune.before.micros();
    let (queued, unfinished) = if prune.dead {
        (" AND state <> 'dead'", "next_attempt_at IS NOT NULL")
    } else {
        ("", "done_at IS NULL")
    };
    Statement::new("SELECT received_at, id FROM djstripe_event WHERE received_at < ? AND (received_at, id) > (?, ?)")
        .bind(before)
        .bind(received_at)
        .bind(id)
        .sql(" AND NOT EXISTS (SELECT 1 FROM djstripe_queue WHERE djstripe_queue.event_id = djstripe_event.id")
        .sql(queued)
        .sql(") AND NOT EXISTS (SELECT 1 FROM djstripe_receiver_run AS run WHERE run.event_id = djstripe_event.id")
        .sql(" AND run.finished_at >= ?")
        .bind(before)
        .sql(") AND NOT EXISTS (SELECT 1 FROM djstripe_outbox WHERE event_id = djstripe_event.id AND djstripe_outbox.")
        .sql(unfinished)
        .sql(") ORDER BY received_at, id LIMIT ?")
        .bind(i64::from(prune.batch.max(1)))
}

/// The records go before the events that they belong to.
const DELETES: [&str; 5] = [
    "DELETE FROM djstripe_queue WHERE event_id",
    "DELETE FROM djstripe_outbox WHERE event_id",
    "DELETE FROM djstripe_receiver_run WHERE event_id",
    "DELETE FROM djstripe_delivery WHERE event_id",
    "DELETE FROM djstripe_event WHERE id",
];

fn pruned([_, effects, runs, deliveries, events]: [u64; 5]) -> Pruned {
    Pruned {
        events,
        runs,
        effects,
        deliveries,
        refused: 0,
    }
}

#[cfg(feature = "postgres")]
async fn prune_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    prune: &Prune,
    after: (i64, String),
) -> QueryResult<Batch> {
    use diesel_async::{AsyncConnection, RunQueryDsl};

    connection
        .transaction(async |connection| {
            // What somebody runs again at this moment is left to the next time.
            let locked: Vec<(i64, String)> = select(prune, after.clone())
                .sql(" FOR UPDATE SKIP LOCKED")
                .load(connection)
                .await?;
            // What somebody has run again since that statement began is seen by the next one.
            let still: HashSet<(i64, String)> = select(prune, after)
                .load(connection)
                .await?
                .into_iter()
                .collect();
            let last = locked.last().cloned();
            let rows: Vec<(i64, String)> = locked
                .into_iter()
                .filter(|row| still.contains(row))
                .collect();
            let mut deleted = [0; 5];
            for (delete, count) in DELETES.iter().zip(&mut deleted) {
                let ids = crate::store::backend::statement::Bind::Texts(
                    rows.iter().map(|(_, id)| Some((&**id).into())).collect(),
                );
                *count = Statement::<()>::new(*delete)
                    .sql(" = ANY (?)")
                    .bind(ids)
                    .execute(connection)
                    .await? as u64;
            }
            Ok(Batch {
                events: pruned(deleted),
                last,
            })
        })
        .await
}

#[cfg(feature = "sqlite")]
fn prune_sqlite(
    raw: &mut diesel::SqliteConnection,
    prune: &Prune,
    after: (i64, String),
) -> QueryResult<Batch> {
    let rows: Vec<(i64, String)> = select(prune, after).load_on(raw)?;
    let mut deleted = [0; 5];
    for (_, id) in &rows {
        for (delete, count) in DELETES.iter().zip(&mut deleted) {
            *count += Statement::<()>::new(*delete)
                .sql(" = ?")
                .bind(&**id)
                .execute_on(raw)? as u64;
        }
    }
    Ok(Batch {
        events: pruned(deleted),
        last: rows.into_iter().next_back(),
    })
}
