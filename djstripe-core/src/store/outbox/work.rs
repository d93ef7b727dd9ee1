//! Workers claim effects and record how their runs ended.

use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

use super::request::NewEffect;
use super::rows::EffectNames;
use crate::store::backend::run::{load, on_backend};
use crate::store::backend::statement::{Bind, ByName, Statement};
use crate::store::error::StoreError;
use crate::store::queue::Queue;
use crate::timestamp::Timestamp;

const CLAIM: &str = "claim effects";
const SETTLE: &str = "settle an effect";

/// A claimed effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedEffect {
    /// The requested effect.
    pub effect: NewEffect,
    /// The connected account of its event.
    pub account: Option<String>,
    /// The declared own account of its event.
    pub own_account: Option<String>,
    /// The mode of its event; `None` if the event is no longer stored.
    pub livemode: Option<bool>,
    /// How often it was started, including this time.
    pub attempts: i32,
    /// Identifies the claim.
    pub fence: i64,
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

const CLAIM_DUE: &str = "UPDATE djstripe_outbox \
     SET attempts = attempts + 1, fence = fence + 1, claimed = true, next_attempt_at = ? \
     WHERE key IN (SELECT key FROM djstripe_outbox WHERE next_attempt_at <= ? \
             AND NOT EXISTS (SELECT 1 FROM djstripe_pause) AND effect ";
const ORDER: &str = " ORDER BY next_attempt_at, key LIMIT ?";
const RETURNING: &str = ") RETURNING key, event_id, receiver, effect, payload, attempts, fence, \
     (SELECT account FROM djstripe_event WHERE id = djstripe_outbox.event_id) AS account, \
     (SELECT own_account FROM djstripe_event WHERE id = djstripe_outbox.event_id) AS own_account, \
     (SELECT livemode FROM djstripe_event WHERE id = djstripe_outbox.event_id) AS livemode";

/// A due effect of a paused database is not claimed, so it need not be looked for.
const NEXT: &str = "SELECT next_attempt_at FROM djstripe_outbox \
     WHERE next_attempt_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM djstripe_pause) AND effect ";
const FIRST: &str = " ORDER BY next_attempt_at, key LIMIT 1";

const UPDATE: &str = "UPDATE djstripe_outbox SET next_attempt_at = ?, last_error = ?, done_at = ?, claimed = false \
     WHERE key = ? AND fence = ? AND next_attempt_at IS NOT NULL";

impl Queue {
    /// Claims up to `limit` due effects of these names. The caller has each until `until`. Effects
    /// of other names stay due: another release may run them.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn claim_effects(
        &self,
        names: &EffectNames,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<ClaimedEffect>, StoreError> {
        let names: Vec<&str> = names.iter().collect();
        let (one_of, bound) = self.0.one_of(&names);
        let claim = Statement::<ByName>::new(CLAIM_DUE)
            .bind(until.micros())
            .bind(now.micros())
            .sql(one_of)
            .bind(bound)
            .sql(ORDER)
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

    /// When the next effect of these names is due, or when its claim ends. `None` if there is none, or
    /// while the workers are paused. A claim is a write, also where it finds nothing; this only reads.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn next_effect(
        &self,
        names: &EffectNames,
    ) -> Result<Option<Timestamp>, StoreError> {
        let names: Vec<&str> = names.iter().collect();
        let (one_of, bound) = self.0.one_of(&names);
        let select = Statement::<BigInt>::new(NEXT)
            .sql(one_of)
            .bind(bound)
            .sql(FIRST);
        let rows: Vec<i64> = load!(self.0, CLAIM, select)?;
        Ok(rows.first().copied().map(Timestamp::from_micros))
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
            .bind(error.cloned())
            .bind(Bind::BigInt(done_at))
            .bind(key.to_owned())
            .bind(fence);
        Ok(self.0.execute(SETTLE, update).await? == 1)
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
    #[diesel(sql_type = Nullable<Text>)]
    account: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    own_account: Option<String>,
    #[diesel(sql_type = Nullable<Bool>)]
    livemode: Option<bool>,
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
            account: row.account,
            own_account: row.own_account,
            livemode: row.livemode,
            attempts: row.attempts,
            fence: row.fence,
        }
    }
}
