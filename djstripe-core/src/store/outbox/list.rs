//! Effects, listed and counted for operators.

use diesel::sql_types::{BigInt, Integer, Nullable, Text};

use super::rows::{EffectCounts, EffectFilter, EffectNames, StoredEffect, UnhandledEffects};
use crate::store::backend::run::load;
use crate::store::backend::statement::{ByName, Statement};
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::store::events::error_text::ErrorPattern;
use crate::timestamp::Timestamp;

const LIST: &str = "list effects";
const COUNT: &str = "count effects";

const SELECT: &str = "SELECT key, event_id, receiver, effect, payload, state, attempts, next_attempt_at, last_error, \
         created_at, done_at, discarded_at";

/// The order of a list: newest first.
pub(in crate::store) const NEWEST_FIRST: &str = " ORDER BY created_at DESC, key DESC";

const COUNT_STATES: &str = "SELECT state, count(*) FROM djstripe_outbox GROUP BY state";

/// The cost depends on the number of effects in these states, not on that of all.
const COUNT_UNFINISHED: &str = "SELECT state, count(*) FROM djstripe_outbox \
     WHERE state IN ('pending', 'running', 'retrying', 'dead') GROUP BY state";

const COUNT_NAMES: &str = "SELECT effect, count(*) FROM djstripe_outbox \
     WHERE state IN ('pending', 'running', 'retrying', 'dead') GROUP BY effect ORDER BY effect";

impl Store {
    /// The effects that receivers requested for an event, in their order.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn effects(&self, event_id: &str) -> Result<Vec<StoredEffect>, StoreError> {
        let select = Statement::<ByName>::new(SELECT)
            .sql(" FROM djstripe_outbox WHERE event_id = ? ORDER BY created_at, key")
            .bind(event_id.to_owned());
        let rows: Vec<EffectRow> = load!(self, LIST, select)?;
        rows.into_iter().map(StoredEffect::try_from).collect()
    }

    /// The effect with this key.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn effect(&self, key: &str) -> Result<Option<StoredEffect>, StoreError> {
        let select = Statement::<ByName>::new(SELECT)
            .sql(" FROM djstripe_outbox WHERE key = ?")
            .bind(key.to_owned());
        let rows: Vec<EffectRow> = load!(self, LIST, select)?;
        rows.into_iter().next().map(TryInto::try_into).transpose()
    }

    /// Lists effects, newest first.
    ///
    /// ```
    /// use djstripe_core::store::{EffectFilter, EffectState, Store, StoreError};
    ///
    /// async fn dead_mails(store: &Store) -> Result<usize, StoreError> {
    ///     let filter = EffectFilter {
    ///         state: Some(EffectState::Dead),
    ///         name: Some("welcome_mail".to_owned()),
    ///         ..EffectFilter::default()
    ///     };
    ///     Ok(store.list_effects(&filter).await?.len())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn list_effects(
        &self,
        filter: &EffectFilter,
    ) -> Result<Vec<StoredEffect>, StoreError> {
        let select = self.select_listed_effects(filter, None);
        let rows: Vec<EffectRow> = load!(self, LIST, select)?;
        rows.into_iter().map(StoredEffect::try_from).collect()
    }

    /// The statement that lists effects. If `most_read` is set, conditions that no index helps with are
    /// only applied to so many effects, the newest that the others leave.
    pub(in crate::store) fn select_listed_effects(
        &self,
        filter: &EffectFilter,
        most_read: Option<u32>,
    ) -> Statement<'static, ByName> {
        let select = Statement::<ByName>::new(SELECT);
        let select = match most_read {
            None => with_index(select, filter),
            Some(most) => with_index(select.sql(" FROM (SELECT *"), filter).sql(&format!(
                "{NEWEST_FIRST} LIMIT {most}) AS effect WHERE true"
            )),
        };
        self.without_index(select, filter)
            .sql(NEWEST_FIRST)
            .sql(" LIMIT ?")
            .bind(i64::from(filter.limit.unwrap_or(100)))
    }

    /// The number of effects that a filter finds, but at most `limit`. The filter's own limit doesn't
    /// count.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    #[cfg(feature = "cli")]
    pub(crate) async fn count_listed_effects(
        &self,
        filter: &EffectFilter,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let select = with_index(Statement::<Text>::new("SELECT key"), filter);
        let select = self
            .without_index(select, filter)
            .sql(" LIMIT ?")
            .bind(i64::from(limit));
        self.count(select).await
    }

    /// Number of effects in each state.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn effect_counts(&self) -> Result<EffectCounts, StoreError> {
        self.count_effects(COUNT_STATES).await
    }

    /// As [`effect_counts`](Self::effect_counts), only of states that something is still to be done
    /// about.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn unfinished_effects(&self) -> Result<EffectCounts, StoreError> {
        self.count_effects(COUNT_UNFINISHED).await
    }

    async fn count_effects(&self, sql: &'static str) -> Result<EffectCounts, StoreError> {
        let select = Statement::<(Text, BigInt)>::new(sql);
        let rows: Vec<(String, i64)> = load!(self, COUNT, select)?;

        let mut counts = EffectCounts::default();
        for (state, count) in rows {
            counts.set(state.parse()?, count);
        }
        Ok(counts)
    }

    /// The unfinished effects that an application with these `names` can't run.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn unhandled_effects(
        &self,
        names: &EffectNames,
    ) -> Result<Vec<UnhandledEffects>, StoreError> {
        let select = Statement::<(Text, BigInt)>::new(COUNT_NAMES);
        let rows: Vec<(String, i64)> = load!(self, COUNT, select)?;
        let unhandled = rows.into_iter().filter(|(name, _)| !names.contains(name));
        Ok(unhandled
            .map(|(name, count)| UnhandledEffects { name, count })
            .collect())
    }

    /// Adds the conditions that no index helps with.
    fn without_index<Row>(
        &self,
        mut select: Statement<'static, Row>,
        filter: &EffectFilter,
    ) -> Statement<'static, Row> {
        let conditions = [
            (" AND effect = ?", &filter.name),
            (" AND receiver = ?", &filter.receiver),
        ];
        for (condition, value) in conditions {
            if let Some(value) = value {
                select = select.sql(condition).bind(value.clone());
            }
        }
        if let Some(error) = &filter.error {
            select = select
                .sql(" AND last_error ")
                .sql(self.like())
                .bind(ErrorPattern::new(error).like());
        }
        select
    }
}

/// Adds the table, and the conditions that an index helps with.
pub(in crate::store) fn with_index<Row>(
    select: Statement<'static, Row>,
    filter: &EffectFilter,
) -> Statement<'static, Row> {
    let mut select = select.sql(" FROM djstripe_outbox WHERE true");
    if let Some(state) = filter.state {
        select = select.sql(" AND state = ?").bind(state.as_str());
    }
    if let Some(event_id) = &filter.event_id {
        select = select.sql(" AND event_id = ?").bind(event_id.clone());
    }
    if let Some((created_at, key)) = &filter.after {
        select = select
            .sql(" AND (created_at, key) < (?, ?)")
            .bind(created_at.micros())
            .bind(key.clone());
    }
    select
}

#[derive(diesel::QueryableByName)]
pub(in crate::store) struct EffectRow {
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
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Nullable<BigInt>)]
    next_attempt_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    last_error: Option<String>,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    done_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    discarded_at: Option<i64>,
}

impl TryFrom<EffectRow> for StoredEffect {
    type Error = StoreError;

    fn try_from(row: EffectRow) -> Result<Self, StoreError> {
        Ok(Self {
            key: row.key,
            event_id: row.event_id,
            receiver: row.receiver,
            effect: row.effect,
            payload: row.payload,
            state: row.state.parse()?,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at.map(Timestamp::from_micros),
            last_error: row.last_error,
            created_at: Timestamp::from_micros(row.created_at),
            done_at: row.done_at.map(Timestamp::from_micros),
            discarded_at: row.discarded_at.map(Timestamp::from_micros),
        })
    }
}
