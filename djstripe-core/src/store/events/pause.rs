//! Pausing the workers of all processes: while they are paused, there is nothing to claim.

use diesel::sql_types::BigInt;

use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::store::Store;
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const PAUSE: &str = "pause the workers";
const RESUME: &str = "resume the workers";

impl Store {
    /// Pauses the workers of every process: they finish the events that they have and claim no
    /// more. Returns whether they were running before. Deliveries are still stored; in [inline
    /// mode](crate::ProcessingMode::Inline) they are also still processed, as their responses depend on it.
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
    /// assert!(store.pause(Timestamp::now()).await?);
    /// assert!(store.paused_since().await?.is_some());
    /// assert!(store.resume().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn pause(&self, now: Timestamp) -> Result<bool, StoreError> {
        let insert = Statement::new(
            "INSERT INTO djstripe_pause (id, since) VALUES (1, ?) ON CONFLICT (id) DO NOTHING",
        );
        Ok(self.execute(PAUSE, insert.bind(now.micros())).await? == 1)
    }

    /// Resumes the workers. Returns whether they were paused.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn resume(&self) -> Result<bool, StoreError> {
        let delete = Statement::new("DELETE FROM djstripe_pause");
        let was_paused = self.execute(RESUME, delete).await? > 0;
        self.queue().notify_workers().await?;
        Ok(was_paused)
    }

    /// When the workers were paused; `None` if they are running.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn paused_since(&self) -> Result<Option<Timestamp>, StoreError> {
        let select = Statement::<BigInt>::new("SELECT since FROM djstripe_pause");
        let rows: Vec<i64> = load!(self, "check whether the workers are paused", select)?;
        Ok(rows.first().copied().map(Timestamp::from_micros))
    }
}
