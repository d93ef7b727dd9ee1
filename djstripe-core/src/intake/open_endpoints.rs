//! The endpoints of the database that are enabled, held in memory with their secrets opened.
//!
//! Invariant: however many requests arrive, and whatever addresses they name, the rows are read at
//! most four times a second.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use uuid::Uuid;

use super::error::EndpointError;
use crate::client::{Client, Clients};
use crate::endpoint::{EncryptionKey, Endpoint, SecretsError, ValidationMethod};
use crate::error::describe;
use crate::store::{Store, StoreError};
use crate::webhook::signature::SigningSecrets;

/// Age at which the rows are read again.
const REFRESH: Duration = Duration::from_secs(30);

/// Age at which they are read again because an address is unknown or no secret matches.
const REFRESH_IN_DOUBT: Duration = Duration::from_millis(250);

/// Limit of the endpoints that one database can have in use.
const MOST: u32 = 10_000;

/// An endpoint and what its deliveries are checked with.
pub(super) struct OpenEndpoint {
    pub(super) endpoint: Endpoint,
    /// `None` if it verifies no signatures.
    secrets: Option<Result<SigningSecrets, SecretsError>>,
}

/// All enabled endpoints.
pub(crate) struct OpenEndpoints {
    keys: Vec<EncryptionKey>,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held by the task that reads the rows; the others wait for its result.
    reading: tokio::sync::Mutex<()>,
}

/// The rows as they were read once.
struct Snapshot {
    read_at: Instant,
    endpoints: HashMap<Uuid, Arc<OpenEndpoint>>,
}

/// What a snapshot knows of an endpoint.
enum Lookup {
    Found(Arc<OpenEndpoint>),
    /// No enabled endpoint has this id.
    Unknown,
    /// The snapshot is too old to say.
    Outdated,
}

impl OpenEndpoints {
    /// Reads the enabled endpoints.
    pub(crate) async fn read(store: &Store, keys: Vec<EncryptionKey>) -> Result<Self, StoreError> {
        let snapshot = Snapshot::read(store, &keys).await?;
        Ok(Self {
            keys,
            snapshot: RwLock::new(Arc::new(snapshot)),
            reading: tokio::sync::Mutex::default(),
        })
    }

    /// Checks each endpoint; returns why some can't take deliveries.
    pub(crate) fn check(&self, clients: &Clients) -> Vec<EndpointError> {
        let snapshot = self.snapshot();
        let endpoints = snapshot.endpoints.values();
        endpoints
            .filter_map(|open| open.check(clients).err())
            .collect()
    }

    /// How many endpoints are enabled.
    pub(crate) fn len(&self) -> usize {
        self.snapshot().endpoints.len()
    }

    /// The endpoint with this id, if it is enabled.
    pub(super) async fn get(
        &self,
        store: &Store,
        id: Uuid,
    ) -> Result<Option<Arc<OpenEndpoint>>, StoreError> {
        self.get_within(store, id, REFRESH).await
    }

    /// The endpoint as it is now, if another process has changed it since it was read.
    pub(super) async fn get_changed(
        &self,
        store: &Store,
        open: &OpenEndpoint,
    ) -> Result<Option<Arc<OpenEndpoint>>, StoreError> {
        let id = open.endpoint.id;
        let current = self.get_within(store, id, REFRESH_IN_DOUBT).await?;
        Ok(current.filter(|current| current.endpoint.revision != open.endpoint.revision))
    }

    /// The endpoint, from rows that are no older than `age`.
    async fn get_within(
        &self,
        store: &Store,
        id: Uuid,
        age: Duration,
    ) -> Result<Option<Arc<OpenEndpoint>>, StoreError> {
        match self.snapshot().find(id, age) {
            Lookup::Found(open) => return Ok(Some(open)),
            Lookup::Unknown => return Ok(None),
            Lookup::Outdated => {}
        }

        // While this task waited for the lock, another one may have read the rows.
        let _reading = self.reading.lock().await;
        let before = self.snapshot();
        match before.find(id, age) {
            Lookup::Found(open) => return Ok(Some(open)),
            Lookup::Unknown => return Ok(None),
            Lookup::Outdated => {}
        }

        match Snapshot::read(store, &self.keys).await {
            Ok(snapshot) => {
                let found = snapshot.endpoints.get(&id).cloned();
                let mut current = self
                    .snapshot
                    .write()
                    .unwrap_or_else(PoisonError::into_inner);
                *current = Arc::new(snapshot);
                Ok(found)
            }
            Err(error) => match before.endpoints.get(&id) {
                Some(open) => {
                    tracing::warn!(
                        error = describe(&error),
                        "endpoints could not be read; using those read before"
                    );
                    Ok(Some(Arc::clone(open)))
                }
                None => Err(error),
            },
        }
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Snapshot {
    async fn read(store: &Store, keys: &[EncryptionKey]) -> Result<Self, StoreError> {
        let (read_at, now) = (Instant::now(), SystemTime::now());
        let rows = store.endpoints(MOST).await?;
        if rows.len() == MOST as usize {
            tracing::error!(
                "there are {MOST} endpoints or more; deliveries to the oldest are answered with 404"
            );
        }

        let open = |endpoint: Endpoint| {
            let secrets = endpoint.signing_secrets(keys, now);
            (endpoint.id, Arc::new(OpenEndpoint { endpoint, secrets }))
        };
        let endpoints = rows
            .into_iter()
            .filter(|endpoint| endpoint.enabled)
            .map(open)
            .collect();
        Ok(Self { read_at, endpoints })
    }

    /// Looks up an endpoint in rows that are no older than `age`. An unknown id is in doubt: it may
    /// be that of a new endpoint.
    fn find(&self, id: Uuid, age: Duration) -> Lookup {
        let found = self.endpoints.get(&id).cloned();
        let limit = if found.is_some() {
            age
        } else {
            REFRESH_IN_DOUBT
        };

        if self.read_at.elapsed() >= limit {
            return Lookup::Outdated;
        }
        found.map_or(Lookup::Unknown, Lookup::Found)
    }
}

impl OpenEndpoint {
    /// The secrets that its deliveries are verified with.
    pub(super) fn secrets(&self) -> Result<&SigningSecrets, SecretsError> {
        let id = self.endpoint.id;
        let secrets = self.secrets.as_ref();
        secrets
            .ok_or(SecretsError::Missing { id })?
            .as_ref()
            .map_err(SecretsError::clone)
    }

    /// Checks that the endpoint can take deliveries. Warns if it accepts unverified requests.
    fn check(&self, clients: &Clients) -> Result<(), EndpointError> {
        let id = self.endpoint.id;
        let own_account = self.endpoint.own_account.as_deref();
        let client = clients.of(own_account);
        if let Some(account) = own_account.filter(|_| client.is_none() && !clients.is_empty()) {
            tracing::warn!(
                endpoint = %id,
                account,
                "no key is declared for the account of this endpoint: its objects are mirrored as \
                 events carry them, and nothing is fetched"
            );
        }
        let may_fetch = |client: &Client| match self.endpoint.livemode {
            Some(livemode) => client.has_key(livemode),
            None => true,
        };

        match self.endpoint.validation {
            ValidationMethod::VerifySignature => _ = self.secrets()?,
            ValidationMethod::RetrieveEvent if !client.is_some_and(may_fetch) => {
                return Err(EndpointError::NoKey { id });
            }
            ValidationMethod::RetrieveEvent => {}
            ValidationMethod::None => tracing::warn!(
                endpoint = %id,
                "THIS ENDPOINT ACCEPTS UNVERIFIED REQUESTS: anyone who knows its address can forge \
                 events; for development only"
            ),
        }
        tracing::info!(endpoint = %id, validation = %self.endpoint.validation, "endpoint open");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn rows_are_read_again_when_old_or_in_doubt() {
        let endpoint = Endpoint::new();
        let (known, unknown) = (endpoint.id, Uuid::new_v4());
        let open = Arc::new(OpenEndpoint {
            endpoint,
            secrets: None,
        });

        let snapshot = Snapshot {
            read_at: Instant::now(),
            endpoints: HashMap::from([(known, open)]),
        };
        let check = |id: Uuid, age: Duration, expected: Option<bool>| {
            let found = match snapshot.find(id, age) {
                Lookup::Found(_) => Some(true),
                Lookup::Unknown => Some(false),
                Lookup::Outdated => None,
            };
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
