//! Builds an application: settings come in one by one, a checked and connected [`Djstripe`] goes out.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::account::OwnAccount;
use super::build_error::BuildError;
use super::database::DatabaseSettings;
use super::defaults::{DEFAULT_BODY_LIMIT, DEFAULT_GRACE, DEFAULT_LEASE, DEFAULT_RETRIEVE_LIMIT};
use super::effects;
use super::facade::Djstripe;
use super::own_accounts;
use super::reconciling::Reconciling;
use super::server::{Server, ServerSettings};
use crate::client::{ClientOptions, Clients};
use crate::endpoint::{EncryptionKey, SecretStorageError, SettingError};
use crate::error::describe;
use crate::hooks::Hooks;
use crate::intake::attendance::Attendance;
use crate::intake::inbox::{Inbox, Taker};
use crate::intake::open_endpoints::OpenEndpoints;
use crate::intake::refusals::Refusals;
use crate::intake::replies::Replies;
use crate::intake::retrieval::Retrievals;
use crate::intake::{AccountSecrets, EndpointError, Intake, IntakeParts};
use crate::mirror::{MirrorSettings, Services};
use crate::processing::committer::Committer;
use crate::processing::handover::Handover;
use crate::processing::minute_writer::MinuteWriter;
use crate::processing::verdict::RETRY_SCHEDULE;
use crate::processing::wake::Wake;
use crate::processing::{InlineProcessing, Processing, ProcessingMode, ProcessingParts, worker_id};
use crate::receiver::ReceiverInfo;
use crate::receiver::context::Context;
use crate::receiver::effects::EffectInfo;
use crate::receiver::effects::handlers::EffectHandler;
use crate::receiver::registry::{Registry, RegistryError};
use crate::telemetry::minutes::Minutes;
use crate::telemetry::vitals::Vitals;
use crate::webhook::signature::{DEFAULT_TOLERANCE, SecretError};

/// Settings of a [`Djstripe`].
///
/// Its `Debug` never shows a secret.
#[derive(Clone, Default)]
pub struct Builder {
    pub(super) secrets: Vec<SecretString>,
    pub(super) secret_keys: Vec<SecretString>,
    pub(super) accounts: BTreeMap<String, OwnAccount>,
    pub(super) client_options: ClientOptions,
    /// The clients of these settings, once they were asked for.
    pub(super) opened_clients: Arc<OnceLock<Clients>>,
    mirror: MirrorSettings,
    pub(super) hooks: Hooks,
    pub(super) given_effects: BTreeMap<String, EffectHandler>,
    pub(super) declared_effects: Option<Vec<&'static EffectInfo>>,
    context: Context,
    receivers: Option<Vec<&'static ReceiverInfo>>,
    pub(super) tolerance: Option<Duration>,
    body_limit: Option<usize>,
    retrieve_limit: Option<Duration>,
    mode: ProcessingMode,
    trusted_proxies: Vec<IpNet>,
    retry_schedule: Option<Vec<Duration>>,
    lease: Option<Duration>,
    grace: Option<Duration>,
    pub(super) database: DatabaseSettings,
    encryption_keys: Option<Vec<EncryptionKey>>,
    /// Those of the environment, once they were asked for: a pipe in place of a file has them once.
    opened_keys: Arc<OnceLock<Vec<EncryptionKey>>>,
    /// Why a setting could not be read from the environment.
    pub(super) unread_setting: Option<SettingError>,
    workers_only: bool,
    pub(super) reconciling: Option<Reconciling>,
    pub(super) server: ServerSettings,
}

impl Djstripe {
    /// A builder with the default settings.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Adds a signing secret, `whsec_…`, of the endpoint that has no row in the database. A delivery is
    /// accepted if it is signed with any of its secrets.
    #[must_use]
    pub fn webhook_secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(SecretString::from(secret.into()));
        self
    }

    /// Replaces the signing secrets.
    #[must_use]
    pub fn webhook_secrets(mut self, secrets: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.secrets = secrets
            .into_iter()
            .map(|secret| SecretString::from(secret.into()))
            .collect();
        self
    }

    /// Adds a secret key, `sk_…` or `rk_…`, at most one of each mode. Without one, nothing is fetched, and
    /// objects are mirrored as the events carry them.
    #[must_use]
    pub fn secret_key(mut self, key: impl Into<String>) -> Self {
        self.secret_keys.push(SecretString::from(key.into()));
        self.without_clients()
    }

    /// Replaces the secret keys.
    #[must_use]
    pub fn secret_keys(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.secret_keys = keys
            .into_iter()
            .map(|key| SecretString::from(key.into()))
            .collect();
        self.without_clients()
    }

    /// Declares one of several Stripe accounts of the application's own, which are not connected to
    /// one another: its rows, events and requests are kept apart by its id. The secrets and keys that
    /// the builder itself is given are those of one more account, which needs no declaration; the
    /// mirror keeps that account's rows under the empty string.
    ///
    /// A key that belongs to another account is refused by [`build`](Self::build).
    ///
    /// ```
    /// use djstripe_core::Djstripe;
    ///
    /// let builder = Djstripe::builder()
    ///     .account("acct_1", |account| account.webhook_secret("whsec_1").secret_key("sk_test_1"))
    ///     .account("acct_2", |account| account.webhook_secret("whsec_2").secret_key("sk_test_2"));
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn account(
        mut self,
        id: impl Into<String>,
        declare: impl FnOnce(OwnAccount) -> OwnAccount,
    ) -> Self {
        let account = self.accounts.entry(id.into()).or_default();
        *account = declare(std::mem::take(account));
        self.without_clients()
    }

    /// Sets the address of Stripe's API. Default: [`DEFAULT_API_BASE`](crate::client::DEFAULT_API_BASE).
    #[must_use]
    pub fn api_base(mut self, base: impl Into<String>) -> Self {
        self.client_options.base = base.into();
        self.without_clients()
    }

    /// Changes the client's settings: timeouts, retries, rates.
    #[must_use]
    pub fn client_options(mut self, change: impl FnOnce(&mut ClientOptions)) -> Self {
        change(&mut self.client_options);
        self.without_clients()
    }

    /// Sets what the mirror does. Default: it mirrors every object, and fetches it if there is a key.
    #[must_use]
    pub fn mirror(mut self, settings: MirrorSettings) -> Self {
        self.mirror = settings;
        self
    }

    /// Adds a shared value, which receivers take as [`State<S>`](crate::State).
    #[must_use]
    pub fn state<S: Send + Sync + 'static>(mut self, state: S) -> Self {
        self.context.insert(state);
        self
    }

    /// Uses these receivers instead of those that the program registers.
    #[must_use]
    pub fn receivers(mut self, receivers: impl IntoIterator<Item = &'static ReceiverInfo>) -> Self {
        self.receivers = Some(receivers.into_iter().collect());
        self
    }

    /// Sets how far the time of a signature may differ from this machine's clock, in either direction.
    /// Default: [`DEFAULT_TOLERANCE`].
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Sets the size of the largest body that is accepted, in bytes. Default: [`DEFAULT_BODY_LIMIT`].
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// Sets how long a delivery may wait for Stripe's copy of its event, with all retries, at an endpoint
    /// whose validation is `retrieve_event`. The answer is 503 after it. Default: [`DEFAULT_RETRIEVE_LIMIT`].
    #[must_use]
    pub fn retrieve_limit(mut self, limit: Duration) -> Self {
        self.retrieve_limit = Some(limit);
        self
    }

    /// Sets when receivers run. Default: [`ProcessingMode::Background`].
    #[must_use]
    pub fn mode(mut self, mode: ProcessingMode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets the proxies whose `X-Forwarded-For` header is trusted. Default: none.
    #[must_use]
    pub fn trusted_proxies(mut self, proxies: impl IntoIterator<Item = IpNet>) -> Self {
        self.trusted_proxies = proxies.into_iter().collect();
        self
    }

    /// Sets the wait before each retry of a receiver. Default: [`RETRY_SCHEDULE`].
    #[must_use]
    pub fn retry_schedule(mut self, delays: impl IntoIterator<Item = Duration>) -> Self {
        self.retry_schedule = Some(delays.into_iter().collect());
        self
    }

    /// Sets how long a lease lasts that is not extended. Default: [`DEFAULT_LEASE`].
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = Some(lease);
        self
    }

    /// Sets how long a server or a worker that shuts down may take to finish its requests and events. It
    /// cuts off the requests and releases the events that are not finished then; of the last eighth, at most
    /// a second, that needs a part. Default: [`DEFAULT_GRACE`].
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
    }

    /// Starts without a signing secret too. Then only the endpoints of the database take deliveries,
    /// [`Djstripe::work`] processes what other processes store, and [`Djstripe::receive_trusted`] takes
    /// the messages of a queue.
    #[must_use]
    pub fn workers_only(mut self) -> Self {
        self.workers_only = true;
        self
    }

    /// Sets the key that encrypts and decrypts the secrets of endpoints. Default: the keys in
    /// [`DJSTRIPE_ENCRYPTION_KEY`](crate::endpoint::ENCRYPTION_KEY_VARIABLE), if it is set.
    #[must_use]
    pub fn encryption_key(self, key: EncryptionKey) -> Self {
        self.encryption_keys([key])
    }

    /// Sets several keys of which the first one encrypts the secrets of endpoints, and all decrypt
    /// them: the new one and the old one, while the key is being [rotated](crate::secrets).
    ///
    /// ```
    /// use djstripe_core::Djstripe;
    /// use djstripe_core::endpoint::EncryptionKey;
    ///
    /// let keys = EncryptionKey::parse_all(&format!("{},{}", "0".repeat(64), "1".repeat(64)))?;
    /// let builder = Djstripe::builder().encryption_keys(keys);
    /// # let _ = builder;
    /// # Ok::<(), djstripe_core::endpoint::SecretStorageError>(())
    /// ```
    #[must_use]
    pub fn encryption_keys(mut self, keys: impl IntoIterator<Item = EncryptionKey>) -> Self {
        self.encryption_keys = Some(keys.into_iter().collect());
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

    /// Whether the application lists its receivers, in place of those that the program registers.
    pub(super) fn has_own_receivers(&self) -> bool {
        self.receivers.is_some()
    }

    #[cfg(feature = "cli")]
    pub(crate) fn mirror_settings(&self) -> &MirrorSettings {
        &self.mirror
    }

    /// The keys given to [`encryption_keys`](Self::encryption_keys) or, without them, those of the
    /// environment.
    pub(crate) fn open_keys(&self) -> Result<Vec<EncryptionKey>, SecretStorageError> {
        if let Some(keys) = self.encryption_keys.as_ref().or(self.opened_keys.get()) {
            return Ok(keys.clone());
        }
        let keys = EncryptionKey::all_from_environment()?;
        Ok(self.opened_keys.get_or_init(|| keys).clone())
    }

    /// Checks the settings, connects to the database and migrates it.
    ///
    /// # Errors
    /// [`BuildError`], if there is neither a secret nor an endpoint in the database that could take
    /// deliveries, if a receiver can't run, or if the database fails. An endpoint that can't take
    /// deliveries while others can is logged, and its deliveries are answered with 503.
    pub async fn build(mut self) -> Result<Djstripe, BuildError> {
        self.mirror.check()?;
        let secrets = self.signing_secrets()?;
        let registry = self.registry()?;
        let (handlers, declared) = (self.effect_handlers()?, self.declared());
        let clients = self.clients()?;
        let keys = self.open_keys()?;
        let store = self.open_store().await?;
        self.mirror.keep_to(&store.mirror_tables().await?);

        let services = Arc::new(Services::new(store.clone(), clients.clone(), self.mirror));
        let mut context = self.context;
        context.insert_shared(Arc::clone(&services));
        context.insert(clients.clone());
        check_receivers(&registry, &context)?;
        effects::check(&declared, &context)?;
        if clients.is_empty()
            && registry
                .receivers()
                .iter()
                .any(|receiver| receiver.is_built_in())
        {
            tracing::info!(
                "no secret key: objects are mirrored as events carry them, and nothing is fetched"
            );
        }

        self.database.migrate_or_refuse(&store).await?;
        own_accounts::check(&store, &clients).await?;
        effects::warn_of_unhandled(&store, handlers.names()).await?;
        let endpoints = OpenEndpoints::read(&store, keys).await?;
        let closed = endpoints.check(&clients);
        check_open(&secrets, endpoints.len(), closed, self.workers_only)?;

        let receivers = registry.receivers().iter();
        let built_in = receivers.filter(|it| it.is_built_in()).map(|it| it.id);
        let built_in = built_in.collect();

        let lease = self.lease.unwrap_or(DEFAULT_LEASE);
        let retry_schedule = self.retry_schedule;
        let handover = Arc::new(Handover::new(lease));
        let wake = Arc::new(Wake::default());
        let vitals = Vitals::default();
        let minutes = Minutes::default();
        let processing = Processing::new(ProcessingParts {
            db_permits: Semaphore::new(store.receiver_connections()),
            committer: Committer::start(&store, &services, &vitals),
            store: store.clone(),
            registry: Arc::new(registry),
            context,
            services: Arc::clone(&services),
            hooks: self.hooks.clone(),
            effects: handlers,
            handover: Arc::clone(&handover),
            wake: Arc::clone(&wake),
            mode: self.mode,
            retry_schedule: retry_schedule.unwrap_or_else(|| RETRY_SCHEDULE.to_vec()),
            lease,
            grace: self.grace.unwrap_or(DEFAULT_GRACE),
            worker_id: worker_id(),
            _minute_writer: MinuteWriter::start(store.clone(), minutes.clone(), &vitals),
            minutes: minutes.clone(),
            vitals: vitals.clone(),
        });

        let replies = Replies {
            store: store.clone(),
            registry: processing.shared_registry(),
            context: processing.context().clone(),
            minutes: minutes.clone(),
        };
        let (taker, inline) = match processing.inline_leases() {
            None => (Taker::Worker(handover), None),
            Some(leases) => {
                let inline = InlineProcessing::new(processing.clone());
                (Taker::Delivery(leases), Some(inline))
            }
        };
        let body_limit = self.body_limit.unwrap_or(DEFAULT_BODY_LIMIT);
        let server = Server::new(self.server, body_limit, self.trusted_proxies.clone());
        let intake = Intake::new(IntakeParts {
            inbox: Inbox::start(store.clone(), taker, Arc::clone(&wake), &vitals),
            attendance: Attendance::start(store.clone(), &vitals),
            store,
            endpoints,
            clients,
            secrets,
            tolerance: self.tolerance.unwrap_or(DEFAULT_TOLERANCE),
            body_limit,
            retrieve_limit: self.retrieve_limit.unwrap_or(DEFAULT_RETRIEVE_LIMIT),
            trusted_proxies: self.trusted_proxies,
            hooks: self.hooks,
            wake,
            built_in,
            inline,
            replies,
            registry: processing.shared_registry(),
            refusals: Refusals::default(),
            retrievals: Retrievals::default(),
            minutes,
        });
        Ok(Djstripe {
            intake,
            processing,
            services,
            reconciling: self.reconciling,
            server,
        })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The database URL may contain a password.
        formatter
            .debug_struct("Builder")
            .field("secrets", &self.secrets.len())
            .finish_non_exhaustive()
    }
}

/// Refuses to start if no delivery could be accepted, and logs which endpoints can't accept any.
fn check_open(
    secrets: &[AccountSecrets],
    endpoints: usize,
    closed: Vec<EndpointError>,
    workers_only: bool,
) -> Result<(), BuildError> {
    let is_any_open = !secrets.is_empty() || endpoints > closed.len();
    for error in &closed {
        let error = describe(error);
        // A process that only works is sent no deliveries.
        if workers_only {
            tracing::warn!(error, "an endpoint can't take deliveries");
        } else if is_any_open {
            tracing::error!(
                error,
                "an endpoint can't take deliveries: they are answered with 503 until it can"
            );
        }
    }

    if is_any_open && secrets.is_empty() {
        tracing::info!("no signing secret: only the endpoints of the database are open");
    }
    match closed.into_iter().next() {
        _ if is_any_open || workers_only => Ok(()),
        Some(error) => Err(error.into()),
        None => Err(SecretError::Missing.into()),
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
    if receivers.len() == built_in {
        tracing::warn!(
            "no receiver of the application is registered; receivers in a library crate count only if the program \
             mentions the crate: `use that_crate as _;`"
        );
    }
    Ok(())
}
