//! Workers settle events: each is done, waits for a retry, is dead, or is released.
//!
//! An event of which Stripe has sent the other kind meanwhile ([`kinds`](super::kinds)) is due again
//! instead, in the same statement.
//!
//! Invariant: a settlement names the fence of a lease and is refused unless the lease is the
//! event's current one.

use std::collections::HashSet;

use diesel::QueryResult;
use diesel::sql_types::Integer;
#[cfg(feature = "postgres")]
use diesel::sql_types::Text;

use super::kinds::{IS_NOT_RESENT, IS_RESENT, has_more};
use super::rerun::FORGET_FAILED;
use super::rows::EventState;
use super::work::{EventOutcome, Settlement};
use crate::store::backend::run::on_backend;
use crate::store::backend::statement::{Bind, Statement};
use crate::store::error::StoreError;
use crate::store::queue::Queue;

const SETTLE: &str = "settle events";

impl Queue {
    /// Settles events. Returns the ids of those whose lease is lost; they are left unchanged.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn settle(&self, settlements: &[Settlement]) -> Result<Vec<String>, StoreError> {
        if settlements.is_empty() {
            return Ok(Vec::new());
        }
        on_backend!(
            self.0, SETTLE,
            postgres(connection) => settle_postgres(connection, settlements),
            sqlite.write => {
                let settlements = settlements.to_vec();
                move |raw| settle_sqlite(raw, &settlements)
            },
        )
    }
}

/// The columns that a settlement writes, unless the event is processed: then its row is deleted.
struct Left {
    state: EventState,
    next_attempt_at: Option<i64>,
}

impl Left {
    fn by(settlement: &Settlement) -> Option<Self> {
        let (state, next_attempt_at) = match settlement.outcome {
            EventOutcome::Processed => return None,
            EventOutcome::Retrying { at } => (EventState::Retrying, Some(at.micros())),
            EventOutcome::Dead => (EventState::Dead, None),
            // It is due since its arrival, which is in the row.
            EventOutcome::Released => (EventState::Pending, None),
        };
        Some(Self {
            state,
            next_attempt_at,
        })
    }
}

fn is_released(settlement: &Settlement) -> bool {
    settlement.outcome == EventOutcome::Released
}

/// The ids of the settlements' events that are not in `settled`.
fn lost(settlements: &[Settlement], settled: &HashSet<String>) -> Vec<String> {
    let mut lost: Vec<String> = settlements
        .iter()
        .map(|settlement| &settlement.event_id)
        .filter(|id| !settled.contains(*id))
        .cloned()
        .collect();
    lost.dedup();
    lost
}

/// Makes an event due again, from its first attempt.
const MAKE_DUE: &str = "UPDATE djstripe_queue SET state = 'pending', lease_owner = NULL, attempts = 0, \
     next_attempt_at = received_at, last_error = NULL";

/// The ids are bound twice: a planner that believes the table to be empty would otherwise read all
/// of it, and a join would compare each row with each id.
#[cfg(feature = "postgres")]
const LEASED_POSTGRES: &str = " WHERE event_id = ANY (?) AND (event_id, fence) IN (SELECT * FROM unnest(?, ?)) AND state = 'processing'";
#[cfg(feature = "postgres")]
const UPDATE_POSTGRES: &str = "UPDATE djstripe_queue AS queue \
     SET state = CASE WHEN queue.resent > 0 THEN 'pending' ELSE input.state END, lease_owner = NULL, \
         next_attempt_at = CASE WHEN input.released OR queue.resent > 0 THEN queue.received_at ELSE input.next_attempt_at END, \
         last_error = CASE WHEN input.released THEN queue.last_error ELSE input.error END, \
         attempts = CASE WHEN queue.resent > 0 THEN 0 WHEN input.released THEN queue.attempts - 1 ELSE queue.attempts END \
     FROM unnest(?, ?, ?, ?, ?, ?) AS input (id, fence, state, next_attempt_at, error, released) \
     WHERE queue.event_id = input.id AND queue.event_id = ANY (?) AND queue.fence = input.fence \
         AND queue.state = 'processing' \
     RETURNING queue.event_id, queue.resent";

/// Settles events; returns the ids of those whose lease is lost.
#[cfg(feature = "postgres")]
pub(in crate::store) async fn settle_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    settlements: &[Settlement],
) -> QueryResult<Vec<String>> {
    use diesel_async::RunQueryDsl;

    let (processed, others): (Vec<&Settlement>, Vec<&Settlement>) = settlements
        .iter()
        .partition(|settlement| settlement.outcome == EventOutcome::Processed);
    let mut settled: HashSet<String> = HashSet::new();
    let mut due_again: Vec<(String, i32)> = Vec::new();
    if !processed.is_empty() {
        let delete = Statement::<Text>::new("DELETE FROM djstripe_queue");
        let delete = leased(delete, &processed)
            .sql(IS_NOT_RESENT)
            .sql(" RETURNING event_id");
        settled.extend(delete.load::<String>(connection).await?);
        if settled.len() < processed.len() {
            let make_due = Statement::<(Text, Integer)>::new(MAKE_DUE);
            let make_due = leased(make_due, &processed)
                .sql(IS_RESENT)
                .sql(" RETURNING event_id, resent");
            due_again.extend(make_due.load::<(String, i32)>(connection).await?);
        }
    }

    if !others.is_empty() {
        let left: Vec<Left> = others
            .iter()
            .filter_map(|settlement| Left::by(settlement))
            .collect();
        let errors = others.iter().map(|settlement| settlement.error.as_deref());
        let update = Statement::<(Text, Integer)>::new(UPDATE_POSTGRES)
            .bind(ids(&others))
            .bind(fences(&others))
            .bind(Bind::texts(left.iter().map(|left| left.state.as_str())))
            .bind(Bind::BigInts(
                left.iter().map(|left| left.next_attempt_at).collect(),
            ))
            .bind(Bind::optional_texts(errors))
            .bind(Bind::bools(
                others.iter().map(|settlement| is_released(settlement)),
            ))
            .bind(ids(&others));
        due_again.extend(update.load::<(String, i32)>(connection).await?);
    }

    let helped = due_again.iter().filter(|(_, resent)| has_more(*resent));
    let helped: Vec<&str> = helped.map(|(id, _)| &**id).collect();
    if !helped.is_empty() {
        let forget = Statement::<()>::new(FORGET_FAILED).sql(" = ANY (?)");
        forget.bind(Bind::texts(helped)).execute(connection).await?;
    }
    settled.extend(due_again.into_iter().map(|(id, _)| id));
    Ok(lost(settlements, &settled))
}

/// The condition that the leases are the current ones.
#[cfg(feature = "postgres")]
fn leased<'s, Row>(
    statement: Statement<'s, Row>,
    settlements: &[&'s Settlement],
) -> Statement<'s, Row> {
    statement
        .sql(LEASED_POSTGRES)
        .bind(ids(settlements))
        .bind(ids(settlements))
        .bind(fences(settlements))
}

#[cfg(feature = "postgres")]
fn ids<'s>(settlements: &[&'s Settlement]) -> Bind<'s> {
    Bind::texts(settlements.iter().map(|settlement| &*settlement.event_id))
}

#[cfg(feature = "postgres")]
fn fences<'s>(settlements: &[&Settlement]) -> Bind<'s> {
    Bind::big_ints(settlements.iter().map(|settlement| settlement.fence))
}

#[cfg(feature = "sqlite")]
const UPDATE_SQLITE: &str = "UPDATE djstripe_queue \
     SET state = CASE WHEN resent > 0 THEN 'pending' ELSE ? END, lease_owner = NULL, \
     next_attempt_at = CASE WHEN ? OR resent > 0 THEN received_at ELSE ? END, \
     last_error = CASE WHEN ? THEN last_error ELSE ? END, \
     attempts = CASE WHEN resent > 0 THEN 0 ELSE attempts - ? END";
#[cfg(feature = "sqlite")]
const LEASED_SQLITE: &str = " WHERE event_id = ? AND fence = ? AND state = 'processing'";

/// As for PostgreSQL.
#[cfg(feature = "sqlite")]
pub(in crate::store) fn settle_sqlite(
    raw: &mut diesel::SqliteConnection,
    settlements: &[Settlement],
) -> QueryResult<Vec<String>> {
    let mut settled = HashSet::new();
    for settlement in settlements {
        let released = is_released(settlement);
        let leased = |statement: Statement<'static, Integer>| {
            statement
                .sql(LEASED_SQLITE)
                .bind(settlement.event_id.clone())
                .bind(settlement.fence)
        };
        let resent: Vec<i32> = match Left::by(settlement) {
            None => {
                let delete = leased(Statement::new("DELETE FROM djstripe_queue"));
                let mut ended = delete.sql(IS_NOT_RESENT).sql(" RETURNING 0").load_on(raw)?;
                if ended.is_empty() {
                    let make_due = leased(Statement::new(MAKE_DUE)).sql(IS_RESENT);
                    ended = make_due.sql(" RETURNING resent").load_on(raw)?;
                }
                ended
            }
            Some(left) => {
                let update = Statement::<Integer>::new(UPDATE_SQLITE)
                    .bind(left.state.as_str())
                    .bind(released)
                    .bind(Bind::BigInt(left.next_attempt_at))
                    .bind(released)
                    .bind(settlement.error.clone())
                    .bind(i32::from(released));
                leased(update).sql(" RETURNING resent").load_on(raw)?
            }
        };

        if let Some(resent) = resent.first() {
            if has_more(*resent) {
                let forget = Statement::<()>::new(FORGET_FAILED).sql(" = ?");
                forget.bind(&*settlement.event_id).execute_on(raw)?;
            }
            settled.insert(settlement.event_id.clone());
        }
    }
    Ok(lost(settlements, &settled))
}
