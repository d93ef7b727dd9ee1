//! Pages of effects.

use diesel::sql_types::{BigInt, Text};

use super::events::{Position, READ_LIMIT};
use super::limit::{OperatorQueries, load_limited};
use crate::store::backend::statement::Statement;
use crate::store::error::StoreError;
use crate::store::outbox::list::{EffectRow, NEWEST_FIRST, with_index};
use crate::store::outbox::rows::{EffectFilter, StoredEffect};
use crate::timestamp::Timestamp;

const LIST: &str = "list effects";

/// How many effects a page has if its filter doesn't say.
const PAGE: u32 = 50;

/// A page of a list of effects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EffectPage {
    /// The effects, newest first.
    pub effects: Vec<StoredEffect>,
    /// Where the next page begins: the filter's `after`. `None` if there is none.
    pub next: Option<Position>,
    /// How many effects were read, if the page ended because of that and is not full.
    pub read: Option<u32>,
}

impl OperatorQueries {
    /// A page of the effects that a filter finds, newest first. By a name, a receiver or an error, at most
    /// [`READ_LIMIT`] effects are read.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn effect_page(&self, filter: &EffectFilter) -> Result<EffectPage, StoreError> {
        let limit = filter.limit.unwrap_or(PAGE);
        let one_more = EffectFilter {
            limit: Some(limit.saturating_add(1)),
            ..filter.clone()
        };
        // First, because effects may leave the page meanwhile: then some are listed twice, and none is left
        // out.
        let end = self.last_effect_read(filter).await?;
        let select = self
            .store()
            .select_listed_effects(&one_more, most_read(filter));
        let rows: Vec<EffectRow> = load_limited!(self, LIST, select)?;
        let effects = rows.into_iter().map(StoredEffect::try_from);
        let mut effects: Vec<StoredEffect> = effects.collect::<Result<_, _>>()?;
        if effects.len() > limit as usize {
            effects.truncate(limit as usize);
            return Ok(EffectPage {
                next: effects.last().map(|it| (it.created_at, it.key.clone())),
                effects,
                read: None,
            });
        }
        Ok(EffectPage {
            effects,
            read: end.is_some().then_some(READ_LIMIT),
            next: end,
        })
    }

    /// The last effect that was read, if there may be more.
    async fn last_effect_read(
        &self,
        filter: &EffectFilter,
    ) -> Result<Option<Position>, StoreError> {
        let Some(most) = most_read(filter) else {
            return Ok(None);
        };
        let select = Statement::<(BigInt, Text)>::new("SELECT created_at, key");
        let select =
            with_index(select, filter).sql(&format!("{NEWEST_FIRST} LIMIT 1 OFFSET {}", most - 1));
        let last: Vec<(i64, String)> = load_limited!(self, LIST, select)?;
        let last = last.into_iter().next();
        Ok(last.map(|(time, key)| (Timestamp::from_micros(time), key)))
    }
}

/// How many effects are read at most, if no index finds those that the filter asks for.
fn most_read(filter: &EffectFilter) -> Option<u32> {
    let is_checked = filter.name.is_some() || filter.receiver.is_some() || filter.error.is_some();
    (is_checked && filter.event_id.is_none()).then_some(READ_LIMIT)
}
