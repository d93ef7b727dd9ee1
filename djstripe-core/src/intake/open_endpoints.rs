//! The endpoints as the running program has them: all rows at once, with their secrets opened.
//!
//! Invariant: whatever is sent to whichever address, the database is read no more than four times a second.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use uuid::Uuid;

use crate::app::BuildError;
use crate::client::Client;
use crate::endpoint::EncryptionKey;
use crate::endpoint::{Endpoint, EndpointError, ValidationMethod};
use crate::error::describe;
use crate::store::{Store, StoreError};
use crate::webhook::signature::SigningSecrets;

/// Age at which the rows are read again.
const REFRESH: Duration = Duration::from_secs(30);

/// Age from which they are read again because an address is unknown, or no secret fits.
const REFRESH_IN_DOUBT: Duration = Duration::from_millis(250);

/// Most endpoints that one database can have in use.
const MOST: u32 = 10_000;

/// An endpoint and what its deliveries are checked with.
pub(crate) struct ReadyEndpoint {
    pub(crate) endpoint: Endpoint,
    secrets: Option<SigningSecrets>,
}

pub(crate) struct EndpointCache {
    key: Option<EncryptionKey>,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held by whoever reads the rows; the others wait for the result.
    reading: tokio::sync::Mutex<()>,
}

struct Snapshot {
    read_at: Instant,
    endpoints: HashMap<Uuid, Arc<ReadyEndpoint>>,
}

impl EndpointCache {
    /// Reads the endpoints that are open. One that couldn't take a delivery keeps the program from starting.
    pub(crate) async fn start(
        store: &Store,
        client: Option<&Client>,
        key: Option<EncryptionKey>,
    ) -> Result<Self, BuildError> {
        let snapshot = Snapshot::read(store, key.as_ref()).await?;
        for ready in snapshot.endpoints.values() {
            ready.check(client, key.as_ref())?;
        }
        Ok(Self {
            key,
            snapshot: RwLock::new(Arc::new(snapshot)),
            reading: tokio::sync::Mutex::default(),
        })
    }

    /// Whether no endpoint is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.snapshot().endpoints.is_empty()
    }

    /// The endpoint with this id, if it is open.
    pub(crate) async fn get(
        &self,
        store: &Store,
        id: Uuid,
    ) -> Result<Option<Arc<ReadyEndpoint>>, StoreError> {
        self.get_within(store, id, REFRESH).await
    }

    /// The endpoint as it is now, if another process has changed it since it was read.
    pub(crate) async fn get_changed(
        &self,
        store: &Store,
        ready: &ReadyEndpoint,
    ) -> Result<Option<Arc<ReadyEndpoint>>, StoreError> {
        let now = self
            .get_within(store, ready.endpoint.id, REFRESH_IN_DOUBT)
            .await?;
        Ok(now.filter(|now| now.endpoint.revision != ready.endpoint.revision))
    }

    async fn get_within(
        &self,
        store: &Store,
        id: Uuid,
        age: Duration,
    ) -> Result<Option<Arc<ReadyEndpoint>>, StoreError> {
        if let Some(found) = self.snapshot().find(id, age) {
            return Ok(found);
        }
        let _reading = self.reading.lock().await;
        let before = self.snapshot();
        if let Some(found) = before.find(id, age) {
            return Ok(found);
        }
        match Snapshot::read(store, self.key.as_ref()).await {
            Ok(snapshot) => {
                let found = snapshot.endpoints.get(&id).cloned();
                *self
                    .snapshot
                    .write()
                    .unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
                Ok(found)
            }
            Err(error) => match before.endpoints.get(&id) {
                Some(ready) => {
                    tracing::warn!(
                        error = describe(&error),
                        "endpoints can't be read; going on with what is known"
                    );
                    Ok(Some(Arc::clone(ready)))
                }
                None => Err(error),
            },
        }
    }

    /// The secrets of an endpoint.
    pub(crate) fn secrets<'a>(
        &self,
        ready: &'a ReadyEndpoint,
    ) -> Result<&'a SigningSecrets, EndpointError> {
        match &ready.secrets {
            Some(secrets) => Ok(secrets),
            None => Err(ready.unusable(self.key.as_ref())),
        }
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Snapshot {
    async fn read(store: &Store, key: Option<&EncryptionKey>) -> Result<Self, StoreError> {
        let (read_at, now) = (Instant::now(), SystemTime::now());
        let rows = store.endpoints(MOST).await?;
        if rows.len() == MOST as usize {
            tracing::error!(
                "there are {MOST} endpoints or more; deliveries to the oldest are answered with 404"
            );
        }
        let ready = |endpoint: Endpoint| {
            let secrets = match endpoint.validation {
                ValidationMethod::VerifySignature => endpoint.open_secrets(key, now).ok(),
                ValidationMethod::RetrieveEvent | ValidationMethod::None => None,
            };
            (endpoint.id, Arc::new(ReadyEndpoint { endpoint, secrets }))
        };
        let endpoints = rows
            .into_iter()
            .filter(|endpoint| endpoint.enabled)
            .map(ready)
            .collect();
        Ok(Self { read_at, endpoints })
    }

    /// What is known of the endpoint; `None` if the rows are older than `age`, or in doubt, and to be read again first.
    fn find(&self, id: Uuid, age: Duration) -> Option<Option<Arc<ReadyEndpoint>>> {
        let found = self.endpoints.get(&id).cloned();
        let limit = if found.is_some() {
            age
        } else {
            REFRESH_IN_DOUBT
        };
        (self.read_at.elapsed() < limit).then_some(found)
    }
}

impl ReadyEndpoint {
    /// Whether it can take deliveries; says loudly if it takes anybody's.
    fn check(
        &self,
        client: Option<&Client>,
        key: Option<&EncryptionKey>,
    ) -> Result<(), EndpointError> {
        let id = self.endpoint.id;
        let may_fetch = |client: &Client| match self.endpoint.livemode {
            Some(livemode) => client.has_key(livemode),
            None => true,
        };
        match self.endpoint.validation {
            ValidationMethod::VerifySignature if self.secrets.is_none() => {
                return Err(self.unusable(key));
            }
            ValidationMethod::RetrieveEvent if !client.is_some_and(may_fetch) => {
                return Err(EndpointError::NoKey { id });
            }
            ValidationMethod::VerifySignature | ValidationMethod::RetrieveEvent => {}
            ValidationMethod::None => tracing::warn!(
                endpoint = %id,
                "THIS ENDPOINT CHECKS NOTHING: whoever knows its address can forge events; for development only"
            ),
        }
        tracing::info!(endpoint = %id, validation = %self.endpoint.validation, "endpoint open");
        Ok(())
    }

    /// Why none of its secrets can be used.
    fn unusable(&self, key: Option<&EncryptionKey>) -> EndpointError {
        let opened = self.endpoint.open_secrets(key, SystemTime::now());
        opened.err().unwrap_or(EndpointError::NoSecret {
            id: self.endpoint.id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn rows_are_read_again_when_old_or_in_doubt() {
        let endpoint = Endpoint::new();
        let (known, unknown) = (endpoint.id, Uuid::new_v4());
        let ready = Arc::new(ReadyEndpoint {
            endpoint,
            secrets: None,
        });
        let snapshot = Snapshot {
            read_at: Instant::now(),
            endpoints: HashMap::from([(known, ready)]),
        };
        let check = |id: Uuid, age: Duration, expected: Option<bool>| {
            let found = snapshot.find(id, age).map(|found| found.is_some());
            assert_eq!(found, expected, "{:?}", snapshot.read_at.elapsed());
        };
        check(known, REFRESH, Some(true));
        check(unknown, REFRESH, Some(false));
        tokio::time::advance(Duration::from_millis(249)).await;
        check(known, REFRESH_IN_DOUBT, Some(true));
        check(unknown, REFRESH, Some(false));
        tokio::time::advance(Duration::from_millis(1)).await;
        check(known, REFRESH_IN_DOUBT, None);
        check(known, REFRESH, Some(true));
        check(unknown, REFRESH, None);
        tokio::time::advance(REFRESH).await;
        check(known, REFRESH, None);
    }
}
