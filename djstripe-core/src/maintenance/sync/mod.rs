//! Fills the mirror from Stripe's lists.
//!
//! In: types of object and accounts. Out: rows, and a [`Summary`]. Several pages are requested at a
//! time, within the rate budget and behind live work. Pages are written in batches, and each commit
//! holds the cursors of its rows. The next sync resumes one that was killed; two syncs at the same
//! time share the lists.
//!
//! Invariant: no request is under way while a connection is held, and only a few pages are in
//! memory at a time.

mod progress;
mod scope;
mod range;
mod parents;
mod page;
mod message;
mod fetch;
mod task;
mod job;
mod scheduler;
mod writer;
mod commit;
mod backfill;

use std::sync::Arc;
use std::time::Duration;

use djstripe_models::{ModelDescriptor, descriptor};

pub use progress::{BackfillRuns, Counts, ListName, ObjectSummary, Progress, Summary};

use super::lists::{self, List, Listing};
use crate::client::{Client, ClientError};
use crate::maintenance::account_scope::AccountScope;
use crate::mirror::MirrorSettings;
use crate::receiver::registry::Registry;
use crate::store::{Store, StoreError};
use crate::timestamp::Timestamp;
use crate::webhook::mode_name;

/// What to sync. The defaults fit most applications.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SyncOptions {
    /// Types of object, such as `customer`; all if empty. A list that Stripe has once for each
    /// parent, such as the payment methods of customers, is read for the parents in the mirror.
    pub objects: Vec<String>,
    /// Leaves out objects created before this time, in lists that Stripe can filter by time.
    /// Default: nothing is left out.
    pub since: Option<Timestamp>,
    /// The accounts whose objects are synced. Default: the platform's own.
    pub accounts: AccountScope,
    /// Whether to sync live mode or test mode. Default: each mode that has a key.
    pub livemode: Option<bool>,
    /// Concurrent requests. Default: 8.
    pub concurrency: usize,
    /// Whether receivers with `on_backfill = true` are called for each object. An event is stored
    /// with the object, and workers process it like any other event. Default: no.
    pub receivers: bool,
    /// How long a claim on a list lasts if it isn't renewed, as after a crash. Default: 10 s.
    pub lease: Duration,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            objects: Vec::new(),
            since: None,
            accounts: AccountScope::default(),
            livemode: None,
            concurrency: 8,
            receivers: false,
            lease: Duration::from_secs(10),
        }
    }
}

/// Why a sync could not start, or ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// There is no secret key.
    #[error("there is no secret key to list Stripe's objects with; set STRIPE_SECRET_KEY")]
    NoKey,
    /// Stripe has no such type of object.
    #[error("`{object}` is not an object of Stripe's")]
    UnknownObject {
        /// The name that was given.
        object: String,
    },
    /// Objects of this type can't be listed.
    #[error("`{object}` can't be listed: {reason}")]
    Unlisted {
        /// The type of object.
        object: &'static str,
        /// The reason.
        reason: &'static str,
    },
    /// Stripe refuses the secret key for all requests.
    #[error("Stripe refuses the secret key of {} mode", mode_name(*.livemode))]
    KeyRefused {
        /// The key's mode.
        livemode: bool,
        /// Stripe's error.
        source: ClientError,
    },
    /// A request failed.
    #[error(transparent)]
    Client(ClientError),
    /// [`SyncOptions::receivers`] is set, but no receiver has `on_backfill = true`.
    #[error("no receiver has `on_backfill = true`, so there is none to call")]
    NoReceiver,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why embedded objects are not synced by name.
const EMBEDDED: &str = "such objects are embedded in others; sync those";

impl SyncOptions {
    /// Checks the types of object. Makes no request.
    ///
    /// ```
    /// use djstripe_core::sync::SyncOptions;
    ///
    /// let mut options = SyncOptions::default();
    /// options.objects = vec!["customer".into(), "subscription".into()];
    /// assert!(options.check().is_ok());
    /// options.objects.push("balance".into());
    /// let error = options.check().unwrap_err();
    /// assert_eq!(error.to_string(), "`balance` can't be listed: it has no id");
    /// ```
    ///
    /// # Errors
    /// [`SyncError::UnknownObject`] and [`SyncError::Unlisted`].
    pub fn check(&self) -> Result<(), SyncError> {
        self.lists().map(drop)
    }

    /// The lists to read, parents first.
    fn lists(&self) -> Result<Vec<List>, SyncError> {
        let mut wanted: Vec<&'static ModelDescriptor> = Vec::new();
        for object in &self.objects {
            let known = descriptor(object).ok_or_else(|| SyncError::UnknownObject {
                object: object.clone(),
            })?;
            let reason = match lists::listing(known) {
                Listing::Listed(_) => {
                    wanted.push(known);
                    continue;
                }
                Listing::Embedded(_) => EMBEDDED,
                Listing::Unlisted(reason) => reason,
            };
            return Err(SyncError::Unlisted {
                object: known.object,
                reason,
            });
        }

        Ok(lists::lists(|descriptor| {
            wanted.is_empty() || wanted.contains(&descriptor)
        }))
    }

    /// The second from which on objects are synced; 0 for all.
    fn since_seconds(&self) -> i64 {
        self.since.map_or(0, |since| since.micros() / 1_000_000)
    }
}

/// Fills the mirror from Stripe's lists. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Syncer {
    pub(crate) store: Store,
    pub(crate) client: Option<Client>,
    pub(crate) settings: Arc<MirrorSettings>,
    pub(crate) registry: Arc<Registry>,
}

impl Syncer {
    pub(crate) async fn sync(
        &self,
        options: &SyncOptions,
        observe: &mut (dyn FnMut(&Progress) + Send),
    ) -> Result<Summary, SyncError> {
        let lists = options.lists()?;
        let client = self.client.as_ref().ok_or(SyncError::NoKey)?;
        if options.receivers && !self.registry.has_receivers_on_backfill() {
            return Err(SyncError::NoReceiver);
        }

        scheduler::run(self, client, options, lists, observe).await
    }

    /// How the receivers' runs for the events of a sync have ended so far.
    pub(crate) async fn backfill_runs(
        &self,
        summary: &Summary,
    ) -> Result<BackfillRuns, StoreError> {
        let runs: Vec<String> = summary.runs.iter().cloned().collect();
        let totals = self.store.backfill_runs(&runs).await?;
        Ok(totals.into())
    }
}
