//! Filling the mirror from Stripe's lists.
//!
//! In: which objects of which accounts. Between: lists are gone through with several pages under way, within the rate budget
//! and behind live work; pages flow into batched upserts, and each commit holds the cursors of its rows. Out: rows, and a
//! [`Summary`]. A sync that is killed is gone on with by the next one; two at once share the lists between them.
//!
//! Invariant: no request is under way while a connection is held; at most a few pages are in memory at a time.

mod parents;
mod backfill;
mod commit;
mod fetch;
mod job;
mod layout;
mod page;
mod progress;
mod range;
mod run;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use djstripe_models::{ModelDescriptor, descriptor};

pub use progress::{BackfillRuns, Counts, ListName, ObjectSummary, Progress, Summary};

use super::lists::{self, List, Reach};
use crate::client::{Client, ClientError};
use crate::maintenance::account_scope::AccountScope;
use crate::mirror::MirrorSettings;
use crate::receiver::registry::Registry;
use crate::store::{Store, StoreError};
use crate::timestamp::Timestamp;
use crate::webhook::mode_name;

/// What to sync, each setting with a default that fits most.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SyncOptions {
    /// Types of objects, `customer`; none means all. A list below another, as that of payment methods below customers, is
    /// asked for below those that the mirror has.
    pub objects: Vec<String>,
    /// Leaves out what was created before; only lists that Stripe can narrow so.
    pub since: Option<Timestamp>,
    /// Whose objects. Default: the platform's own.
    pub accounts: AccountScope,
    /// Of which mode. Default: of each mode that there is a key for.
    pub livemode: Option<bool>,
    /// Requests under way at a time. Default 8.
    pub concurrency: usize,
    /// Whether receivers with `on_backfill = true` are called for each object: an event for each is stored with it, which
    /// workers process as any other. Default: no.
    pub receivers: bool,
    /// How long a list stays with a run that gives no sign of life. Default 10 s.
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

/// Why a sync could not run, or had to end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// There is no client.
    #[error("there is no secret key to ask Stripe with; set STRIPE_SECRET_KEY")]
    NoKey,
    /// The catalogue doesn't know such objects.
    #[error("`{object}` is not an object of Stripe's")]
    UnknownObject {
        /// What was given.
        object: String,
    },
    /// Stripe has no list of such objects that could be gone through.
    #[error("`{object}` can't be listed: {reason}")]
    Unlisted {
        /// The type.
        object: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// Stripe refuses the key, whatever it is used for.
    #[error("Stripe refuses the secret key of {} mode", mode_name(*.livemode))]
    KeyRefused {
        /// The key's mode.
        livemode: bool,
        /// Stripe's answer.
        source: ClientError,
    },
    /// Stripe could not be reached.
    #[error(transparent)]
    Client(ClientError),
    /// Receivers are to be called, but none wants to be.
    #[error("no receiver has `on_backfill = true`, so there is none to call")]
    NoReceiver,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why objects that are part of others are not synced by their own name.
const EMBEDDED: &str = "such objects come with those that they are part of; sync those";

impl SyncOptions {
    /// The lists to go through, parents first.
    fn lists(&self) -> Result<Vec<List>, SyncError> {
        let mut wanted: Vec<&'static ModelDescriptor> = Vec::new();
        for object in &self.objects {
            let known = descriptor(object).ok_or_else(|| SyncError::UnknownObject {
                object: object.clone(),
            })?;
            match lists::reach(known) {
                Reach::Listed(_) => wanted.push(known),
                Reach::Embedded(_) => {
                    return Err(SyncError::Unlisted {
                        object: known.object,
                        reason: EMBEDDED,
                    });
                }
                Reach::Unlisted(reason) => {
                    return Err(SyncError::Unlisted {
                        object: known.object,
                        reason,
                    });
                }
            }
        }
        Ok(lists::lists(|descriptor| {
            wanted.is_empty() || wanted.contains(&descriptor)
        }))
    }

    /// Checks the names of the objects, without asking anybody.
    ///
    /// ```
    /// use djstripe_core::sync::SyncOptions;
    ///
    /// let mut options = SyncOptions::default();
    /// options.objects = vec!["customer".into(), "subscription".into()];
    /// assert!(options.check().is_ok());
    /// options.objects.push("balance".into());
    /// assert_eq!(options.check().unwrap_err().to_string(), "`balance` can't be listed: it has no id");
    /// ```
    ///
    /// # Errors
    /// [`SyncError::UnknownObject`] and [`SyncError::Unlisted`].
    pub fn check(&self) -> Result<(), SyncError> {
        self.lists().map(drop)
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
        run::run(self, client, options, lists, observe).await
    }

    pub(crate) async fn backfill_runs(
        &self,
        summary: &Summary,
    ) -> Result<BackfillRuns, StoreError> {
        let runs: Vec<String> = summary.runs.iter().cloned().collect();
        let totals = self.store.backfill_runs(&runs).await?;
        Ok(totals.into())
    }
}

/// The modes to sync.
fn modes(client: &Client, options: &SyncOptions) -> Result<Vec<bool>, SyncError> {
    let wanted = |livemode: &bool| options.livemode.is_none_or(|only| only == *livemode);
    let modes: Vec<bool> = [false, true]
        .into_iter()
        .filter(wanted)
        .filter(|mode| client.has_key(*mode))
        .collect();
    match (modes.is_empty(), options.livemode) {
        (false, _) => Ok(modes),
        (true, None) => Err(SyncError::NoKey),
        (true, livemode) => Err(SyncError::Client(ClientError::NoKey { livemode })),
    }
}
