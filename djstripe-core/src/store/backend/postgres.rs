//! PostgreSQL: a small pool of connections.
//!
//! Invariant: a connection that is dropped inside a transaction, or that is broken, is closed at
//! once, so that it holds no locks while it waits in the pool.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::ConnectionError;
use diesel::result::Error as DieselError;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolableConnection as _, RecyclingMethod,
};
use futures_util::FutureExt as _;
use secrecy::ExposeSecret as _;
use tokio::sync::OwnedSemaphorePermit;

use super::capacity::{Capacity, PAUSE};
use super::connecting::connect_error::{connect_error, is_full, no_answer, pool_error};
use super::connecting::pooler::{self, Route};
use super::connecting::{self, Established, Target};
use super::options::StoreOptions;
use super::schema::Schema;
use super::url::DatabaseUrl;
use crate::store::error::StoreError;

/// A pool of connections that diesel-async and deadpool make.
pub type Pool = deadpool::Pool<AsyncPgConnection>;

/// The connection that was opened first, until the pool takes it.
type First = Arc<Mutex<Option<Established>>>;

/// One PostgreSQL database.
pub(in crate::store) struct Database {
    pool: Pool,
    /// The server's address; `None` if the application made the pool, which alone knows it.
    target: Option<Box<Target>>,
    capacity: Capacity,
    /// The server's own address, to listen for notifications.
    direct: Option<Box<Target>>,
    connect_timeout: Duration,
    /// What connections lead to; `None` if the application made the pool.
    route: Option<Route>,
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
        target.warn_of_risks();
        let direct = direct(options)?;
        let (first, route) = first_connection(&target, options).await?;
        let first = First::new(Mutex::new(Some(first)));

        let mut config = ManagerConfig::default();
        // A broken connection is noticed without a test query, which would cost a round trip each
        // time.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new({
            let target = target.clone();
            move |_| establish(target.clone(), Arc::clone(&first)).boxed()
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
            direct,
            connect_timeout: options.connect_timeout,
            route: Some(route),
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
            direct: direct(options)?,
            connect_timeout: options.connect_timeout,
            route: None,
        };
        database.get().await?;
        Ok(database)
    }

    /// What connections lead to, in words; `None` if the application made the pool.
    pub(in crate::store) fn route(&self) -> Option<&'static str> {
        self.route.map(Route::as_str)
    }

    /// Maximum number of connections.
    pub(in crate::store) fn connections(&self) -> usize {
        self.pool.status().max_size
    }

    /// Where to listen for notifications; `None`: on a connection of the application's pool.
    pub(super) fn listening_target(&self) -> Option<&Target> {
        self.direct.as_deref().or(self.target.as_deref())
    }

    /// Longest wait for a connection.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.connect_timeout
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

/// The direct URL, read.
fn direct(options: &StoreOptions) -> Result<Option<Box<Target>>, StoreError> {
    let Some(url) = &options.direct_url else {
        return Ok(None);
    };
    let url = url.expose_secret();
    if !matches!(DatabaseUrl::parse(url), Ok(DatabaseUrl::Postgres { .. })) {
        return Err(StoreError::DirectUrl);
    }
    let target = Target::parse(url, options.connect_timeout)?;
    target.warn_of_risks();
    Ok(Some(Box::new(target)))
}

/// Opens a connection and sees who answers.
async fn first_connection(
    target: &Target,
    options: &StoreOptions,
) -> Result<(Established, Route), StoreError> {
    let open = async {
        let opened = connecting::connect(target).await;
        let mut opened = opened.map_err(|error| connect_error(target, error))?;
        let route = pooler::route(target, &mut opened).await?;
        Ok((opened, route))
    };
    let limit = options.connect_timeout;
    let opened = tokio::time::timeout(limit, open).await;
    opened.map_err(|_| no_answer(target, limit))?
}

/// Opens a connection of the pool, or takes the one that was opened to see who answers.
async fn establish(target: Target, first: First) -> Result<AsyncPgConnection, ConnectionError> {
    let opened = first.lock().unwrap_or_else(PoisonError::into_inner).take();
    let (client, connection) = match opened {
        Some(opened) => opened,
        None => connecting::connect(&target).await.map_err(|error| {
            ConnectionError::CouldntSetupConfiguration(DieselError::QueryBuilderError(error.into()))
        })?,
    };
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

    /// The connection itself, still the pool's.
    pub(super) fn into_object(mut self) -> Result<deadpool::Object<AsyncPgConnection>, StoreError> {
        self.object.take().ok_or(StoreError::ConnectionClosed)
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
