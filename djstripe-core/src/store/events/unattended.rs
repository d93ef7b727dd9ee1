//! Whether events wait although no worker of any process takes them. The answer comes from the rows
//! of the queue alone: they show what is due, and until when workers have leases.

use std::time::Duration;

use diesel::sql_types::BigInt;

use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

/// How long an event may be due before a worker has claimed it. An idle worker claims within 5 s.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// A worker that is too busy for a due event has leases on others.
const SELECT_OLDEST: &str = "SELECT next_attempt_at FROM djstripe_queue WHERE next_attempt_at <= ? \
     AND NOT EXISTS (SELECT 1 FROM djstripe_queue WHERE state = 'processing' AND next_attempt_at > ?) \
     AND NOT EXISTS (SELECT 1 FROM djstripe_pause) \
     ORDER BY next_attempt_at LIMIT 1";

impl Store {
    /// Since when the oldest due event has waited, if no worker of any process takes events: it has
    /// been due for 15 s, and no worker has a lease. `None` if workers take events, if none is due,
    /// or while the workers are [paused](Self::pause).
    ///
    /// The leases of a worker that was killed count until they expire.
    ///
    /// ```
    /// use djstripe_core::store::{Store, StoreOptions, Timestamp};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite:{}", folder.path().join("shop.db").display());
    /// let store = Store::connect(&url, StoreOptions::default()).await?;
    /// store.migrate().await?;
    /// assert_eq!(store.unattended_since(Timestamp::now()).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn unattended_since(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let select = Statement::<BigInt>::new(SELECT_OLDEST)
            .bind((now - PATIENCE).micros())
            .bind(now.micros());
        let rows: Vec<i64> = load!(self, "check whether workers take events", select)?;
        Ok(rows.first().copied().map(Timestamp::from_micros))
    }
}
