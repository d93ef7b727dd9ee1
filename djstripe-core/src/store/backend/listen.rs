//! News from the database: PostgreSQL tells its clients that events were stored, whoever stored them.

use std::convert::Infallible;

use crate::store::backend::{Database, Store};
use crate::store::error::StoreError;

#[cfg(feature = "postgres")]
/// Channel on which new events are told of.
pub(in crate::store) const CHANNEL: &str = "djstripe_event";

impl Store {
    /// Whether the database tells of new events.
    pub(crate) fn tells_of_events(&self) -> bool {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => true,
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => false,
        }
    }

    /// Listens on a connection of its own; calls `told` once it does, and whenever events were stored. Ends with an error
    /// only.
    pub(crate) async fn listen(&self, told: impl Fn()) -> Result<Infallible, StoreError> {
        match self.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => database.listen(CHANNEL, told).await,
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => {
                let _ = told;
                std::future::pending().await
            }
        }
    }
}
