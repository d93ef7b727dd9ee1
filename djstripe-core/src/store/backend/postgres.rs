//! PostgreSQL: a small pool of connections.
//!
//! Invariant: a connection that is dropped inside a transaction, or that is broken, is closed at
//! once, so that it holds no locks while it waits in the pool.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use diesel::ConnectionError;
use diesel::result::Error as DieselError;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolableConnection as _, RecyclingMethod,
};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio_postgres::AsyncMessage;

use super::connect_error::{connect_error, pool_error};
use super::options::StoreOptions;
use super::postgres_tls::{self, Target};
use crate::store::error::StoreError;

/// One PostgreSQL database.
pub(in crate::store) struct Database {
    pool: Pool<AsyncPgConnection>,
    target: Box<Target>,
    connect_timeout: Duration,
}

impl Database {
    /// Opens the pool and connects once, so that a wrong address or password is reported here.
    pub(in crate::store) async fn open(
        url: &str,
        options: &StoreOptions,
    ) -> Result<Self, StoreError> {
        let target = Target::parse(url, options.connect_timeout)?;
        let mut config = ManagerConfig::default();
        // A broken connection is noticed without a test query, which would cost a round trip each
        // time.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new({
            let target = target.clone();
            move |_| establish(target.clone()).boxed()
        });

        let manager =
            AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config("", config);
        let pool = Pool::builder(manager)
            .max_size(options.connections.max(1) as usize)
            .build()
            .map_err(|error| StoreError::Connect(error.into()))?;

        let database = Self {
            pool,
            target: Box::new(target),
            connect_timeout: options.connect_timeout,
        };
        database.get().await?;
        Ok(database)
    }

    /// Listens on a channel, on a connection of its own. Calls `on_message` once it listens and
    /// after each message.
    pub(in crate::store) async fn listen(
        &self,
        channel: &str,
        on_message: impl Fn(),
    ) -> Result<Infallible, StoreError> {
        let connect = |error: tokio_postgres::Error| connect_error(&self.target, error);
        let (client, mut connection) =
            postgres_tls::connect(&self.target).await.map_err(connect)?;
        let mut messages = std::pin::pin!(stream::poll_fn(
            move |context| connection.poll_message(context)
        ));

        // The connection makes progress only while its messages are read.
        let command = format!("LISTEN {channel}");
        let mut listening = std::pin::pin!(client.batch_execute(&command));
        loop {
            tokio::select! {
                started = &mut listening => {
                    started.map_err(connect)?;
                    break;
                }
                message = messages.next() => self.check(message)?,
            }
        }

        on_message();
        loop {
            self.check(messages.next().await)?;
            on_message();
        }
    }

    /// An error if the connection was closed.
    fn check(
        &self,
        message: Option<Result<AsyncMessage, tokio_postgres::Error>>,
    ) -> Result<(), StoreError> {
        match message {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(connect_error(&self.target, error)),
            None => Err(StoreError::Connect(
                "the connection that listens for events was closed".into(),
            )),
        }
    }

    /// Waits for a connection.
    pub(in crate::store) async fn get(&self) -> Result<Pooled, StoreError> {
        match tokio::time::timeout(self.connect_timeout, self.pool.get()).await {
            Ok(Ok(connection)) => Ok(Pooled(Some(connection))),
            Ok(Err(error)) => Err(pool_error(&self.target, error)),
            Err(_) => Err(StoreError::Exhausted {
                waited: self.connect_timeout,
            }),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Database").finish_non_exhaustive()
    }
}

async fn establish(target: Target) -> Result<AsyncPgConnection, ConnectionError> {
    let (client, connection) = postgres_tls::connect(&target).await.map_err(|error| {
        ConnectionError::CouldntSetupConfiguration(DieselError::QueryBuilderError(error.into()))
    })?;
    let mut connection =
        AsyncPgConnection::try_from_client_and_connection(client, connection).await?;

    // lz4 costs a fraction of the default compression whenever an object is written or read.
    // Servers built without it, or older than 14, keep their default.
    let _ = connection
        .batch_execute("SET default_toast_compression = 'lz4'")
        .await;
    Ok(connection)
}

/// A connection of the pool. Returns to the pool when it is dropped, unless it is broken.
pub(in crate::store) struct Pooled(Option<Object<AsyncPgConnection>>);

impl Pooled {
    /// The connection, unless it was discarded.
    pub(in crate::store) fn connection(&mut self) -> Result<&mut AsyncPgConnection, StoreError> {
        self.0.as_deref_mut().ok_or(StoreError::ConnectionClosed)
    }

    /// Closes the connection; the server rolls back a transaction that is open on it.
    pub(in crate::store) fn discard(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if self
            .0
            .as_deref_mut()
            .is_some_and(AsyncPgConnection::is_broken)
        {
            self.discard();
        }
    }
}
