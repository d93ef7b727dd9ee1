//! The application's main value.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::reconciling::Reconciling;
use super::server::Server;
use crate::client::Client;
use crate::intake::Intake;
use crate::mirror::Services;
use crate::processing::Processing;
use crate::receiver::registry::Registry;
use crate::store::Store;
use crate::telemetry::vitals::Vitals;

/// An application that is ready to receive webhooks and to run receivers. Cheap to clone.
///
/// ```no_run
/// # async fn main_job() -> Result<(), Box<dyn std::error::Error>> {
/// use djstripe_core::Djstripe;
///
/// let app = Djstripe::builder().webhook_secret("whsec_…").database_url("sqlite:shop.db").build().await?;
/// app.registry().require("invoice.paid")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Djstripe {
    pub(super) intake: Intake,
    pub(super) processing: Processing,
    pub(super) services: Arc<Services>,
    pub(super) reconciling: Option<Reconciling>,
    pub(super) server: Server,
}

impl Djstripe {
    /// The receivers.
    pub fn registry(&self) -> &Registry {
        self.processing.registry()
    }

    /// The shared value of type `S`, if the builder was given one.
    pub fn state<S: Send + Sync + 'static>(&self) -> Option<Arc<S>> {
        self.processing.context().state()
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.services.store
    }

    /// The client, if there is a secret key. Of several own accounts, it is that of the account without
    /// a declaration.
    pub fn client(&self) -> Option<&Client> {
        self.services.clients.main()
    }

    /// The client of a [declared](super::Builder::account) own account, if it has a secret key.
    pub fn client_of(&self, own_account: &str) -> Option<&Client> {
        self.services.clients.of(Some(own_account))
    }

    /// Whether any own account has a secret key.
    #[cfg(feature = "cli")]
    pub(crate) fn has_key(&self) -> bool {
        !self.services.clients.is_empty()
    }

    /// Counts a refused delivery whose body was not read.
    pub(crate) fn count_refused(&self, reason: &'static str) {
        self.intake.count_refused(reason);
    }

    pub(crate) fn body_limit(&self) -> usize {
        self.intake.body_limit()
    }

    /// Whether the long-lived tasks run.
    pub(crate) fn vitals(&self) -> &Vitals {
        self.processing.vitals()
    }

    /// How long a shutdown may take.
    pub(crate) fn grace(&self) -> Duration {
        self.processing.grace()
    }
}

impl fmt::Debug for Djstripe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Djstripe")
            .field("receivers", &self.registry().receivers().len())
            .field("mode", &self.processing.mode())
            .finish_non_exhaustive()
    }
}
