//! What a rerun of events would do: which receivers it would leave out.

use std::collections::HashSet;

use diesel::sql_types::{Bool, Text};

use super::rows::Rerun;
use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;

const SELECT_RUNS: &str = "SELECT event_id, receiver, outcome = 'failed', reply IS NOT NULL \
     FROM djstripe_receiver_run WHERE event_id ";

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
        let select = Statement::<(Text, Text, Bool, Bool)>::new(SELECT_RUNS)
            .sql(one_of)
            .bind(bound);
        let runs: Vec<(String, String, bool, bool)> =
            load!(self, "list runs of receivers", select)?;

        let kept = runs.into_iter().filter(|(_, receiver, failed, replied)| {
            let is_repeated = match rerun {
                Rerun::Unfinished => *failed,
                Rerun::All => true,
                Rerun::Receiver(id) => *failed || receiver == id,
            };
            *replied || !is_repeated
        });
        Ok(kept
            .map(|(event, receiver, ..)| (event, receiver))
            .collect())
    }

    /// Whether a receiver with this id has run for a stored event.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub(crate) async fn has_runs_of(&self, receiver: &str) -> Result<bool, StoreError> {
        let select = Statement::<Text>::new(HAS_RUN).bind(receiver.to_owned());
        let found: Vec<String> = load!(self, "list runs of receivers", select)?;
        Ok(!found.is_empty())
    }
}
