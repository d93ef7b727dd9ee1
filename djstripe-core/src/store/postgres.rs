//! PostgreSQL: a small pool of connections.
//!
//! Invariant: a connection that was inside a transaction when it was let go, or that is broken, is closed at once, so
//! that it holds no locks while it waits in the pool.

use std::fmt;
use std::time::Duration;

use diesel::ConnectionError;
use diesel::result::Error as DieselError;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolableConnection as _, RecyclingMethod,
};
use futures_util::FutureExt as _;

use super::StoreOptions;
use super::error::StoreError;
use super::postgres_tls::{self, Target};

/// One PostgreSQL database.
pub(super) struct Database {
    pool: Pool<AsyncPgConnection>,
    connect_timeout: Duration,
}

impl Database {
    /// Connects once, so that a wrong address or password shows here.
    pub(super) async fn open(url: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let target = Target::parse(url, options.connect_timeout)?;
        let mut config = ManagerConfig::default();
        // Broken connections are noticed without asking; asking costs a round trip each time.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |_| establish(target.clone()).boxed());
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config("", config);
        let pool = Pool::builder(manager)
            .max_size(options.connections.max(1) as usize)
            .build()
            .map_err(|error| StoreError::Connect(error.into()))?;
        let database = Self { pool, connect_timeout: options.connect_timeout };
        database.get().await?;
        Ok(database)
    }

    /// Waits for a connection.
    pub(super) async fn get(&self) -> Result<Pooled, StoreError> {
        match tokio::time::timeout(self.connect_timeout, self.pool.get()).await {
            Ok(Ok(connection)) => Ok(Pooled(Some(connection))),
            Ok(Err(error)) => Err(StoreError::Connect(error.into())),
            Err(_) => Err(StoreError::Exhausted { waited: self.connect_timeout }),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Database").finish_non_exhaustive()
    }
}

async fn establish(target: Target) -> Result<AsyncPgConnection, ConnectionError> {
    let (client, connection) = postgres_tls::connect(&target)
        .await
        .map_err(|error| ConnectionError::CouldntSetupConfiguration(DieselError::QueryBuilderError(error.into())))?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}

/// A connection of the pool. Goes back when dropped, unless it is inside a transaction or broken.
pub(super) struct Pooled(Option<Object<AsyncPgConnection>>);

impl Pooled {
    /// The connection, unless it was thrown away.
    pub(super) fn connection(&mut self) -> Result<&mut AsyncPgConnection, StoreError> {
        self.0.as_deref_mut().ok_or(StoreError::ThrownAway)
    }

    /// Closes the connection; the server rolls back whatever is open on it.
    pub(super) fn discard(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if self.0.as_deref_mut().is_some_and(AsyncPgConnection::is_broken) {
            self.discard();
        }
    }
}
