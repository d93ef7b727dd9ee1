//! Effects outside the database: asked for in a receiver's transaction, carried out after its commit.

use diesel::sql_types::{BigInt, Integer, Nullable, Text};

use super::backend::connection::Db;
use super::backend::run::load;
use super::backend::statement::{Bind, Statement};
use super::backend::{Database, Store};
use super::error::StoreError;
use crate::timestamp::Timestamp;

const ASK: &str = "ask for an effect";
const CLAIM: &str = "claim effects";
const SETTLE: &str = "settle an effect";
const LIST: &str = "list effects";

/// An effect that a receiver asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEffect {
    /// The same however often the receiver runs for the event.
    pub key: String,
    /// The event that the receiver ran for.
    pub event_id: String,
    /// The receiver's id.
    pub receiver: String,
    /// Which effect, by the name that it was registered with.
    pub effect: String,
    /// What it needs to know, as JSON.
    pub payload: String,
}

/// An effect that is to be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedEffect {
    /// What was asked for.
    pub effect: NewEffect,
    /// How often it was begun, this time included.
    pub attempts: i32,
    /// What this claim is known by.
    pub fence: i64,
}

/// Where an effect stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEffect {
    /// What was asked for.
    pub effect: NewEffect,
    /// How often it was begun.
    pub attempts: i32,
    /// When it is to be tried; `None` if it is done or given up.
    pub next_attempt_at: Option<Timestamp>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was carried out.
    pub done_at: Option<Timestamp>,
}

/// How a worker leaves an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectOutcome {
    /// It was carried out.
    Done,
    /// It failed, and is tried again.
    Retrying {
        /// Not before this.
        at: Timestamp,
        /// What went wrong.
        error: String,
    },
    /// It failed for the last time.
    Dead {
        /// What went wrong.
        error: String,
    },
}

type EffectTypes = (Text, Text, Text, Text, Text, Integer, BigInt);
type EffectRow = (String, String, String, String, String, i32, i64);

impl Db<'_> {
    /// Asks for an effect; a second time with the same key changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn ask_for_effect(&mut self, effect: NewEffect) -> Result<(), StoreError> {
        let now = Timestamp::now().micros();
        let NewEffect {
            key,
            event_id,
            receiver,
            effect,
            payload,
        } = effect;
        let insert = Statement::<()>::new(
            "INSERT INTO djstripe_outbox (key, event_id, receiver, effect, payload, next_attempt_at, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        );
        let insert = insert
            .bind(key)
            .bind(event_id)
            .bind(receiver)
            .bind(effect)
            .bind(payload)
            .bind(now)
            .bind(now);
        self.run(insert)
            .await
            .map(drop)
            .map_err(StoreError::query(ASK))
    }
}

impl Store {
    /// Takes up to `limit` effects that are due. Each is the caller's until `until`.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn claim_effects(
        &self,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<ClaimedEffect>, StoreError> {
        let update = |locked: &str| {
            let update = Statement::<EffectTypes>::new(format!(
                "UPDATE djstripe_outbox SET attempts = attempts + 1, fence = fence + 1, next_attempt_at = ? \
                 WHERE key IN (SELECT key FROM djstripe_outbox WHERE next_attempt_at <= ? \
                         AND NOT EXISTS (SELECT 1 FROM djstripe_pause) \
                     ORDER BY next_attempt_at, key LIMIT ?{locked}) \
                 RETURNING key, event_id, receiver, effect, payload, attempts, fence"
            ));
            update
                .bind(until.micros())
                .bind(now.micros())
                .bind(i64::from(limit))
        };
        let rows: Vec<EffectRow> = match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                use diesel_async::RunQueryDsl;

                let mut pooled = database.get().await?;
                let update = update(" FOR UPDATE SKIP LOCKED");
                update
                    .load(pooled.connection()?)
                    .await
                    .map_err(StoreError::query(CLAIM))?
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => {
                let update = update("");
                database
                    .write(CLAIM, move |raw| update.load_on(raw))
                    .await?
            }
        };
        Ok(rows.into_iter().map(claimed).collect())
    }

    /// Leaves an effect. Returns whether the claim still held; nothing changed otherwise.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn settle_effect(
        &self,
        key: &str,
        fence: i64,
        outcome: &EffectOutcome,
    ) -> Result<bool, StoreError> {
        let (next_attempt_at, error, done_at) = match outcome {
            EffectOutcome::Done => (None, None, Some(Timestamp::now().micros())),
            EffectOutcome::Retrying { at, error } => (
                Some(at.micros()),
                Some(error.replace('\0', "\u{fffd}")),
                None,
            ),
            EffectOutcome::Dead { error } => (None, Some(error.replace('\0', "\u{fffd}")), None),
        };
        let update = Statement::<()>::new(
            "UPDATE djstripe_outbox SET next_attempt_at = ?, last_error = ?, done_at = ? \
             WHERE key = ? AND fence = ? AND next_attempt_at IS NOT NULL",
        );
        let update = update
            .bind(Bind::BigInt(next_attempt_at))
            .bind(error)
            .bind(Bind::BigInt(done_at));
        let update = update.bind(key.to_owned()).bind(fence);
        Ok(self.execute(SETTLE, update).await? == 1)
    }

    /// The effects that were asked for because of an event.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn effects(&self, event_id: &str) -> Result<Vec<StoredEffect>, StoreError> {
        let select = Statement::<(
            Text,
            Text,
            Text,
            Text,
            Text,
            Integer,
            Nullable<BigInt>,
            Nullable<Text>,
            Nullable<BigInt>,
        )>::new(
            "SELECT key, event_id, receiver, effect, payload, attempts, next_attempt_at, last_error, done_at \
             FROM djstripe_outbox WHERE event_id = ? ORDER BY created_at, key",
        );
        let select = select.bind(event_id.to_owned());
        type Row = (
            String,
            String,
            String,
            String,
            String,
            i32,
            Option<i64>,
            Option<String>,
            Option<i64>,
        );
        let rows: Vec<Row> = load!(self, LIST, select);
        let stored =
            |(key, event_id, receiver, effect, payload, attempts, next, last_error, done): Row| {
                StoredEffect {
                    effect: NewEffect {
                        key,
                        event_id,
                        receiver,
                        effect,
                        payload,
                    },
                    attempts,
                    next_attempt_at: next.map(Timestamp::from_micros),
                    last_error,
                    done_at: done.map(Timestamp::from_micros),
                }
            };
        Ok(rows.into_iter().map(stored).collect())
    }
}

fn claimed(
    (key, event_id, receiver, effect, payload, attempts, fence): EffectRow,
) -> ClaimedEffect {
    ClaimedEffect {
        effect: NewEffect {
            key,
            event_id,
            receiver,
            effect,
            payload,
        },
        attempts,
        fence,
    }
}
