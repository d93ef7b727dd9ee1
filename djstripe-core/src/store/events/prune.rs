//! Retention: old events that are processed are deleted in batches, each in a transaction of its
//! own, and so are refused deliveries and old versions of objects.
//!
//! Invariant: an event that is not processed yet is never deleted, and rows of objects are never
//! touched.

#[cfg(feature = "postgres")]
use std::collections::HashSet;

use diesel::QueryResult;
use diesel::sql_types::{BigInt, Text};

use crate::store::backend::run::on_backend;
#[cfg(feature = "postgres")]
use crate::store::backend::statement::Bind;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const PRUNE: &str = "prune events";
const PRUNE_REFUSED: &str = "prune refused deliveries";

/// Which events, refused requests and versions of objects to delete.
#[derive(Clone, Debug)]
pub struct Prune {
    /// Those that arrived before this time, or, of versions, began before it. Events must also have
    /// been processed before it.
    pub before: Timestamp,
    /// Whether to delete dead events too, and events with dead effects.
    pub dead: bool,
    /// Number of events, refused requests or versions that one transaction deletes. A smaller one delays
    /// others less.
    pub batch: u32,
}

/// Numbers of deleted rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Events.
    pub events: u64,
    /// Runs of their receivers.
    pub runs: u64,
    /// Effects that they led to.
    pub effects: u64,
    /// Deliveries of them.
    pub deliveries: u64,
    /// Refused requests.
    pub refused: u64,
    /// Versions of objects.
    pub versions: u64,
}

impl Store {
    /// Deletes processed events with their records, refused requests, and versions of objects. It
    /// keeps pending, retrying and running events, dead ones unless requested, events with effects
    /// that are neither done nor given up, and the last version of each object that is not deleted.
    ///
    /// A deleted event that Stripe delivers once more is new again, and runs again: keep events for
    /// longer than Stripe may repeat a delivery.
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
    /// [`StoreError::Query`] and the errors of connecting; the batches before the failed one are
    /// deleted.
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
            let delete = Statement::new(DELETE_DELIVERIES)
                .sql(SELECT_REFUSED)
                .sql(")")
                .bind(prune.before.micros())
                .bind(i64::from(prune.batch.max(1)));
            match self.execute(PRUNE_REFUSED, delete).await? as u64 {
                0 => break,
                deleted => pruned.refused += deleted,
            }
        }

        pruned.versions = self.prune_versions(prune.before, prune.batch).await?;
        Ok(pruned)
    }

    /// How many events, refused requests and versions [`prune`](Self::prune) would delete now, each
    /// counted up to `limit`.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    #[cfg(feature = "cli")]
    pub(crate) async fn prunable(&self, prune: &Prune, limit: u32) -> Result<Prunable, StoreError> {
        let all = Prune {
            batch: limit,
            ..prune.clone()
        };
        let select = select(&all, (i64::MIN, String::new()));
        let events = self.count(select).await?;

        let refused = Statement::<(BigInt, Text)>::new(SELECT_REFUSED)
            .bind(prune.before.micros())
            .bind(i64::from(limit));
        let refused = self.count(refused).await?;
        let versions = self.prunable_versions(prune.before, limit).await?;
        Ok(Prunable {
            events,
            refused,
            versions,
        })
    }

    async fn prune_batch(&self, prune: &Prune, after: (i64, String)) -> Result<Batch, StoreError> {
        on_backend!(
            self, PRUNE,
            postgres(connection) => prune_postgres(connection, prune, after),
            sqlite.write => {
                let prune = prune.clone();
                move |raw| prune_sqlite(raw, &prune, after)
            },
        )
    }
}

/// Numbers of rows that a prune would delete, each up to a limit.
#[cfg(feature = "cli")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prunable {
    pub(crate) events: u64,
    pub(crate) refused: u64,
    pub(crate) versions: u64,
}

/// Result of one transaction.
struct Batch {
    events: Pruned,
    /// The event after which the next batch starts, so that events that are kept are not read
    /// twice.
    last: Option<(i64, String)>,
}

/// Followed by the query for their ids, and `)`.
const DELETE_DELIVERIES: &str = "DELETE FROM djstripe_delivery WHERE id IN (";

const SELECT_REFUSED: &str = "SELECT id FROM djstripe_delivery \
     WHERE event_id IS NULL AND received_at < ? ORDER BY id LIMIT ?";

const SELECT: &str = "SELECT received_at, id FROM djstripe_event \
     WHERE received_at < ? AND (received_at, id) > (?, ?)";
const NOT_QUEUED: &str = " AND NOT EXISTS (SELECT 1 FROM djstripe_queue WHERE djstripe_queue.event_id = djstripe_event.id";
const NOT_RUN_SINCE: &str = ") AND NOT EXISTS (SELECT 1 FROM djstripe_receiver_run AS run \
     WHERE run.event_id = djstripe_event.id AND run.finished_at >= ?";
const NO_EFFECT: &str = ") AND NOT EXISTS (SELECT 1 FROM djstripe_outbox \
     WHERE event_id = djstripe_event.id AND djstripe_outbox.";

/// The query for the events of one batch, after the given one.
fn select(prune: &Prune, (received_at, id): (i64, String)) -> Statement<'static, (BigInt, Text)> {
    let before = prune.before.micros();
    let (queued, unfinished) = if prune.dead {
        (" AND state <> 'dead'", "next_attempt_at IS NOT NULL")
    } else {
        (
            "",
            "done_at IS NULL AND djstripe_outbox.discarded_at IS NULL",
        )
    };
    Statement::new(SELECT)
        .bind(before)
        .bind(received_at)
        .bind(id)
        .sql(NOT_QUEUED)
        .sql(queued)
        .sql(NOT_RUN_SINCE)
        .bind(before)
        .sql(NO_EFFECT)
        .sql(unfinished)
        .sql(") ORDER BY received_at, id LIMIT ?")
        .bind(i64::from(prune.batch.max(1)))
}

/// The records are deleted before their events.
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
        ..Pruned::default()
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
            // An event that is being rerun is skipped.
            let locked: Vec<(i64, String)> = select(prune, after.clone())
                .sql(" FOR UPDATE SKIP LOCKED")
                .load(connection)
                .await?;

            // A rerun that committed after the first statement started is visible to the second.
            let unchanged: HashSet<(i64, String)> = select(prune, after)
                .load(connection)
                .await?
                .into_iter()
                .collect();

            let last = locked.last().cloned();
            let rows: Vec<(i64, String)> = locked
                .into_iter()
                .filter(|row| unchanged.contains(row))
                .collect();
            let mut deleted = [0; 5];
            for (delete, count) in DELETES.iter().zip(&mut deleted) {
                let ids = Bind::texts(rows.iter().map(|(_, id)| &**id));
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
