//! Pages of effects.

use super::limit::{OperatorQueries, load_limited};
use crate::store::error::StoreError;
use crate::store::outbox::list::EffectRow;
use crate::store::outbox::rows::{EffectFilter, StoredEffect};

const LIST: &str = "list effects";

impl OperatorQueries {
    /// As [`Store::list_effects`](crate::store::Store::list_effects), within the time limit.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`], [`StoreError::Query`] and the errors of connecting.
    pub async fn effect_rows(
        &self,
        filter: &EffectFilter,
    ) -> Result<Vec<StoredEffect>, StoreError> {
        let select = self.store().select_listed_effects(filter);
        let rows: Vec<EffectRow> = load_limited!(self, LIST, select)?;
        rows.into_iter().map(StoredEffect::try_from).collect()
    }
}
