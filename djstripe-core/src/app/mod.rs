//! The facade: settings come in through the [`Builder`], a ready [`Djstripe`] goes out.
//!
//! Each stage has a handle with what it needs; `Djstripe` holds the handles and forwards to them.

mod builder;
mod hooks;
mod receive;
mod work;
mod maintain;
mod watch;

pub use builder::{BuildError, Builder};
pub use watch::BACKLOG_INTERVAL;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::client::Client;
use crate::intake::Intake;
use crate::mirror::Services;
use crate::processing::Processing;
use crate::receiver::registry::Registry;
use crate::store::Store;

/// Largest body that is accepted unless the builder sets another limit: 1 MiB.
pub const DEFAULT_BODY_LIMIT: usize = 1024 * 1024;

/// How long a lease lasts unless the builder sets another time: 60 s. A worker extends the leases of
/// the events that it processes; after a crash they expire, and another worker claims the events.
pub const DEFAULT_LEASE: Duration = Duration::from_secs(60);

/// How long a worker that shuts down may take to finish the events that it runs, unless the builder
/// sets another time: 30 s.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(30);

/// The database of an application that names none.
pub const DEFAULT_DATABASE_URL: &str = "sqlite:djstripe.db";

/// An application that is ready to receive webhooks and to run receivers. Cheap to clone.
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
pub struct Djstripe {
    intake: Intake,
    processing: Processing,
    services: Arc<Services>,
}

impl Djstripe {
    /// Starts with the default settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

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

    /// The client, if there is a secret key.
    pub fn client(&self) -> Option<&Client> {
        self.services.client.as_ref()
    }

    pub(crate) fn body_limit(&self) -> usize {
        self.intake.body_limit()
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
