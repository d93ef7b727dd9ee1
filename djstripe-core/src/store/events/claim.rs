//! Workers take events under a lease and leave them again.
//!
//! Invariant: a lease is known by its fence, which grows with every claim; whatever a worker writes about an event
//! names the fence and counts only while it is the event's.

use std::collections::HashSet;
use std::time::Duration;

use diesel::QueryResult;
use diesel::sql_types::{BigInt, Integer, Text};

use super::rows::Claim;
#[cfg(feature = "postgres")]
use crate::store::backend::statement::Bind;
use crate::store::backend::statement::Statement;
use crate::store::backend::{Database, Store};
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const CLAIM: &str = "claim events";
const EXTEND: &str = "extend leases";

impl Store {
    /// Takes up to `limit` events that are due: new ones, failed ones after their backoff, and those whose worker let
    /// the lease run out. Each is the caller's until `now + lease`.
    ///
    /// Events of one object are held by one worker at a time. They come in the order in which they happened; the
    /// caller handles them in that order. One that waits for its backoff doesn't hold up the later ones. While the
    /// workers are [paused](Self::pause) there are none.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn claim(
        &self,
        worker: &str,
        limit: u32,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError> {
        let due = Due {
            event_id: None,
            limit: i64::from(limit),
            chains: false,
        };
        self.claim_where(worker, due, now, lease).await
    }

    /// As [`claim`](Self::claim), and also further events of objects that the worker has events of already: it handles them
    /// after those.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn claim_also_of_own_objects(
        &self,
        worker: &str,
        limit: u32,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError> {
        let due = Due {
            event_id: None,
            limit: i64::from(limit),
            chains: true,
        };
        self.claim_where(worker, due, now, lease).await
    }

    /// Takes this one event, due or waiting for its backoff, unless it is processed or a worker has it or another event
    /// of its object.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn claim_event(
        &self,
        event_id: &str,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Claim>, StoreError> {
        let due = Due {
            event_id: Some(event_id.to_owned()),
            limit: 1,
            chains: false,
        };
        Ok(self.claim_where(worker, due, now, lease).await?.pop())
    }

    async fn claim_where(
        &self,
        worker: &str,
        due: Due,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError> {
        let until = (now + lease).micros();
        let now = now.micros();
        let mut rows: Vec<ClaimRow> = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                claim_postgres(connection, worker, &due, now, until)
                    .await
                    .map_err(StoreError::query(CLAIM))?
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let worker = worker.to_owned();
                database
                    .write(CLAIM, move |raw| {
                        claim_sqlite(raw, &worker, &due, now, until)
                    })
                    .await?
            }
        };
        // Neither database returns updated rows in an order.
        rows.sort_unstable_by(
            |(left, .., left_received, left_created),
             (right, .., right_received, right_created)| {
                (left_created, left_received, left).cmp(&(right_created, right_received, right))
            },
        );
        let claim = |(event_id, payload, attempts, fence, received_at, _)| Claim {
            event_id,
            payload,
            attempts,
            fence,
            received_at: Timestamp::from_micros(received_at),
        };
        Ok(rows.into_iter().map(claim).collect())
    }

    /// Keeps events until `until`, each named by its id and fence. Returns the ids whose lease is lost.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn extend_leases(
        &self,
        leases: &[(&str, i64)],
        until: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        if leases.is_empty() {
            return Ok(Vec::new());
        }
        let held: HashSet<String> = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                use diesel_async::RunQueryDsl;

                let mut pooled = database.get().await?;
                let connection = pooled.connection()?;
                let ids = || Bind::Texts(leases.iter().map(|(id, _)| Some((*id).into())).collect());
                let statement = Statement::<Text>::new(
                    "UPDATE djstripe_queue AS queue SET next_attempt_at = ? \
                     FROM unnest(?, ?) AS input (id, fence) \
                     WHERE queue.event_id = input.id AND queue.event_id = ANY (?) AND queue.fence = input.fence \
                         AND queue.state = 'processing' \
                     RETURNING queue.event_id",
                )
                .bind(until.micros())
                .bind(ids())
                .bind(Bind::BigInts(leases.iter().map(|(_, fence)| Some(*fence)).collect()))
                .bind(ids());
                let held: Vec<String> = statement
                    .load(connection)
                    .await
                    .map_err(StoreError::query(EXTEND))?;
                held.into_iter().collect()
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let leases: Vec<_> = leases
                    .iter()
                    .map(|(id, fence)| ((*id).to_owned(), *fence))
                    .collect();
                let extend = move |raw: &mut diesel::SqliteConnection| {
                    let mut held = HashSet::new();
                    for (id, fence) in leases {
                        let statement = Statement::<()>::new(
                            "UPDATE djstripe_queue SET next_attempt_at = ? \
                             WHERE event_id = ? AND fence = ? AND state = 'processing'",
                        );
                        if statement
                            .bind(until.micros())
                            .bind(&*id)
                            .bind(fence)
                            .execute_on(raw)?
                            == 1
                        {
                            held.insert(id);
                        }
                    }
                    Ok(held)
                };
                database.write(EXTEND, extend).await?
            }
        };
        Ok(leases
            .iter()
            .filter(|(id, _)| !held.contains(*id))
            .map(|(id, _)| (*id).to_owned())
            .collect())
    }
}

/// id, payload, attempts, fence, received_at, created.
type ClaimRow = (String, String, i32, i64, i64, i64);
type ClaimTypes = (Text, Text, Integer, BigInt, BigInt, BigInt);

#[cfg(feature = "postgres")]
async fn claim_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    worker: &str,
    due: &Due,
    now: i64,
    until: i64,
) -> QueryResult<Vec<ClaimRow>> {
    use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};

    // An array is made once. A join may run the query for it once for each row, with more rows locked than the limit.
    let claim = Statement::<ClaimTypes>::new(
        "UPDATE djstripe_queue AS queue \
         SET state = 'processing', attempts = queue.attempts + 1, fence = queue.fence + 1, lease_owner = ?, \
             next_attempt_at = ? \
         FROM djstripe_event AS event \
         WHERE event.id = queue.event_id AND queue.event_id = ANY (ARRAY(",
    )
    .bind(worker)
    .bind(until);
    let claim = due.select(claim, worker, now).sql(
        " FOR UPDATE OF due SKIP LOCKED)) \
         RETURNING queue.event_id, event.payload, queue.attempts, queue.fence, queue.received_at, queue.created",
    );
    connection
        .transaction(async |connection| {
            connection.batch_execute(&before_claim()).await?;
            claim.load(connection).await
        })
        .await
}

/// Two claims at once would each see the other's objects as free. The lock comes before the claim, so that this sees what
/// the one before it has committed. And however short the queue was when the statement was planned, it may be long now.
#[cfg(feature = "postgres")]
fn before_claim() -> String {
    format!("SET LOCAL enable_seqscan = off; SELECT pg_advisory_xact_lock({CLAIM_LOCK})")
}

/// Key of the advisory lock that claims queue for, also in `djstripe_free_objects`; any number that nobody else uses.
#[cfg(feature = "postgres")]
const CLAIM_LOCK: i64 = 0x646a_7374_7269_7001;

#[cfg(feature = "sqlite")]
fn claim_sqlite(
    raw: &mut diesel::SqliteConnection,
    worker: &str,
    due: &Due,
    now: i64,
    until: i64,
) -> QueryResult<Vec<ClaimRow>> {
    let claim = Statement::<ClaimTypes>::new(
        "UPDATE djstripe_queue \
         SET state = 'processing', attempts = attempts + 1, fence = fence + 1, lease_owner = ?, next_attempt_at = ? \
         WHERE event_id IN (",
    )
    .bind(worker)
    .bind(until);
    due.select(claim, worker, now)
        .sql(
            ") RETURNING event_id, (SELECT payload FROM djstripe_event WHERE id = djstripe_queue.event_id), attempts, fence, \
             received_at, created",
        )
        .load_on(raw)
}

/// Which events a claim may take.
struct Due {
    /// This one alone, even before its backoff is over.
    event_id: Option<String>,
    /// At most so many.
    limit: i64,
    /// Whether the worker may have events of the objects already.
    chains: bool,
}

impl Due {
    /// Appends the query for their ids: none whose object another worker has an event of. Of those one whose lease has run
    /// out goes first, as its worker may still be at it.
    fn select<'s>(
        &self,
        statement: Statement<'s, ClaimTypes>,
        worker: &'s str,
        now: i64,
    ) -> Statement<'s, ClaimTypes> {
        let statement = match &self.event_id {
            None => statement
                .sql(
                    "SELECT due.event_id FROM djstripe_queue AS due WHERE due.next_attempt_at <= ?",
                )
                .bind(now)
                .sql(" AND NOT EXISTS (SELECT 1 FROM djstripe_pause)"),
            Some(event_id) => statement
                .sql("SELECT due.event_id FROM djstripe_queue AS due WHERE due.event_id = ?")
                .bind(event_id.clone())
                .sql(" AND (due.state <> 'processing' OR due.next_attempt_at <= ?)")
                .bind(now),
        };
        let statement = statement
            .sql(
                " AND (due.object_id IS NULL OR NOT EXISTS ( \
                     SELECT 1 FROM djstripe_queue AS other \
                     WHERE other.object_id = due.object_id AND other.account = due.account \
                         AND other.state = 'processing' AND (other.next_attempt_at > ?",
            )
            .bind(now);
        // Whoever delivers inline can't wait for a worker that may be gone.
        let statement = if self.event_id.is_none() {
            statement.sql(" OR due.state <> 'processing')")
        } else {
            statement.sql(")")
        };
        let statement = if self.chains {
            statement.sql(" AND other.lease_owner <> ?").bind(worker)
        } else {
            statement
        };
        // Without a limit of its own, which says nothing, it would be joined, and all that others work on be read.
        statement
            .sql(" LIMIT 1)) ORDER BY due.next_attempt_at, due.created, due.event_id LIMIT ?")
            .bind(self.limit)
    }
}
