//! The application's main value: settings come in through the [`Builder`], a ready [`Djstripe`] goes out.

mod builder;

pub use builder::{BuildError, Builder};

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::{Notify, Semaphore};

use crate::client::Client;
use crate::hooks::Hooks;
use crate::intake::inbox::Inbox;
use crate::intake::open_endpoints::EndpointCache;
use crate::mirror::Services;
use crate::processing::committer::Committer;
use crate::processing::handover::Handover;
use crate::processing::outbox::Effects;
use crate::receiver::context::Context;
use crate::receiver::registry::Registry;
use crate::store::Store;
use crate::timestamp::Timestamp;
use crate::webhook::signature::SigningSecrets;

/// Largest body that is accepted unless set otherwise: 1 MiB.
pub const DEFAULT_BODY_LIMIT: usize = 1024 * 1024;

/// How long an event stays with a worker that gives no sign of life, unless set otherwise: 60 s. Then another worker
/// takes it; one that works on it extends this all the time.
pub const DEFAULT_LEASE: Duration = Duration::from_secs(60);

/// How long a worker that is told to stop finishes what it has begun, unless set otherwise: 30 s.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(30);

/// Database of an application that names none.
pub const DEFAULT_DATABASE_URL: &str = "sqlite:djstripe.db";

/// When receivers run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// The delivery is acknowledged once the event is stored; workers run the receivers.
    #[default]
    Background,
    /// Receivers run before the delivery is answered; a failure is answered with 500, as dj-stripe does.
    Inline,
}

/// A receiver of webhooks that is ready to run. Cheap to clone.
///
/// ```no_run
/// # async fn main_job() -> Result<(), Box<dyn std::error::Error>> {
/// use djstripe_core::Djstripe;
///
/// let app = Djstripe::builder().secret("whsec_…").database_url("sqlite:shop.db").build().await?;
/// app.registry().require("invoice.paid")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Djstripe(Arc<Inner>);

struct Inner {
    registry: Registry,
    context: Context,
    store: Store,
    secrets: Option<SigningSecrets>,
    endpoints: EndpointCache,
    tolerance: Duration,
    body_limit: usize,
    mode: Mode,
    trusted_proxies: Vec<IpNet>,
    retry_schedule: Vec<Duration>,
    lease: Duration,
    worker_id: String,
    wake: Notify,
    services: Arc<Services>,
    hooks: Hooks,
    effects: Effects,
    asked: Notify,
    handover: Arc<Handover>,
    inbox: Inbox,
    committer: Committer,
    /// Connections that receivers may hold at a time.
    db_places: Semaphore,
    /// When the first event that is to be tried again is due.
    next_due: Mutex<Option<Timestamp>>,
    /// Whether the database tells of new events.
    listening: AtomicBool,
    grace: Duration,
}

impl Djstripe {
    /// Begins the settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The receivers.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// The shared value of type `S`, if the builder was given one.
    pub fn state<S: Send + Sync + 'static>(&self) -> Option<Arc<S>> {
        self.0.context.state()
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// When receivers run.
    pub fn mode(&self) -> Mode {
        self.0.mode
    }

    /// Largest body that is accepted, in bytes.
    pub fn body_limit(&self) -> usize {
        self.0.body_limit
    }

    /// The client, if there is a secret key.
    pub fn client(&self) -> Option<&Client> {
        self.0.services.client.as_ref()
    }

    pub(crate) fn effects(&self) -> &Effects {
        &self.0.effects
    }

    pub(crate) fn tell_of_effects(&self) {
        self.0.asked.notify_one();
    }

    pub(crate) async fn effects_asked_for(&self) {
        self.0.asked.notified().await;
    }

    pub(crate) fn handover(&self) -> &Handover {
        &self.0.handover
    }

    pub(crate) fn inbox(&self) -> &Inbox {
        &self.0.inbox
    }

    pub(crate) fn committer(&self) -> &Committer {
        &self.0.committer
    }

    pub(crate) fn db_places(&self) -> &Semaphore {
        &self.0.db_places
    }

    pub(crate) fn grace(&self) -> Duration {
        self.0.grace
    }

    pub(crate) fn is_listening(&self) -> bool {
        self.0.listening.load(Ordering::Relaxed)
    }

    pub(crate) fn set_listening(&self, listening: bool) {
        self.0.listening.store(listening, Ordering::Relaxed);
    }

    /// Notes that an event is to be tried again then.
    pub(crate) fn note_due(&self, at: Timestamp) {
        let mut next = self
            .0
            .next_due
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *next = Some(next.map_or(at, |next| next.min(at)));
    }

    /// When the first event is to be tried again, as far as this process knows.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        *self
            .0
            .next_due
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a time that has passed.
    pub(crate) fn pass_due(&self, at: Timestamp) {
        let mut next = self
            .0
            .next_due
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *next = next.filter(|next| *next > at);
    }

    pub(crate) fn services(&self) -> &Services {
        &self.0.services
    }

    pub(crate) fn hooks(&self) -> &Hooks {
        &self.0.hooks
    }

    pub(crate) fn context(&self) -> &Context {
        &self.0.context
    }

    /// The secrets of the endpoint without a row; `None` if there is no such endpoint.
    pub(crate) fn secrets(&self) -> Option<&SigningSecrets> {
        self.0.secrets.as_ref()
    }

    pub(crate) fn endpoints(&self) -> &EndpointCache {
        &self.0.endpoints
    }

    pub(crate) fn tolerance(&self) -> Duration {
        self.0.tolerance
    }

    pub(crate) fn trusted_proxies(&self) -> &[IpNet] {
        &self.0.trusted_proxies
    }

    pub(crate) fn retry_schedule(&self) -> &[Duration] {
        &self.0.retry_schedule
    }

    pub(crate) fn lease(&self) -> Duration {
        self.0.lease
    }

    pub(crate) fn worker_id(&self) -> &str {
        &self.0.worker_id
    }

    pub(crate) fn wake_workers(&self) {
        self.0.wake.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.0.wake.notified().await;
    }
}

impl fmt::Debug for Djstripe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Djstripe")
            .field("receivers", &self.0.registry.receivers().len())
            .field("mode", &self.0.mode)
            .finish_non_exhaustive()
    }
}
