//! Settings come in one by one; a checked, connected application goes out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::{DEFAULT_BODY_LIMIT, DEFAULT_DATABASE_URL, DEFAULT_GRACE, DEFAULT_LEASE, Djstripe};
use crate::client::{ApiKeys, Client, ClientError, ClientOptions, KeyError};
use crate::endpoint::{EncryptionKey, SecretStorageError};
use crate::hooks::Hooks;
use crate::intake::inbox::Inbox;
use crate::intake::open_endpoints::OpenEndpoints;
use crate::intake::{EndpointError, Intake, IntakeParts};
use crate::mirror::{MirrorSettings, Services};
use crate::processing::committer::Committer;
use crate::processing::handover::Handover;
use crate::processing::verdict::RETRY_SCHEDULE;
use crate::processing::wake::Wake;
use crate::processing::{Processing, ProcessingMode, ProcessingParts, worker_id};
use crate::receiver::arguments::ArgumentError;
use crate::receiver::context::Context;
use crate::receiver::effects::Effects;
use crate::receiver::registry::{Registry, RegistryError};
use crate::receiver::{Location, ReceiverInfo};
use crate::store::{self, MigrationSet, Store, StoreError, StoreOptions};
use crate::webhook::signature::{DEFAULT_TOLERANCE, SecretError, SigningSecrets};

/// Settings of a [`Djstripe`].
///
/// Secrets never appear in its `Debug`.
#[derive(Clone, Default)]
pub struct Builder {
    secrets: Vec<SecretString>,
    secret_keys: Vec<SecretString>,
    client_options: ClientOptions,
    mirror: MirrorSettings,
    pub(super) hooks: Hooks,
    pub(super) effects: Effects,
    database_url: Option<String>,
    context: Context,
    receivers: Option<Vec<&'static ReceiverInfo>>,
    tolerance: Option<Duration>,
    body_limit: Option<usize>,
    mode: ProcessingMode,
    trusted_proxies: Vec<IpNet>,
    retry_schedule: Option<Vec<Duration>>,
    lease: Option<Duration>,
    grace: Option<Duration>,
    store_options: StoreOptions,
    encryption_key: Option<EncryptionKey>,
    workers_only: bool,
}

/// Why an application can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The signing secrets can't be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The receivers can't be used together.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A receiver asks for something that the application doesn't give.
    #[error("receiver `{receiver}` at {location} can't run")]
    Receiver {
        /// The receiver's id.
        receiver: &'static str,
        /// Where it stands.
        location: Location,
        /// What is missing.
        source: Box<ArgumentError>,
    },
    /// A secret key can't be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The client can't be used.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The database can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key that secrets are encrypted with can't be used.
    #[error(transparent)]
    EncryptionKey(#[from] SecretStorageError),
    /// An endpoint of the database couldn't take deliveries.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
}

impl Builder {
    /// Adds a signing secret of the endpoint that has no row in the database, `whsec_…`: a delivery that fits any of them
    /// is accepted.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(SecretString::from(secret.into()));
        self
    }

    /// Replaces the signing secrets.
    #[must_use]
    pub fn secrets(mut self, secrets: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.secrets = secrets
            .into_iter()
            .map(|secret| SecretString::from(secret.into()))
            .collect();
        self
    }

    /// Adds a secret key, `sk_…` or `rk_…`; one of each mode at most. Without one objects are taken from events as they
    /// come, and nothing is fetched.
    #[must_use]
    pub fn secret_key(mut self, key: impl Into<String>) -> Self {
        self.secret_keys.push(SecretString::from(key.into()));
        self
    }

    /// Replaces the secret keys.
    #[must_use]
    pub fn secret_keys(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.secret_keys = keys
            .into_iter()
            .map(|key| SecretString::from(key.into()))
            .collect();
        self
    }

    /// Takes the secret keys and the address of Stripe's API from the environment: `STRIPE_SECRET_KEY`,
    /// `STRIPE_TEST_SECRET_KEY`, `STRIPE_LIVE_SECRET_KEY` and `STRIPE_API_BASE`, as far as they are set. The command line does
    /// so by itself.
    ///
    /// ```
    /// let builder = djstripe_core::Djstripe::builder().client_from_env();
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn client_from_env(mut self) -> Self {
        let set = |name: &str| {
            std::env::var(name)
                .ok()
                .filter(|value| !value.trim().is_empty())
        };
        for name in [
            "STRIPE_SECRET_KEY",
            "STRIPE_TEST_SECRET_KEY",
            "STRIPE_LIVE_SECRET_KEY",
        ] {
            for key in set(name).iter().flat_map(|keys| keys.split(',')) {
                self = self.secret_key(key);
            }
        }
        match set("STRIPE_API_BASE") {
            Some(base) => self.api_base(base),
            None => self,
        }
    }

    /// Where Stripe's API is. Default: [`DEFAULT_API_BASE`](crate::client::DEFAULT_API_BASE).
    #[must_use]
    pub fn api_base(mut self, base: impl Into<String>) -> Self {
        self.client_options.base = base.into();
        self
    }

    /// Changes the client's settings: time-outs, retries, rates.
    #[must_use]
    pub fn client_options(mut self, change: impl FnOnce(&mut ClientOptions)) -> Self {
        change(&mut self.client_options);
        self
    }

    /// What the mirror does. Default: everything, fetched wherever there is a key.
    #[must_use]
    pub fn mirror(mut self, settings: MirrorSettings) -> Self {
        self.mirror = settings;
        self
    }

    /// Where to keep events: `sqlite:PATH` or `postgres://…`. Default: [`DEFAULT_DATABASE_URL`].
    #[must_use]
    pub fn database_url(mut self, url: impl Into<String>) -> Self {
        self.database_url = Some(url.into());
        self
    }

    /// Gives receivers a shared value, which they take as [`State<S>`](crate::State).
    #[must_use]
    pub fn state<S: Send + Sync + 'static>(mut self, state: S) -> Self {
        self.context.insert(state);
        self
    }

    /// Uses these receivers and no others, without the link-time registry.
    #[must_use]
    pub fn receivers(mut self, receivers: impl IntoIterator<Item = &'static ReceiverInfo>) -> Self {
        self.receivers = Some(receivers.into_iter().collect());
        self
    }

    /// How far a signature's time may lie from ours, either way. Default: [`DEFAULT_TOLERANCE`].
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Largest accepted body, in bytes. Default: [`DEFAULT_BODY_LIMIT`].
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// When receivers run. Default: [`ProcessingMode::Background`].
    #[must_use]
    pub fn mode(mut self, mode: ProcessingMode) -> Self {
        self.mode = mode;
        self
    }

    /// Proxies whose `X-Forwarded-For` is believed. Default: none.
    #[must_use]
    pub fn trusted_proxies(mut self, proxies: impl IntoIterator<Item = IpNet>) -> Self {
        self.trusted_proxies = proxies.into_iter().collect();
        self
    }

    /// How long to wait before each further try of a receiver. Default: [`RETRY_SCHEDULE`].
    #[must_use]
    pub fn retry_schedule(mut self, delays: impl IntoIterator<Item = Duration>) -> Self {
        self.retry_schedule = Some(delays.into_iter().collect());
        self
    }

    /// How long an event stays with a worker that gives no sign of life. Default: [`DEFAULT_LEASE`].
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = Some(lease);
        self
    }

    /// How long a worker that is told to stop finishes what it has begun; then it hands the rest back. Default:
    /// [`DEFAULT_GRACE`].
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
    }

    /// Needs no signing secret: without one only the endpoints of the database take deliveries, and [`Djstripe::work`]
    /// processes what other processes store.
    #[must_use]
    pub fn workers_only(mut self) -> Self {
        self.workers_only = true;
        self
    }

    /// Adds the application's own tables; they are brought up to date together with djstripe's.
    #[must_use]
    pub fn migrations(mut self, set: MigrationSet) -> Self {
        self.store_options.migrations.push(set);
        self
    }

    /// Decrypts the secrets of endpoints with this key. Default: what
    /// [`DJSTRIPE_ENCRYPTION_KEY`](crate::endpoint::ENCRYPTION_KEY_VARIABLE) holds, if it is set.
    #[must_use]
    pub fn encryption_key(mut self, key: EncryptionKey) -> Self {
        self.encryption_key = Some(key);
        self
    }

    /// The receivers that the built application would have.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn registry(&self) -> Result<Registry, RegistryError> {
        match &self.receivers {
            Some(receivers) => Registry::new(receivers.iter().copied()),
            None if self.mirror.enabled => Registry::collect(),
            None => Registry::collect_without_built_in(),
        }
    }

    /// Whether the signing secrets of the endpoint without a row can be used.
    #[cfg(feature = "cli")]
    pub(crate) fn check_secrets(&self) -> Result<(), SecretError> {
        SigningSecrets::new(self.secrets.iter().map(ExposeSecret::expose_secret)).map(drop)
    }

    /// Where events are kept; it may hold a password.
    #[cfg(feature = "cli")]
    pub(crate) fn url_of_database(&self) -> &str {
        self.database_url.as_deref().unwrap_or(DEFAULT_DATABASE_URL)
    }

    #[cfg(feature = "cli")]
    pub(crate) fn mirror_settings(&self) -> &MirrorSettings {
        &self.mirror
    }

    #[cfg(feature = "cli")]
    pub(crate) fn first_secret(&self) -> Option<&str> {
        self.secrets.first().map(ExposeSecret::expose_secret)
    }

    /// Opens the database alone, without migrating it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_store(&self) -> Result<Store, StoreError> {
        let url = self.database_url.as_deref().unwrap_or(DEFAULT_DATABASE_URL);
        let mut options = self.store_options.clone();
        // The application's migrations may refer to the mirror's tables.
        options.migrations.insert(0, store::mirror_tables());
        Store::connect(url, options).await
    }

    /// The client that the built application would have; `None` without a secret key.
    ///
    /// # Errors
    /// [`BuildError::Key`] and [`BuildError::Client`].
    pub fn client(&self) -> Result<Option<Client>, BuildError> {
        let keys = ApiKeys::new(self.secret_keys.iter().map(ExposeSecret::expose_secret))?;
        if keys.is_empty() {
            return Ok(None);
        }
        Ok(Some(Client::new(keys, self.client_options.clone())?))
    }

    /// The key of [`encryption_key`](Self::encryption_key), else that of the environment.
    pub(crate) fn open_key(&self) -> Result<Option<EncryptionKey>, SecretStorageError> {
        match &self.encryption_key {
            Some(key) => Ok(Some(key.clone())),
            None => EncryptionKey::from_environment(),
        }
    }

    /// Checks the settings, opens the database and brings its tables up to date.
    ///
    /// # Errors
    /// [`BuildError`]: without a secret or an endpoint in the database, with receivers that can't run, with an endpoint
    /// that can't take deliveries, or without a database nothing starts.
    pub async fn build(self) -> Result<Djstripe, BuildError> {
        let secrets = self.signing_secrets()?;
        let registry = self.registry()?;
        let client = self.client()?;
        let key = self.open_key()?;
        let store = self.open_store().await?;

        let services = Arc::new(Services::new(store.clone(), client.clone(), self.mirror));
        let mut context = self.context;
        context.insert_shared(Arc::clone(&services));
        if let Some(client) = &client {
            context.insert(client.clone());
        }
        check_receivers(&registry, &context)?;
        if client.is_none()
            && registry
                .receivers()
                .iter()
                .any(|receiver| receiver.is_built_in())
        {
            tracing::info!(
                "no secret key: objects are mirrored as events carry them, and nothing is fetched"
            );
        }

        store.migrate().await?;
        let endpoints = OpenEndpoints::read(&store, key).await?;
        endpoints.check(client.as_ref())?;
        if secrets.is_none() && !endpoints.is_empty() {
            tracing::info!("no signing secret: only the endpoints of the database are open");
        } else if secrets.is_none() && !self.workers_only {
            return Err(SecretError::Missing.into());
        }

        let lease = self.lease.unwrap_or(DEFAULT_LEASE);
        let retry_schedule = self.retry_schedule;
        let handover = Arc::new(Handover::new(lease));
        let wake = Arc::new(Wake::default());
        let processing = Processing::new(ProcessingParts {
            db_permits: Semaphore::new(store.receiver_connections()),
            committer: Committer::start(&store, &services),
            store: store.clone(),
            registry,
            context,
            services: Arc::clone(&services),
            hooks: self.hooks.clone(),
            effects: self.effects,
            handover: Arc::clone(&handover),
            wake: Arc::clone(&wake),
            mode: self.mode,
            retry_schedule: retry_schedule.unwrap_or_else(|| RETRY_SCHEDULE.to_vec()),
            lease,
            grace: self.grace.unwrap_or(DEFAULT_GRACE),
            worker_id: worker_id(),
        });

        let is_inline = self.mode == ProcessingMode::Inline;
        let intake = Intake::new(IntakeParts {
            inbox: Inbox::start(store.clone(), handover),
            store,
            endpoints,
            client,
            secrets,
            tolerance: self.tolerance.unwrap_or(DEFAULT_TOLERANCE),
            body_limit: self.body_limit.unwrap_or(DEFAULT_BODY_LIMIT),
            trusted_proxies: self.trusted_proxies,
            hooks: self.hooks,
            wake,
            inline: is_inline.then(|| processing.clone()),
        });
        Ok(Djstripe {
            intake,
            processing,
            services,
        })
    }

    /// The signing secrets of the endpoint without a row; `None` if there are none.
    fn signing_secrets(&self) -> Result<Option<SigningSecrets>, SecretError> {
        let secrets = self.secrets.iter().map(ExposeSecret::expose_secret);
        match SigningSecrets::new(secrets) {
            Ok(secrets) => Ok(Some(secrets)),
            Err(SecretError::Missing) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The database URL may hold a password.
        formatter
            .debug_struct("Builder")
            .field("secrets", &self.secrets.len())
            .finish_non_exhaustive()
    }
}

/// Refuses to start with a receiver whose arguments can't be made, and logs how many receivers there are.
fn check_receivers(registry: &Registry, context: &Context) -> Result<(), BuildError> {
    for receiver in registry.receivers() {
        (receiver.check)(context).map_err(|source| BuildError::Receiver {
            receiver: receiver.id,
            location: receiver.location,
            source: Box::new(source),
        })?;
    }

    let receivers = registry.receivers();
    let built_in = receivers.iter().filter(|it| it.is_built_in()).count();
    tracing::info!(
        application = receivers.len() - built_in,
        built_in,
        "receivers registered; the command `receivers` lists them"
    );
    if receivers.is_empty() {
        tracing::warn!(
            "no receiver is registered; receivers in a library crate count only if the program mentions the crate: \
             `use that_crate as _;`"
        );
    }
    Ok(())
}
