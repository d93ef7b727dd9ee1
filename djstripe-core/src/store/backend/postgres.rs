//! PostgreSQL: a small pool of connections.
//!
//! Invariant: a connection that is dropped inside a transaction, or that is broken, is closed at
//! once, so that it holds no locks while it waits in the pool.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use diesel::ConnectionError;
use diesel::result::Error as DieselError;
use diesel_async::pooled_connection::deadpool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolableConnection as _, RecyclingMethod,
};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::sync::OwnedSemaphorePermit;
use tokio_postgres::AsyncMessage;

use super::capacity::{Capacity, PAUSE};
use super::connect_error::{connect_error, is_full, pool_error};
use super::options::StoreOptions;
use super::postgres_tls::{self, Target};
use super::schema::Schema;
use crate::store::error::StoreError;

/// A pool of connections that diesel-async and deadpool make.
pub type Pool = deadpool::Pool<AsyncPgConnection>;

/// How long a notification of this process to itself may take.
const ECHO_TIMEOUT: Duration = Duration::from_secs(5);

/// How long nothing may be heard on a connection that listens before it is tested.
const SILENCE: Duration = Duration::from_secs(60);

/// One PostgreSQL database.
pub(in crate::store) struct Database {
    pool: Pool,
    /// The server's address; `None` if the application made the pool, which alone knows it.
    target: Option<Box<Target>>,
    capacity: Capacity,
    connect_timeout: Duration,
}

impl Database {
    /// Opens the pool and connects once, so that a wrong address or password is reported here.
    pub(in crate::store) async fn open(
        url: &str,
        schema: Option<&Schema>,
        options: &StoreOptions,
    ) -> Result<Self, StoreError> {
        let mut target = Target::parse(url, options.connect_timeout)?;
        if let Some(schema) = schema {
            target.set_search_path(&schema.search_path());
        }
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
            capacity: Capacity::new(pool.status().max_size),
            pool,
            target: Some(Box::new(target)),
            connect_timeout: options.connect_timeout,
        };
        database.get().await?;
        Ok(database)
    }

    /// Takes connections of the application's pool. Connects once, as [`open`](Self::open) does.
    pub(in crate::store) async fn of_pool(
        pool: Pool,
        options: &StoreOptions,
    ) -> Result<Self, StoreError> {
        let database = Self {
            capacity: Capacity::new(pool.status().max_size),
            pool,
            target: None,
            connect_timeout: options.connect_timeout,
        };
        database.get().await?;
        Ok(database)
    }

    /// Maximum number of connections.
    pub(in crate::store) fn connections(&self) -> usize {
        self.pool.status().max_size
    }

    /// Listens on a channel, on a connection of its own. Calls `on_message` once it listens and
    /// after each message.
    pub(in crate::store) async fn listen(
        &self,
        channel: &str,
        on_message: impl Fn(),
    ) -> Result<Infallible, StoreError> {
        let Some(target) = self.target.as_deref() else {
            return self.listen_in_pool(channel, on_message).await;
        };
        let connect = |error: tokio_postgres::Error| connect_error(target, error);
        let (client, mut connection) = postgres_tls::connect(target).await.map_err(connect)?;
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
                message = messages.next() => check(target, message)?,
            }
        }

        on_message();
        loop {
            check(target, messages.next().await)?;
            on_message();
        }
    }

    /// Listens on a connection that is taken out of the pool.
    ///
    /// Whether the application's connections pass notifications on can't be asked, so this process
    /// notifies itself.
    async fn listen_in_pool(
        &self,
        channel: &str,
        on_message: impl Fn(),
    ) -> Result<Infallible, StoreError> {
        let mut pooled = self.get().await?;
        let object = pooled.object.take().ok_or(StoreError::ConnectionClosed)?;
        drop(pooled);
        let mut connection = deadpool::Object::take(object);
        let failed = |error: DieselError| StoreError::Connect(error.into());

        let command = format!("LISTEN {channel}; NOTIFY {channel}");
        connection.batch_execute(&command).await.map_err(failed)?;
        let echo = tokio::time::timeout(ECHO_TIMEOUT, next_message(&mut connection)).await;
        echo.map_err(|_| {
            StoreError::Connect(
                "the pool's connections pass no notifications on; make them with \
                 `AsyncPgConnection::establish` or `try_from_client_and_connection`, to the server \
                 itself or to a pooler that pools sessions"
                    .into(),
            )
        })??;

        loop {
            on_message();
            loop {
                match tokio::time::timeout(SILENCE, next_message(&mut connection)).await {
                    Ok(message) => break message?,
                    // A connection that broke silently is noticed here.
                    Err(_) => connection.batch_execute("SELECT 1").await.map_err(failed)?,
                }
            }
        }
    }

    /// Waits for a connection.
    pub(in crate::store) async fn get(&self) -> Result<Pooled, StoreError> {
        let taken = tokio::time::timeout(self.connect_timeout, self.take()).await;
        taken.unwrap_or(Err(StoreError::Exhausted {
            waited: self.connect_timeout,
        }))
    }

    /// Takes a connection of the pool, or opens one; if the server refuses it, takes one later that
    /// is open.
    async fn take(&self) -> Result<Pooled, StoreError> {
        loop {
            let permit = self.capacity.acquire().await?;
            let error = match self.pool.get().await {
                Ok(object) => {
                    return Ok(Pooled {
                        object: Some(object),
                        _permit: permit,
                    });
                }
                Err(error) => pool_error(self.target.as_deref(), error),
            };

            let open = self.pool.status().size;
            if open == 0 || !is_full(&error) {
                return Err(error);
            }
            if !self.capacity.withhold(permit, open, &error) {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Database").finish_non_exhaustive()
    }
}

/// An error if the connection was closed.
fn check(
    target: &Target,
    message: Option<Result<AsyncMessage, tokio_postgres::Error>>,
) -> Result<(), StoreError> {
    match message {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(connect_error(target, error)),
        None => Err(closed()),
    }
}

/// Waits for a notification.
async fn next_message(connection: &mut AsyncPgConnection) -> Result<(), StoreError> {
    let mut messages = std::pin::pin!(connection.notifications_stream());
    match messages.next().await {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(StoreError::Connect(error.into())),
        None => Err(closed()),
    }
}

fn closed() -> StoreError {
    StoreError::Connect("the connection that listens for events was closed".into())
}

async fn establish(target: Target) -> Result<AsyncPgConnection, ConnectionError> {
    let (client, connection) = postgres_tls::connect(&target).await.map_err(|error| {
        ConnectionError::CouldntSetupConfiguration(DieselError::QueryBuilderError(error.into()))
    })?;
    // Nothing is set on the session: it would stay for the other clients of a pooler.
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}

/// A connection of the pool. Returns to the pool when it is dropped, unless it is broken.
pub(in crate::store) struct Pooled {
    object: Option<deadpool::Object<AsyncPgConnection>>,
    /// Held until the object is back in the pool: fields are dropped in this order.
    _permit: OwnedSemaphorePermit,
}

impl Pooled {
    /// The connection, unless it was discarded.
    pub(in crate::store) fn connection(&mut self) -> Result<&mut AsyncPgConnection, StoreError> {
        let object = self.object.as_deref_mut();
        object.ok_or(StoreError::ConnectionClosed)
    }

    /// Closes the connection; the server rolls back a transaction that is open on it.
    pub(in crate::store) fn discard(&mut self) {
        if let Some(connection) = self.object.take() {
            drop(deadpool::Object::take(connection));
        }
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let object = self.object.as_deref_mut();
        if object.is_some_and(AsyncPgConnection::is_broken) {
            self.discard();
        }
    }
}
