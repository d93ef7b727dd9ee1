//! Operators retry effects and give them up.
//!
//! Invariant: neither touches an effect that is done, or one that a worker runs.

use diesel::sql_types::Text;

use crate::store::backend::run::on_backend;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const RETRY: &str = "retry effects";
const DISCARD: &str = "discard effects";

/// Makes effects due, starting with the first attempt; the statement lacks the condition. The fence
/// grows, so that a worker whose lease has expired records nothing.
pub(in crate::store) const MAKE_DUE: &str = "UPDATE djstripe_outbox SET next_attempt_at = ?, attempts = 0, fence = fence + 1, \
         claimed = false, discarded_at = NULL, last_error = NULL WHERE ";

const GIVE_UP: &str = "UPDATE djstripe_outbox SET next_attempt_at = NULL, discarded_at = ?, fence = fence + 1, \
         claimed = false WHERE ";

const NOT_RUNNING: &str =
    "done_at IS NULL AND (state <> 'running' OR next_attempt_at <= ?) AND key ";

impl Store {
    /// Makes effects due again, starting with the first attempt. Returns their keys, without those
    /// that are done, that a worker runs, or that don't exist.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then nothing changed.
    pub async fn retry_effects(
        &self,
        keys: &[&str],
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        self.change_effects(RETRY, MAKE_DUE, keys, now).await
    }

    /// Gives effects up: they never run, unless they are [retried](Self::retry_effects). Returns
    /// their keys, without those that are done, that a worker runs, or that don't exist.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting; then nothing changed.
    pub async fn discard_effects(
        &self,
        keys: &[&str],
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        self.change_effects(DISCARD, GIVE_UP, keys, now).await
    }

    async fn change_effects(
        &self,
        operation: &'static str,
        change: &'static str,
        keys: &[&str],
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let (one_of, bound) = self.one_of(keys);
        let update = Statement::<Text>::new(change)
            .bind(now.micros())
            .sql(NOT_RUNNING)
            .bind(now.micros())
            .sql(one_of)
            .bind(bound)
            .sql(" RETURNING key");
        on_backend!(
            self, operation,
            postgres(connection) => diesel_async::RunQueryDsl::load(update, connection),
            sqlite.write => move |raw| update.load_on(raw),
        )
    }
}
