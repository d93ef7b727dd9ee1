//! Effects outside the database: requested in a receiver's transaction, run after its commit.

use diesel::sql_types::{BigInt, Integer, Nullable, Text};

use super::backend::connection::Db;
use super::backend::run::{load, on_backend};
use super::backend::statement::{Bind, ByName, Statement};
use super::backend::store::Store;
use super::error::StoreError;
use super::queue::Queue;
use super::text::without_nul;
use crate::timestamp::Timestamp;

const REQUEST: &str = "request an effect";
const CLAIM: &str = "claim effects";
const SETTLE: &str = "settle an effect";
const LIST: &str = "list effects";

/// An effect that a receiver requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEffect {
    /// Idempotency key: the same however often the receiver runs for the event.
    pub key: String,
    /// Id of the event for which the receiver runs.
    pub event_id: String,
    /// Id of the receiver.
    pub receiver: String,
    /// Name under which the effect is registered.
    pub effect: String,
    /// The effect's input, as JSON.
    pub payload: String,
}

/// A claimed effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedEffect {
    /// The requested effect.
    pub effect: NewEffect,
    /// How often it was started, including this time.
    pub attempts: i32,
    /// Identifies the claim.
    pub fence: i64,
}

/// An effect as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEffect {
    /// Its idempotency key.
    pub key: String,
    /// Id of the receiver that requested it.
    pub receiver: String,
    /// Name under which it is registered.
    pub effect: String,
    /// Its input, as JSON.
    pub payload: String,
    /// How often it was started.
    pub attempts: i32,
    /// When it is due; `None` if it is done or dead.
    pub next_attempt_at: Option<Timestamp>,
    /// The last error.
    pub last_error: Option<String>,
    /// When it was done.
    pub done_at: Option<Timestamp>,
}

/// How an attempt of an effect ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectOutcome {
    /// It is done.
    Done,
    /// It failed and will be retried.
    Retrying {
        /// The earliest time of the retry.
        at: Timestamp,
        /// The error.
        error: String,
    },
    /// It failed and its retries are used up.
    Dead {
        /// The error.
        error: String,
    },
}

const INSERT: &str = "INSERT INTO djstripe_outbox (key, event_id, receiver, effect, payload, next_attempt_at, created_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING";

impl Db<'_> {
    /// Requests an effect. A second request with the same key changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(crate) async fn request_effect(&mut self, effect: NewEffect) -> Result<(), StoreError> {
        let now = Timestamp::now().micros();
        let insert = Statement::<()>::new(INSERT)
            .bind(effect.key)
            .bind(effect.event_id)
            .bind(effect.receiver)
            .bind(effect.effect)
            .bind(effect.payload)
            .bind(now)
            .bind(now);
        self.execute(REQUEST, insert).await.map(drop)
    }
}

const CLAIM_DUE: &str = "UPDATE djstripe_outbox SET attempts = attempts + 1, fence = fence + 1, next_attempt_at = ? \
     WHERE key IN (SELECT key FROM djstripe_outbox WHERE next_attempt_at <= ? \
             AND NOT EXISTS (SELECT 1 FROM djstripe_pause) \
         ORDER BY next_attempt_at, key LIMIT ?";
const RETURNING: &str = ") RETURNING key, event_id, receiver, effect, payload, attempts, fence";

const UPDATE: &str = "UPDATE djstripe_outbox SET next_attempt_at = ?, last_error = ?, done_at = ? \
     WHERE key = ? AND fence = ? AND next_attempt_at IS NOT NULL";

impl Queue {
    /// Claims up to `limit` due effects. The caller has each until `until`.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn claim_effects(
        &self,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<ClaimedEffect>, StoreError> {
        let claim = Statement::<ByName>::new(CLAIM_DUE)
            .bind(until.micros())
            .bind(now.micros())
            .bind(i64::from(limit));
        let rows: Vec<ClaimRow> = on_backend!(
            self.0, CLAIM,
            postgres(connection) => {
                let claim = claim.sql(" FOR UPDATE SKIP LOCKED").sql(RETURNING);
                diesel_async::RunQueryDsl::load(claim, connection)
            },
            sqlite.write => move |raw| claim.sql(RETURNING).load_on(raw),
        )?;
        Ok(rows.into_iter().map(ClaimedEffect::from).collect())
    }

    /// Settles an effect. Returns whether the claim still held; otherwise nothing changed.
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
            EffectOutcome::Retrying { at, error } => (Some(at.micros()), Some(error), None),
            EffectOutcome::Dead { error } => (None, Some(error), None),
        };
        let update = Statement::<()>::new(UPDATE)
            .bind(Bind::BigInt(next_attempt_at))
            .bind(error.map(|error| without_nul(error).into_owned()))
            .bind(Bind::BigInt(done_at))
            .bind(key.to_owned())
            .bind(fence);
        Ok(self.0.execute(SETTLE, update).await? == 1)
    }
}

const SELECT: &str = "SELECT key, receiver, effect, payload, attempts, next_attempt_at, last_error, done_at \
     FROM djstripe_outbox WHERE event_id = ? ORDER BY created_at, key";

impl Store {
    /// The effects that receivers requested for an event.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn effects(&self, event_id: &str) -> Result<Vec<StoredEffect>, StoreError> {
        let select = Statement::<ByName>::new(SELECT).bind(event_id.to_owned());
        let rows: Vec<EffectRow> = load!(self, LIST, select)?;
        Ok(rows.into_iter().map(StoredEffect::from).collect())
    }
}

#[derive(diesel::QueryableByName)]
struct ClaimRow {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Text)]
    event_id: String,
    #[diesel(sql_type = Text)]
    receiver: String,
    #[diesel(sql_type = Text)]
    effect: String,
    #[diesel(sql_type = Text)]
    payload: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = BigInt)]
    fence: i64,
}

impl From<ClaimRow> for ClaimedEffect {
    fn from(row: ClaimRow) -> Self {
        Self {
            effect: NewEffect {
                key: row.key,
                event_id: row.event_id,
                receiver: row.receiver,
                effect: row.effect,
                payload: row.payload,
            },
            attempts: row.attempts,
            fence: row.fence,
        }
    }
}

#[derive(diesel::QueryableByName)]
struct EffectRow {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Text)]
    receiver: String,
    #[diesel(sql_type = Text)]
    effect: String,
    #[diesel(sql_type = Text)]
    payload: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Nullable<BigInt>)]
    next_attempt_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    last_error: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    done_at: Option<i64>,
}

impl From<EffectRow> for StoredEffect {
    fn from(row: EffectRow) -> Self {
        Self {
            key: row.key,
            receiver: row.receiver,
            effect: row.effect,
            payload: row.payload,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at.map(Timestamp::from_micros),
            last_error: row.last_error,
            done_at: row.done_at.map(Timestamp::from_micros),
        }
    }
}
