//! One happening as two events: Stripe may send a snapshot event and a thin event of it, in any
//! order, and both are stored as one.
//!
//! In: an event whose id is stored already. Out: whether it is of the other kind. The snapshot event
//! has more than the thin one, so its payload stays.

use diesel::QueryResult;
#[cfg(feature = "cli")]
use diesel::sql_types::{Nullable, Text};

use super::rerun::{FORGET_FAILED, RESET, RESET_QUEUED, UNLESS_CLAIMED};
#[cfg(feature = "cli")]
use crate::store::backend::run::load;
use crate::store::backend::run::on_backend;
use crate::store::backend::statement::{Bind, Statement};
use crate::store::error::StoreError;
use crate::store::queue::Queue;
use crate::store::redaction::arrivals;
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

const ADD_KIND: &str = "add the other kind of an event";

const ADD_THIN: &str = "UPDATE djstripe_event SET is_thin = true, thin_id = ?, thin_created = ? WHERE id = ? AND NOT is_thin";
const ADD_SNAPSHOT: &str = "UPDATE djstripe_event SET is_snapshot = true, payload = ?, api_version = ?, \
         request_id = coalesce(request_id, ?), idempotency_key = coalesce(idempotency_key, ?), \
         object_id = coalesce(object_id, ?) \
     WHERE id = ? AND NOT is_snapshot";

/// An unfinished event, which the payload of a snapshot event may help.
pub(super) const UNFINISHED: &str =
    " AND EXISTS (SELECT 1 FROM djstripe_queue WHERE event_id = djstripe_event.id)";
/// A thin event has nothing for receivers that take both kinds.
const NONE: &str = " AND false";
/// For an event that a worker has.
pub(super) const NOTE_RESENT: &str =
    "UPDATE djstripe_queue SET resent = ? WHERE event_id = ? AND state = 'processing'";
/// What [`NOTE_RESENT`] notes: a thin event that a receiver takes alone, such a snapshot event, or any
/// other snapshot event, which only an event that is not processed needs.
pub(super) const RESENT_THIN: i32 = 1;
const RESENT_SNAPSHOT: i32 = 2;
const RESENT_FOR_UNFINISHED: i32 = 3;
/// Whether an event that is processed is due all the same.
pub(super) const IS_RESENT: &str = " AND resent IN (1, 2)";
pub(super) const IS_NOT_RESENT: &str = " AND resent NOT IN (1, 2)";

/// Whether a snapshot event has arrived, which has what a receiver may have lacked when it failed.
pub(super) fn has_more(resent: i32) -> bool {
    resent > RESENT_THIN
}

impl Queue {
    /// Adds what an event of the other kind says to an event that is stored already. If that is a
    /// snapshot event, an unfinished event is due then, from its first attempt; with `wakes`, as a
    /// receiver takes this kind alone, a finished one is too. Receivers that have succeeded don't run
    /// again. An event that a worker has is due once that worker settles it. Returns whether the event
    /// is the first of its kind.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then nothing changed.
    pub(crate) async fn add_kind(
        &self,
        event: &Event,
        wakes: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let added = {
            let addition = Addition::new(event, wakes, now);
            on_backend!(
                self.0, ADD_KIND,
                postgres(connection) => add_postgres(connection, addition),
                sqlite.write => move |raw| add_sqlite(raw, &addition),
            )?
        };
        if added {
            self.notify_workers().await?;
        }
        Ok(added)
    }
}

#[cfg(feature = "cli")]
const SELECT_WAITING: &str = "SELECT queue.event_id, queue.last_error, event.payload \
     FROM djstripe_queue AS queue JOIN djstripe_event AS event ON event.id = queue.event_id \
     WHERE event.is_thin AND NOT event.is_snapshot AND queue.last_error IS NOT NULL \
     ORDER BY queue.received_at, queue.event_id LIMIT ?";

/// A thin event that no receiver has run for, as nobody knows its snapshot event.
#[cfg(feature = "cli")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnidentifiedEvent {
    pub(crate) id: String,
    /// Why Stripe's API did not tell.
    pub(crate) error: String,
}

#[cfg(feature = "cli")]
impl crate::store::Store {
    /// Of the oldest unfinished thin events, at most `limit`, those whose snapshot event is not known.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn unidentified_events(
        &self,
        limit: u32,
    ) -> Result<Vec<UnidentifiedEvent>, StoreError> {
        let select = Statement::<(Text, Nullable<Text>, Text)>::new(SELECT_WAITING);
        let select = select.bind(i64::from(limit));
        let rows: Vec<(String, Option<String>, String)> =
            load!(self, "read thin events that wait", select)?;
        let unidentified = |(id, error, payload): (String, Option<String>, String)| {
            let event = Event::from_json(&payload).ok()?;
            let error = error.unwrap_or_default();
            event
                .lacks_snapshot_id()
                .then_some(UnidentifiedEvent { id, error })
        };
        Ok(rows.into_iter().filter_map(unidentified).collect())
    }
}

/// An event of the other kind.
struct Addition {
    id: String,
    thin_id: Option<String>,
    thin_created: Option<i64>,
    /// `None` for a thin event.
    snapshot: Option<Event>,
    wakes: bool,
    now: i64,
}

impl Addition {
    fn new(event: &Event, wakes: bool, now: Timestamp) -> Self {
        Self {
            id: event.id().to_owned(),
            thin_id: event.thin_id().map(str::to_owned),
            thin_created: event.thin_created().map(Timestamp::micros),
            snapshot: (!event.has_thin_payload()).then(|| event.clone()),
            wakes,
            now: now.micros(),
        }
    }

    fn update(&self) -> Statement<'_, ()> {
        let Some(snapshot) = &self.snapshot else {
            return Statement::new(ADD_THIN)
                .bind(self.thin_id.as_deref())
                .bind(Bind::BigInt(self.thin_created))
                .bind(&*self.id);
        };
        Statement::new(ADD_SNAPSHOT)
            .bind(snapshot.json())
            .bind(snapshot.api_version())
            .bind(snapshot.request_id())
            .bind(snapshot.idempotency_key())
            .bind(snapshot.object_head().id)
            .bind(&*self.id)
    }

    fn reset(&self) -> Statement<'_, ()> {
        let condition = match (self.wakes, &self.snapshot) {
            (true, _) => "",
            (false, Some(_)) => UNFINISHED,
            (false, None) => NONE,
        };
        Statement::new(RESET)
            .sql(" = ?")
            .sql(condition)
            .sql(RESET_QUEUED)
            .sql(UNLESS_CLAIMED)
            .bind(self.now)
            .bind(self.now)
            .bind(&*self.id)
            .bind(self.now)
    }

    /// A snapshot event has what a receiver may have lacked when it failed.
    fn forget(&self) -> Option<Statement<'_, ()>> {
        self.snapshot
            .is_some()
            .then(|| Statement::new(FORGET_FAILED).sql(" = ?").bind(&*self.id))
    }

    /// Leaves the event to the worker that has it; `None` if nothing in it is for receivers.
    fn note_resent(&self) -> Option<Statement<'_, ()>> {
        let kind = match self.snapshot {
            Some(_) if self.wakes => RESENT_SNAPSHOT,
            Some(_) => RESENT_FOR_UNFINISHED,
            None if self.wakes => RESENT_THIN,
            None => return None,
        };
        Some(Statement::new(NOTE_RESENT).bind(kind).bind(&*self.id))
    }
}

#[cfg(feature = "postgres")]
async fn add_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    addition: Addition,
) -> QueryResult<bool> {
    use diesel_async::{AsyncConnection, RunQueryDsl};

    connection
        .transaction(async |connection| {
            if addition.update().execute(connection).await? == 0 {
                return Ok(false);
            }
            if let Some(snapshot) = &addition.snapshot {
                arrivals::blank_stored_postgres(connection, snapshot).await?;
            }
            let is_reset = addition.reset().execute(connection).await? > 0;
            let then = match is_reset {
                true => addition.forget(),
                false => addition.note_resent(),
            };
            if let Some(then) = then {
                then.execute(connection).await?;
            }
            Ok(true)
        })
        .await
}

#[cfg(feature = "sqlite")]
fn add_sqlite(raw: &mut diesel::SqliteConnection, addition: &Addition) -> QueryResult<bool> {
    if addition.update().execute_on(raw)? == 0 {
        return Ok(false);
    }
    if let Some(snapshot) = &addition.snapshot {
        arrivals::blank_stored_sqlite(raw, snapshot)?;
    }
    let is_reset = addition.reset().execute_on(raw)? > 0;
    let then = match is_reset {
        true => addition.forget(),
        false => addition.note_resent(),
    };
    if let Some(then) = then {
        then.execute_on(raw)?;
    }
    Ok(true)
}
