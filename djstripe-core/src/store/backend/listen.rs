//! Listening for PostgreSQL's notifications, on a connection of its own.
//!
//! Invariant: LISTEN is sent only where the connection stays this process's own. Through a pooler
//! that pools transactions it would stay on a connection that others use, and nothing would come.

use std::convert::Infallible;
use std::time::Duration;

use diesel_async::pooled_connection::deadpool;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout, timeout_at};

use super::connecting::connect_error::{closed, connect_error, no_answer};
use super::connecting::pooler::{self, Route};
use super::connecting::{self, Target};
use super::postgres::Database;
use crate::store::error::StoreError;

/// How long a notification of this process to itself may take.
const ECHO_TIMEOUT: Duration = Duration::from_secs(5);

/// How long nothing may be heard on a connection that listens before it is tested.
const SILENCE: Duration = Duration::from_secs(60);

const POOLED: &str = "a pooler gives each transaction another connection, where nobody can listen; \
     give the server's own address as the direct URL";

const NO_ECHO: &str = "a notification of this process to itself did not come back; is there a \
     pooler in between, or does the direct URL lead to another database?";

impl Database {
    /// Listens on a channel. Calls `on_message` once a notification of this process to itself has
    /// come back, and after each message.
    pub(in crate::store) async fn listen(
        &self,
        channel: &str,
        on_message: impl Fn(),
    ) -> Result<Infallible, StoreError> {
        let mut connection = self.listening_connection().await?;
        let listen = format!("LISTEN {channel}");
        let listens = connection.batch_execute(&listen).await;
        listens.map_err(StoreError::connect)?;
        if !self.hears_itself(channel, &mut connection).await? {
            // Whoever owns the connection next has no use for it.
            let unlisten = connection.batch_execute("UNLISTEN *");
            let _ = timeout(ECHO_TIMEOUT, unlisten).await;
            return Err(StoreError::NotNotified { why: NO_ECHO });
        }

        loop {
            on_message();
            loop {
                match timeout(SILENCE, next_message(&mut connection)).await {
                    Ok(message) => {
                        message?;
                        break;
                    }
                    // A connection that broke silently is noticed here.
                    Err(_) => connection
                        .batch_execute("SELECT 1")
                        .await
                        .map_err(StoreError::connect)?,
                }
            }
        }
    }

    /// Opens a connection on which this process may listen.
    async fn listening_connection(&self) -> Result<AsyncPgConnection, StoreError> {
        let Some(target) = self.listening_target() else {
            return self.connection_of_pool().await;
        };
        let limit = self.connect_timeout();
        let opened = timeout(limit, open(target)).await;
        opened.map_err(|_| no_answer(target, limit))?
    }

    /// Takes a connection out of the application's pool.
    async fn connection_of_pool(&self) -> Result<AsyncPgConnection, StoreError> {
        let object = self.get().await?.into_object()?;
        let mut connection = deadpool::Object::take(object);
        let pooled = pooler::pools_transactions(&mut connection).await;
        if pooled.map_err(StoreError::connect)? {
            return Err(StoreError::NotNotified { why: POOLED });
        }
        Ok(connection)
    }

    /// Whether a notification that is sent on a connection of the pool comes back.
    async fn hears_itself(
        &self,
        channel: &str,
        connection: &mut AsyncPgConnection,
    ) -> Result<bool, StoreError> {
        let token = uuid::Uuid::new_v4().to_string();
        let deadline = Instant::now() + ECHO_TIMEOUT;
        let mut sender = self.get().await?;
        let notify = format!("NOTIFY {channel}, '{token}'");
        let sent = sender.connection()?.batch_execute(&notify).await;
        sent.map_err(StoreError::connect)?;
        drop(sender);

        loop {
            match timeout_at(deadline, next_message(connection)).await {
                Ok(message) => {
                    if message? == token {
                        return Ok(true);
                    }
                }
                Err(_) => return Ok(false),
            }
        }
    }
}

async fn open(target: &Target) -> Result<AsyncPgConnection, StoreError> {
    let failed = |error| connect_error(target, error);
    let mut established = connecting::connect(target).await.map_err(failed)?;
    match pooler::route(target, &mut established).await {
        Ok(Route::Server | Route::PooledSessions) => {}
        Ok(Route::PooledTransactions) | Err(StoreError::PoolsTransactions) => {
            return Err(StoreError::NotNotified { why: POOLED });
        }
        Err(error) => return Err(error),
    }
    let (client, driver) = established;
    AsyncPgConnection::try_from_client_and_connection(client, driver)
        .await
        .map_err(|error| StoreError::Connect(error.into()))
}

/// Waits for a notification and returns its payload.
async fn next_message(connection: &mut AsyncPgConnection) -> Result<String, StoreError> {
    let mut messages = std::pin::pin!(connection.notifications_stream());
    match messages.next().await {
        Some(Ok(notification)) => Ok(notification.payload),
        Some(Err(error)) => Err(StoreError::connect(error)),
        None => Err(closed()),
    }
}
