//! What Stripe's API said of a thin event becomes part of the stored event.
//!
//! In: the lease of a stored event, and the whole of it. Out: whether it is stored under another id
//! now: that of its snapshot event, which may have arrived before.

use diesel::QueryResult;
use diesel::sql_types::Text;

use super::kinds::{NOTE_RESENT, RESENT_THIN, UNFINISHED};
use super::rerun::{RESET, RESET_QUEUED, UNLESS_CLAIMED};
use crate::store::backend::run::on_backend;
use crate::store::backend::statement::{Bind, Statement};
use crate::store::error::StoreError;
use crate::store::queue::Queue;
use crate::store::redaction::arrivals;
use crate::store::text::without_nul;
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

const IDENTIFY: &str = "store the whole of a thin event";

/// Locks events before their queue rows, as their deliveries do.
#[cfg(feature = "postgres")]
const LOCK: &str = "SELECT id FROM djstripe_event WHERE id IN (?, ?) ORDER BY id FOR UPDATE";
/// Locks the event, if the lease is still its current one.
const LEASED: &str =
    "SELECT event_id FROM djstripe_queue WHERE event_id = ? AND fence = ? AND state = 'processing'";
const REPLACE: &str = "UPDATE djstripe_event SET payload = ?, api_version = coalesce(?, api_version) WHERE id = ? AND NOT is_snapshot";
const FIND: &str = "SELECT id FROM djstripe_event WHERE id = ?";

const MOVE_DELIVERIES: &str = "UPDATE djstripe_delivery SET event_id = ? WHERE event_id = ?";
const RENAME: &str = "UPDATE djstripe_event SET id = ?, payload = ? WHERE id = ?";
const RENAME_QUEUED: &str = "UPDATE djstripe_queue SET event_id = ?, state = 'pending', attempts = 0, lease_owner = NULL, \
     next_attempt_at = ?, last_error = NULL WHERE event_id = ?";

const DELETE: &str = "DELETE FROM djstripe_event WHERE id = ?";
const DELETE_QUEUED: &str = "DELETE FROM djstripe_queue WHERE event_id = ?";
const ADD_THIN: &str = "UPDATE djstripe_event SET is_thin = true, thin_id = ?, thin_created = ? WHERE id = ? AND NOT is_thin";

/// What became of the stored event.
#[derive(Debug)]
pub(crate) enum Identified {
    /// It has the same id as before, and the lease stands. This is the whole of it as it is stored: what
    /// it says about a forgotten customer is blanked.
    Same(Event),
    /// It has the id of its snapshot event, and is due under that id.
    Renamed,
    /// Its snapshot event is stored already, and the two are one event now.
    Merged,
    /// Another worker has the lease by now, and nothing changed.
    LeaseLost,
}

impl Queue {
    /// Stores the whole of a thin event in place of its notification. If it has another id by now,
    /// that of its snapshot event, it becomes due under that id or, if that is stored, part of it;
    /// `wakes` is as in [`add_kind`](Self::add_kind).
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then nothing changed.
    pub(crate) async fn identify(
        &self,
        stored_id: &str,
        fence: i64,
        whole: &Event,
        wakes: bool,
        now: Timestamp,
    ) -> Result<Identified, StoreError> {
        let change = Change {
            stored_id: stored_id.to_owned(),
            fence,
            id: without_nul(whole.id()).into_owned(),
            whole: whole.clone(),
            wakes,
            now: now.micros(),
        };
        let identified = on_backend!(
            self.0, IDENTIFY,
            postgres(connection) => identify_postgres(connection, change),
            sqlite.write => move |raw| identify_sqlite(raw, &change),
        )?;
        if matches!(identified, Identified::Renamed | Identified::Merged) {
            self.notify_workers().await?;
        }
        Ok(identified)
    }
}

/// The whole of an event.
struct Change {
    stored_id: String,
    fence: i64,
    /// That of `whole`, as it is stored.
    id: String,
    whole: Event,
    wakes: bool,
    now: i64,
}

impl Change {
    fn is_leased(&self) -> Statement<'_, Text> {
        Statement::new(LEASED)
            .bind(&*self.stored_id)
            .bind(self.fence)
    }

    fn has_same_id(&self) -> bool {
        self.id == self.stored_id
    }

    fn replace(&self) -> Statement<'_, ()> {
        Statement::new(REPLACE)
            .bind(self.whole.json())
            .bind(self.whole.api_version())
            .bind(&*self.stored_id)
    }

    fn find(&self) -> Statement<'_, Text> {
        Statement::new(FIND).bind(&*self.id)
    }

    fn move_deliveries(&self) -> Statement<'_, ()> {
        Statement::new(MOVE_DELIVERIES)
            .bind(&*self.id)
            .bind(&*self.stored_id)
    }

    fn rename(&self) -> [Statement<'_, ()>; 2] {
        [
            Statement::new(RENAME)
                .bind(&*self.id)
                .bind(self.whole.json())
                .bind(&*self.stored_id),
            Statement::new(RENAME_QUEUED)
                .bind(&*self.id)
                .bind(self.now)
                .bind(&*self.stored_id),
        ]
    }

    /// The statements that end the stored event, which is part of its snapshot event.
    fn end(&self) -> [Statement<'_, ()>; 2] {
        [
            Statement::new(DELETE_QUEUED).bind(&*self.stored_id),
            Statement::new(DELETE).bind(&*self.stored_id),
        ]
    }

    fn add_thin(&self) -> Statement<'_, ()> {
        Statement::new(ADD_THIN)
            .bind(&*self.stored_id)
            .bind(Bind::BigInt(
                self.whole.thin_created().map(Timestamp::micros),
            ))
            .bind(&*self.id)
    }

    /// Makes the snapshot event due. With `is_new`, this is its first thin event, which a receiver may
    /// take alone; otherwise a second delivery, which makes an unfinished event due.
    fn reset(&self, is_new: bool) -> Option<Statement<'_, ()>> {
        let condition = match (is_new, self.wakes) {
            (true, true) => "",
            (true, false) => return None,
            (false, _) => UNFINISHED,
        };
        let reset = Statement::new(RESET).sql(" = ?").sql(condition);
        Some(
            reset
                .sql(RESET_QUEUED)
                .sql(UNLESS_CLAIMED)
                .bind(self.now)
                .bind(self.now)
                .bind(&*self.id)
                .bind(self.now),
        )
    }

    /// Leaves the snapshot event to the worker that has it.
    fn note_resent(&self) -> Statement<'_, ()> {
        Statement::new(NOTE_RESENT)
            .bind(RESENT_THIN)
            .bind(&*self.id)
    }
}

#[cfg(feature = "postgres")]
async fn identify_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    change: Change,
) -> QueryResult<Identified> {
    use diesel_async::{AsyncConnection, RunQueryDsl};

    connection
        .transaction(async |connection| {
            let lock = Statement::<Text>::new(LOCK);
            let lock = lock.bind(&*change.stored_id).bind(&*change.id);
            lock.load::<String>(connection).await?;
            let leased: Vec<String> = change
                .is_leased()
                .sql(" FOR UPDATE")
                .load(connection)
                .await?;
            if leased.is_empty() {
                return Ok(Identified::LeaseLost);
            }
            if change.has_same_id() {
                change.replace().execute(connection).await?;
                let stored = arrivals::blank_stored_postgres(connection, &change.whole).await?;
                return Ok(Identified::Same(stored));
            }

            // The lock keeps a delivery of the snapshot event waiting until the end of this
            // transaction; one that was first makes the renaming fail, which is then retried.
            let stored: Vec<String> = change.find().sql(" FOR UPDATE").load(connection).await?;
            change.move_deliveries().execute(connection).await?;
            if stored.is_empty() {
                for statement in change.rename() {
                    statement.execute(connection).await?;
                }
                arrivals::blank_stored_postgres(connection, &change.whole).await?;
                return Ok(Identified::Renamed);
            }
            for statement in change.end() {
                statement.execute(connection).await?;
            }
            let is_new = change.add_thin().execute(connection).await? > 0;
            if let Some(reset) = change.reset(is_new)
                && reset.execute(connection).await? == 0
                && is_new
            {
                change.note_resent().execute(connection).await?;
            }
            Ok(Identified::Merged)
        })
        .await
}

#[cfg(feature = "sqlite")]
fn identify_sqlite(raw: &mut diesel::SqliteConnection, change: &Change) -> QueryResult<Identified> {
    let leased: Vec<String> = change.is_leased().load_on(raw)?;
    if leased.is_empty() {
        return Ok(Identified::LeaseLost);
    }
    if change.has_same_id() {
        change.replace().execute_on(raw)?;
        let stored = arrivals::blank_stored_sqlite(raw, &change.whole)?;
        return Ok(Identified::Same(stored));
    }

    let stored: Vec<String> = change.find().load_on(raw)?;
    change.move_deliveries().execute_on(raw)?;
    if stored.is_empty() {
        for statement in change.rename() {
            statement.execute_on(raw)?;
        }
        arrivals::blank_stored_sqlite(raw, &change.whole)?;
        return Ok(Identified::Renamed);
    }
    for statement in change.end() {
        statement.execute_on(raw)?;
    }
    let is_new = change.add_thin().execute_on(raw)? > 0;
    if let Some(reset) = change.reset(is_new)
        && reset.execute_on(raw)? == 0
        && is_new
    {
        change.note_resent().execute_on(raw)?;
    }
    Ok(Identified::Merged)
}
