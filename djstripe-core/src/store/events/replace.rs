//! An event that was stored in another API version gets the payload of the catalogue's version.
//!
//! In: the event as another endpoint delivered it. Out: whether its payload was replaced. The
//! built-in receivers then run for it again, from the new payload; the application's do not. A thin event
//! has no version; [`kinds`](super::kinds) is about those.

use diesel::QueryResult;

use super::rerun::{RESET, RESET_QUEUED};
use crate::store::backend::run::on_backend;
#[cfg(feature = "postgres")]
use crate::store::backend::statement::Bind;
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::store::queue::Queue;
use crate::store::redaction::arrivals;
use crate::timestamp::Timestamp;
use crate::webhook::API_VERSION;
use crate::webhook::event::Event;

const REPLACE: &str = "replace the payload of an event";

const UPDATE: &str = "UPDATE djstripe_event SET payload = ?, api_version = ? \
     WHERE id = ? AND is_snapshot AND (api_version IS NULL OR api_version <> ?)";

impl Queue {
    /// Replaces the payload of an event that is stored in another API version than the catalogue's,
    /// and makes the event due for `receivers`, which forget that they have run. `event` is of the
    /// catalogue's version. Returns whether the payload was replaced.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then nothing changed.
    pub(crate) async fn replace_payload(
        &self,
        event: &Event,
        receivers: &[&str],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let replaced = {
            let replacement = Replacement::new(event, receivers, now);
            on_backend!(
                self.0, REPLACE,
                postgres(connection) => replace_postgres(connection, replacement),
                sqlite.write => move |raw| replace_sqlite(raw, replacement),
            )?
        };
        if replaced {
            self.notify_workers().await?;
        }
        Ok(replaced)
    }
}

/// The new payload, and who runs for it.
struct Replacement {
    event: Event,
    receivers: Vec<String>,
    now: i64,
}

impl Replacement {
    fn new(event: &Event, receivers: &[&str], now: Timestamp) -> Self {
        Self {
            event: event.clone(),
            receivers: receivers.iter().map(|&id| id.to_owned()).collect(),
            now: now.micros(),
        }
    }

    fn update(&self) -> Statement<'_, ()> {
        Statement::new(UPDATE)
            .bind(self.event.json())
            .bind(API_VERSION)
            .bind(self.event.id())
            .bind(API_VERSION)
    }

    /// As for a rerun, but a worker that has the event loses its lease, so that it writes nothing of
    /// the old payload.
    fn reset(&self) -> Statement<'_, ()> {
        Statement::new(RESET)
            .sql(" = ?")
            .sql(RESET_QUEUED)
            .bind(self.now)
            .bind(self.now)
            .bind(self.event.id())
    }
}

#[cfg(feature = "postgres")]
async fn replace_postgres(
    connection: &mut diesel_async::AsyncPgConnection,
    replacement: Replacement,
) -> QueryResult<bool> {
    use diesel_async::{AsyncConnection, RunQueryDsl};

    const FORGET: &str =
        "DELETE FROM djstripe_receiver_run WHERE event_id = ? AND receiver = ANY (?)";

    connection
        .transaction(async |connection| {
            if replacement.update().execute(connection).await? == 0 {
                return Ok(false);
            }
            arrivals::blank_stored_postgres(connection, &replacement.event).await?;
            if replacement.receivers.is_empty() {
                return Ok(true);
            }

            replacement.reset().execute(connection).await?;
            Statement::<()>::new(FORGET)
                .bind(replacement.event.id())
                .bind(Bind::texts(replacement.receivers.clone()))
                .execute(connection)
                .await?;
            Ok(true)
        })
        .await
}

#[cfg(feature = "sqlite")]
fn replace_sqlite(
    raw: &mut diesel::SqliteConnection,
    replacement: Replacement,
) -> QueryResult<bool> {
    const FORGET: &str = "DELETE FROM djstripe_receiver_run WHERE event_id = ? AND receiver = ?";

    if replacement.update().execute_on(raw)? == 0 {
        return Ok(false);
    }
    arrivals::blank_stored_sqlite(raw, &replacement.event)?;
    if replacement.receivers.is_empty() {
        return Ok(true);
    }

    replacement.reset().execute_on(raw)?;
    for receiver in &replacement.receivers {
        Statement::<()>::new(FORGET)
            .bind(replacement.event.id())
            .bind(&**receiver)
            .execute_on(raw)?;
    }
    Ok(true)
}
