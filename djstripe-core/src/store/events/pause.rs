//! A switch for the workers of all processes: while it is set, claims give nothing.

use diesel::sql_types::BigInt;

use crate::store::backend::run::load;
use crate::store::backend::statement::Statement;
use crate::store::backend::{Database, Store};
use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

const PAUSE: &str = "pause the workers";
const RESUME: &str = "resume the workers";

impl Store {
    /// Pauses the workers of every process: they finish what they have and take nothing more. Returns whether they were
    /// at work until now. Deliveries are stored as ever; in [inline mode](crate::Mode::Inline) they are also still
    /// processed, as their answers depend on it.
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

    /// Lets the workers go on. Returns whether they were paused.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn resume(&self) -> Result<bool, StoreError> {
        let resumed = self
            .execute(RESUME, Statement::new("DELETE FROM djstripe_pause"))
            .await?
            > 0;
        self.tell_of_events().await?;
        Ok(resumed)
    }

    /// Since when the workers are paused; `None` if they aren't.
    ///
    /// # Errors
    /// [`StoreError::Query`] and the errors of connecting.
    pub async fn paused_since(&self) -> Result<Option<Timestamp>, StoreError> {
        let select = Statement::<BigInt>::new("SELECT since FROM djstripe_pause");
        let rows: Vec<i64> = load!(self, "see whether the workers are paused", select);
        Ok(rows.first().copied().map(Timestamp::from_micros))
    }

    /// Tells the workers, where the database can, that there are events to take.
    pub(crate) async fn tell_of_events(&self) -> Result<(), StoreError> {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => {
                let tell = Statement::new("SELECT pg_notify(?, '')")
                    .bind(crate::store::backend::listen::CHANNEL);
                self.execute("wake the workers", tell).await.map(drop)
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => Ok(()),
        }
    }
}
