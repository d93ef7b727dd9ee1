//! What a rerun of events would do: which receivers it would leave out, and which effects it would
//! make due.

use std::collections::HashSet;

use diesel::sql_types::Text;

use super::rerun::repeated_run;
#[cfg(any(feature = "cli", feature = "page"))]
use super::rerun::revived_effect;
use super::rows::Rerun;
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;

#[cfg(feature = "cli")]
const HAS_RUN: &str = "SELECT receiver FROM djstripe_receiver_run WHERE receiver = ? LIMIT 1";

impl Store {
    /// The runs that a rerun of these events leaves as they are, each as an event and a receiver: the
    /// receiver doesn't run again.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn kept_runs(
        &self,
        event_ids: &[&str],
        rerun: &Rerun,
    ) -> Result<HashSet<(String, String)>, StoreError> {
        let (one_of, bound) = self.one_of(event_ids);
        let select = Statement::<(Text, Text)>::new(
            "SELECT event_id, receiver FROM djstripe_receiver_run WHERE NOT (",
        );
        let select = repeated_run(select, rerun)
            .sql(") AND event_id ")
            .sql(one_of)
            .bind(bound);
        let runs: Vec<(String, String)> = load!(self, "list runs of receivers", select)?;
        Ok(runs.into_iter().collect())
    }

    /// How many dead effects of these events become due with a rerun.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    #[cfg(any(feature = "cli", feature = "page"))]
    pub(crate) async fn revived_effects(
        &self,
        event_ids: &[&str],
        rerun: &Rerun,
    ) -> Result<u64, StoreError> {
        let (one_of, bound) = self.one_of(event_ids);
        let select = Statement::<Text>::new("SELECT key FROM djstripe_outbox WHERE ");
        let select = revived_effect(select, rerun)
            .sql(" AND event_id ")
            .sql(one_of)
            .bind(bound);
        self.count(select).await
    }

    /// Whether a receiver with this id has run for a stored event.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    #[cfg(feature = "cli")]
    pub(crate) async fn has_runs_of(&self, receiver: &str) -> Result<bool, StoreError> {
        let select = Statement::<Text>::new(HAS_RUN).bind(receiver.to_owned());
        let found: Vec<String> = load!(self, "list runs of receivers", select)?;
        Ok(!found.is_empty())
    }
}
