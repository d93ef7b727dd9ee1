//! Workers claim events under a lease.
//!
//! Invariant: the fence identifies a lease and grows with every claim. A write about an event names
//! the fence and is refused unless it is the event's current one.

use std::time::Duration;

use diesel::QueryResult;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

use super::work::{Claim, Lease, Place};
use crate::store::backend::run::on_backend;
#[cfg(feature = "postgres")]
use crate::store::backend::statement::Bind;
use crate::store::backend::statement::{ByName, Statement};
use crate::store::error::StoreError;
use crate::store::queue::Queue;
use crate::timestamp::Timestamp;
use crate::webhook::event::ThinHead;

const CLAIM: &str = "claim events";
const EXTEND: &str = "extend leases";

impl Queue {
    /// Claims up to `limit` due events: new ones, failed ones after their backoff, and those whose
    /// lease has expired. The caller has each until `now + lease`.
    ///
    /// One worker at a time has the events of an object. The claims are in the order in which the
    /// events happened, and the caller runs them in that order. An event that waits for its backoff
    /// doesn't delay later ones. While the workers are [paused](crate::store::Store::pause) there
    /// are none.
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
        let due = Due::Any {
            limit,
            including_own_objects: false,
        };
        self.claim_due(due, leased(worker, now, lease)).await
    }

    /// As [`claim`](Self::claim), including events of objects of which the worker has events
    /// already. It runs them after those.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn claim_including_own_objects(
        &self,
        worker: &str,
        limit: u32,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<Claim>, StoreError> {
        let due = Due::Any {
            limit,
            including_own_objects: true,
        };
        self.claim_due(due, leased(worker, now, lease)).await
    }

    /// Claims one event, even before its backoff is over. `None` if it is processed, or if a worker
    /// has it or another event of its object.
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
        let due = Due::One(event_id.to_owned());
        let claims = self.claim_due(due, leased(worker, now, lease)).await?;
        Ok(claims.into_iter().next())
    }

    async fn claim_due(&self, due: Due, lease: Lease) -> Result<Vec<Claim>, StoreError> {
        let mut rows: Vec<ClaimRow> = on_backend!(
            self.0, CLAIM,
            postgres(connection) => claim_postgres(connection, &due, &lease),
            sqlite.write => move |raw| claim_sqlite(raw, &due, &lease),
        )?;

        // Neither database returns updated rows in an order.
        rows.sort_unstable_by(|left, right| left.place().cmp(&right.place()));
        Ok(rows.into_iter().map(Claim::from).collect())
    }

    /// Extends leases until `until`, each given as an event's id and fence. One that is lost is left
    /// alone, and in PostgreSQL one whose event somebody else writes at this moment: it is not waited
    /// for, so that it holds up no other, and two that wait for each other are not possible.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn extend_leases(
        &self,
        leases: &[(&str, i64)],
        until: Timestamp,
    ) -> Result<(), StoreError> {
        if leases.is_empty() {
            return Ok(());
        }
        on_backend!(
            self.0, EXTEND,
            postgres(connection) => extend_postgres(connection, leases, until),
            sqlite.write => {
                let leases: Vec<(String, i64)> = leases
                    .iter()
                    .map(|(id, fence)| ((*id).to_owned(), *fence))
                    .collect();
                move |raw| extend_sqlite(raw, leases, until)
            },
        )
    }
}

fn leased(worker: &str, now: Timestamp, lease: Duration) -> Lease {
    Lease {
        worker: worker.to_owned(),
        now,
        until: now + lease,
        waits_for_claims: true,
    }
}

#[derive(diesel::QueryableByName)]
struct ClaimRow {
    #[diesel(sql_type = Text)]
    event_id: String,
    #[diesel(sql_type = Text)]
    payload: String,
    #[diesel(sql_type = Nullable<Text>)]
    account: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    own_account: Option<String>,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = BigInt)]
    fence: i64,
    #[diesel(sql_type = BigInt)]
    received_at: i64,
    #[diesel(sql_type = BigInt)]
    created: i64,
    #[diesel(sql_type = Bool)]
    is_snapshot: bool,
    #[diesel(sql_type = Bool)]
    is_thin: bool,
    #[diesel(sql_type = Nullable<Text>)]
    thin_id: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    thin_created: Option<i64>,
}

impl ClaimRow {
    fn place(&self) -> Place<'_> {
        Place {
            created: self.created,
            exact: self.thin_created.map(Timestamp::from_micros),
            received_at: Timestamp::from_micros(self.received_at),
            event_id: &self.event_id,
        }
    }
}

impl From<ClaimRow> for Claim {
    fn from(row: ClaimRow) -> Self {
        Self {
            event_id: row.event_id,
            payload: row.payload,
            account: row.account,
            own_account: row.own_account,
            attempts: row.attempts,
            fence: row.fence,
            is_snapshot: row.is_snapshot,
            is_thin: row.is_thin,
            thin: ThinHead::stored(row.thin_id, row.thin_created),
            received_at: Timestamp::from_micros(row.received_at),
        }
    }
}

/// The events that a claim may take.
enum Due {
    /// Any due event.
    Any {
        limit: u32,
        /// Whether the worker may have events of the same objects already.
        including_own_objects: bool,
    },
    /// The event with this id, even before its backoff is over.
    One(String),
}

const SELECT_DUE: &str = "SELECT due.event_id FROM djstripe_queue AS due WHERE due.next_attempt_at <= ? \
     AND NOT EXISTS (SELECT 1 FROM djstripe_pause)";
const SELECT_ONE: &str = "SELECT due.event_id FROM djstripe_queue AS due WHERE due.event_id = ? \
     AND (due.state <> 'processing' OR due.next_attempt_at <= ?)";
/// No other worker has an event of the object.
const IS_FREE: &str = " AND (due.object_id IS NULL OR NOT EXISTS ( \
     SELECT 1 FROM djstripe_queue AS other \
     WHERE other.object_id = due.object_id AND other.account = due.account \
         AND other.state = 'processing' AND (other.next_attempt_at > ?";
/// Without a limit the planner would join the subquery, and read all events that other workers
/// have.
const ORDER: &str = " LIMIT 1)) ORDER BY due.next_attempt_at, due.created, due.event_id LIMIT ?";

impl Due {
    /// Appends the query for the ids of the events.
    fn select<'s>(
        &self,
        statement: Statement<'s, ByName>,
        lease: &'s Lease,
    ) -> Statement<'s, ByName> {
        let now = lease.now.micros();
        match self {
            Self::Any {
                limit,
                including_own_objects,
            } => {
                // Of an object's events, the one whose lease has expired goes first: its worker may
                // still run it.
                let select = statement
                    .sql(SELECT_DUE)
                    .bind(now)
                    .sql(IS_FREE)
                    .bind(now)
                    .sql(" OR due.state <> 'processing')");

                let select = if *including_own_objects {
                    select
                        .sql(" AND other.lease_owner <> ?")
                        .bind(&*lease.worker)
                } else {
                    select
                };
                select.sql(ORDER).bind(i64::from(*limit))
            }

            // An inline delivery can't wait for a worker that may be dead.
            Self::One(event_id) => statement
                .sql(SELECT_ONE)
                .bind(event_id.clone())
                .bind(now)
                .sql(IS_FREE)
                .bind(now)
                .sql(")")
                .sql(ORDER)
                .bind(1_i64),
        }
    }
}

/// An array is evaluated once. A join may run the subquery once for each row, and lock more rows
/// than the limit.
#[cfg(feature = "postgres")]
const CLAIM_POSTGRES: &str = "UPDATE djstripe_queue AS queue \
     SET state = 'processing', attempts = queue.attempts + 1, fence = queue.fence + 1, lease_owner = ?, \
         next_attempt_at = ?, resent = 0 \
     FROM djstripe_event AS event \
     WHERE event.id = queue.event_id AND queue.event_id = ANY (ARRAY(";
#[cfg(feature = "postgres")]
const RETURNING_POSTGRES: &str = " FOR UPDATE OF due SKIP LOCKED)) \
     RETURNING queue.event_id, event.payload, event.account, event.own_account, queue.attempts, queue.fence, \
         queue.received_at, queue.created, event.is_snapshot, event.is_thin, event.thin_id, \
         event.thin_created";

/// Claims queue for the advisory lock that `djstripe_free_objects` tries for too. The planner may have
/// seen a short queue, but it may be long by now.
#[cfg(feature = "postgres")]
const PREPARE_POSTGRES: &str =
    "SET LOCAL enable_seqscan = off; SELECT pg_advisory_xact_lock(djstripe_claim_lock())";

#[cfg(feature = "postgres")]
async fn claim_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    due: &Due,
    lease: &Lease,
) -> QueryResult<Vec<ClaimRow>> {
    use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};

    let claim = Statement::<ByName>::new(CLAIM_POSTGRES)
        .bind(&*lease.worker)
        .bind(lease.until.micros());
    let claim = due.select(claim, lease).sql(RETURNING_POSTGRES);
    // Two concurrent claims would each see the other's objects as free. The lock comes before the
    // claim, so that the claim sees what the previous one committed.
    connection
        .transaction(async |connection| {
            connection.batch_execute(PREPARE_POSTGRES).await?;
            claim.load(connection).await
        })
        .await
}

#[cfg(feature = "sqlite")]
const CLAIM_SQLITE: &str = "UPDATE djstripe_queue \
     SET state = 'processing', attempts = attempts + 1, fence = fence + 1, lease_owner = ?, next_attempt_at = ?, \
     resent = 0 WHERE event_id IN (";
#[cfg(feature = "sqlite")]
const RETURNING_SQLITE: &str = ") RETURNING event_id, \
     (SELECT payload FROM djstripe_event WHERE id = djstripe_queue.event_id) AS payload, \
     (SELECT account FROM djstripe_event WHERE id = djstripe_queue.event_id) AS account, \
     (SELECT own_account FROM djstripe_event WHERE id = djstripe_queue.event_id) AS own_account, \
     attempts, fence, received_at, created, \
     (SELECT is_snapshot FROM djstripe_event WHERE id = djstripe_queue.event_id) AS is_snapshot, \
     (SELECT is_thin FROM djstripe_event WHERE id = djstripe_queue.event_id) AS is_thin, \
     (SELECT thin_id FROM djstripe_event WHERE id = djstripe_queue.event_id) AS thin_id, \
     (SELECT thin_created FROM djstripe_event WHERE id = djstripe_queue.event_id) AS thin_created";

#[cfg(feature = "sqlite")]
fn claim_sqlite(
    raw: &mut diesel::SqliteConnection,
    due: &Due,
    lease: &Lease,
) -> QueryResult<Vec<ClaimRow>> {
    let claim = Statement::<ByName>::new(CLAIM_SQLITE)
        .bind(&*lease.worker)
        .bind(lease.until.micros());
    due.select(claim, lease).sql(RETURNING_SQLITE).load_on(raw)
}

/// The events are locked first, as far as nobody has: those who settle lock theirs in another order.
#[cfg(feature = "postgres")]
const EXTEND_POSTGRES: &str = "UPDATE djstripe_queue SET next_attempt_at = ? WHERE event_id = ANY (ARRAY( \
         SELECT queue.event_id FROM unnest(?, ?) AS input (id, fence) \
         JOIN djstripe_queue AS queue ON queue.event_id = input.id AND queue.fence = input.fence \
         WHERE queue.event_id = ANY (?) AND queue.state = 'processing' \
         FOR UPDATE OF queue SKIP LOCKED))";

#[cfg(feature = "postgres")]
async fn extend_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    leases: &[(&str, i64)],
    until: Timestamp,
) -> QueryResult<()> {
    use diesel_async::RunQueryDsl;

    let ids = || Bind::texts(leases.iter().map(|(id, _)| *id));
    let extend = Statement::<()>::new(EXTEND_POSTGRES)
        .bind(until.micros())
        .bind(ids())
        .bind(Bind::big_ints(leases.iter().map(|(_, fence)| *fence)))
        .bind(ids());
    extend.execute(connection).await?;
    Ok(())
}

#[cfg(feature = "sqlite")]
const EXTEND_SQLITE: &str = "UPDATE djstripe_queue SET next_attempt_at = ? \
     WHERE event_id = ? AND fence = ? AND state = 'processing'";

#[cfg(feature = "sqlite")]
fn extend_sqlite(
    raw: &mut diesel::SqliteConnection,
    leases: Vec<(String, i64)>,
    until: Timestamp,
) -> QueryResult<()> {
    for (id, fence) in leases {
        Statement::<()>::new(EXTEND_SQLITE)
            .bind(until.micros())
            .bind(&*id)
            .bind(fence)
            .execute_on(raw)?;
    }
    Ok(())
}
