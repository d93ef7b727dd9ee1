//! A receiver requests effects in its transaction.

use diesel::sql_types::{BigInt, Text};

use crate::store::backend::connection::Db;
use crate::store::backend::run::on_connection;
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const REQUEST: &str = "request an effect";
const READ: &str = "read the effects of a run";

/// An effect that a receiver requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEffect {
    /// Idempotency key: the same however often the receiver runs for the event.
    pub key: String,
    /// Id of the event for which the receiver runs.
    pub event_id: String,
    /// Id of the receiver.
    pub receiver: String,
    /// The effect's name.
    pub effect: String,
    /// The effect's input, as JSON.
    pub payload: String,
}

const INSERT: &str = "INSERT INTO djstripe_outbox (key, event_id, receiver, effect, payload, next_attempt_at, created_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?)";

/// A dead effect is due again, as the receiver requests it now. One that has never run gets its new
/// name.
const ON_CONFLICT: &str = " ON CONFLICT (key) DO UPDATE SET effect = excluded.effect, payload = excluded.payload, \
         next_attempt_at = CASE WHEN djstripe_outbox.state = 'dead' THEN excluded.next_attempt_at \
             ELSE djstripe_outbox.next_attempt_at END, \
         attempts = 0, fence = djstripe_outbox.fence + 1, last_error = NULL \
     WHERE djstripe_outbox.state = 'dead' \
         OR djstripe_outbox.state = 'pending' AND djstripe_outbox.effect <> excluded.effect";

impl Db<'_> {
    /// Stores an effect that is due at `due_at`. A second request with the same key revives a dead
    /// one and changes nothing about the others, except for the name of one that has not run yet.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn insert_effect(
        &mut self,
        effect: NewEffect,
        now: Timestamp,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        let insert = Statement::<()>::new(INSERT)
            .bind(effect.key)
            .bind(effect.event_id)
            .bind(effect.receiver)
            .bind(effect.effect)
            .bind(effect.payload)
            .bind(due_at.micros())
            .bind(now.micros())
            .sql(ON_CONFLICT);
        self.execute(REQUEST, insert).await.map(drop)
    }

    /// The effects that a receiver has requested for an event, in their order: key and name of each, and
    /// a number that changes when it is requested again and is due by that.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn requested_effects(
        &mut self,
        event_id: &str,
        receiver: &str,
    ) -> Result<Vec<(String, String, i64)>, StoreError> {
        let select = Statement::<(Text, Text, BigInt)>::new(
            "SELECT key, effect, fence FROM djstripe_outbox WHERE event_id = ? AND receiver = ? \
             ORDER BY created_at, key",
        )
        .bind(event_id.to_owned())
        .bind(receiver.to_owned());
        on_connection!(
            self, READ,
            postgres(connection) => diesel_async::RunQueryDsl::load(select, connection),
            sqlite => move |raw| select.load_on(raw),
        )
    }
}
