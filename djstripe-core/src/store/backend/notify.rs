//! Notifications of new events: PostgreSQL notifies the workers of every process, SQLite can't.

use std::convert::Infallible;

#[cfg(feature = "postgres")]
use diesel::sql_types::Text;

use super::connection::Backend;
#[cfg(feature = "postgres")]
use super::run::load;
use super::statement::Statement;
use super::store::Database;
use crate::store::error::StoreError;
use crate::store::queue::Queue;

/// The channel on which PostgreSQL notifies of new events of this schema.
#[cfg(feature = "postgres")]
const CHANNEL: &str = "SELECT djstripe_channel()";
const NOTIFY: &str = "SELECT pg_notify(djstripe_channel(), '')";

impl Queue {
    /// Whether the database notifies of new events. Otherwise workers have to poll.
    pub(crate) fn has_notifications(&self) -> bool {
        self.0.backend() == Backend::Postgres
    }

    /// Listens on a connection of its own. Calls `on_event` once it was notified by itself, and
    /// whenever events were stored. Returns only when the connection is lost, or can't be notified.
    pub(crate) async fn listen(&self, on_event: impl Fn()) -> Result<Infallible, StoreError> {
        match self.0.database() {
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => {
                let channel = self.channel().await?;
                database.listen(&channel, on_event).await
            }
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => {
                drop(on_event);
                std::future::pending().await
            }
        }
    }

    /// Notifies the workers of every process, if the database can, that there are events to claim.
    pub(crate) async fn notify_workers(&self) -> Result<(), StoreError> {
        if !self.has_notifications() {
            return Ok(());
        }
        let notify = Statement::new(NOTIFY);
        self.0.execute("wake the workers", notify).await.map(drop)
    }

    #[cfg(feature = "postgres")]
    async fn channel(&self) -> Result<String, StoreError> {
        let select = Statement::<Text>::new(CHANNEL);
        let channels: Vec<String> = load!(self.0, "read the channel of notifications", select)?;
        Ok(channels.into_iter().next().unwrap_or_default())
    }
}
