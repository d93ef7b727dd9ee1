//! The options of a sync.

use std::time::Duration;

use djstripe_models::{ModelDescriptor, descriptor};

use super::error::SyncError;
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::lists::{self, List, Listing};
use crate::maintenance::named::is_retrievable;
use crate::maintenance::test_clock::lists_of_test_clock;
use crate::timestamp::Timestamp;

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
    /// Of several Stripe accounts of the application's own, the one to sync. Default: each that has a
    /// key.
    pub own_account: Option<String>,
    /// The accounts whose objects are synced. Default: the platform's own.
    pub accounts: AccountScope,
    /// Whether to sync live mode or test mode. Default: each mode that has a key.
    pub livemode: Option<bool>,
    /// Concurrent requests. Default: 8.
    pub concurrency: usize,
    /// Whether receivers with `on_backfill = true` are called for each object. An event is stored
    /// with the object, and workers process it like any other event. Default: no.
    pub receivers: bool,
    /// Whether objects that others name, that no list shows and that have no row are fetched one by
    /// one, such as the payment methods of guests. Default: no, they are only counted.
    pub follow: bool,
    /// Fetches objects again whose rows were last read longer ago than this, and nothing else: for
    /// what changes without an event, such as a balance transaction that becomes available.
    /// Default: none.
    pub stale: Option<Duration>,
    /// Reads the objects of this test clock, which Stripe's other lists leave out, and nothing else.
    /// Default: none.
    pub test_clock: Option<String>,
    /// How long a claim on a list lasts if it isn't renewed, as after a crash. Default: 10 s.
    pub lease: Duration,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            objects: Vec::new(),
            since: None,
            own_account: None,
            accounts: AccountScope::default(),
            livemode: None,
            concurrency: 8,
            receivers: false,
            follow: false,
            stale: None,
            test_clock: None,
            lease: Duration::from_secs(10),
        }
    }
}

/// What a sync reads.
#[derive(Debug)]
pub(super) struct Plan {
    /// The wanted types, those that others refer to first.
    pub(super) objects: Vec<&'static ModelDescriptor>,
    /// The lists that hold them, parents first.
    pub(super) lists: Vec<List>,
}

/// Why embedded objects are not synced by name.
const EMBEDDED: &str = "such objects are embedded in others; sync those";

impl SyncOptions {
    /// Checks the types of object, and that the options fit each other. Makes no request.
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
    /// [`SyncError::UnknownObject`], [`SyncError::Unlisted`] and [`SyncError::StaleTestClock`].
    pub fn check(&self) -> Result<(), SyncError> {
        self.plan().map(drop)
    }

    /// What to read.
    pub(super) fn plan(&self) -> Result<Plan, SyncError> {
        if self.stale.is_some() && self.test_clock.is_some() {
            return Err(SyncError::StaleTestClock);
        }

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
                // Their rows have ids to fetch them by.
                _ if self.stale.is_some() && is_retrievable(known) => {
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

        let is_wanted = |descriptor: &'static ModelDescriptor| {
            wanted.is_empty() || wanted.contains(&descriptor)
        };
        let lists = match self.test_clock {
            Some(_) => lists_of_test_clock(is_wanted),
            None => lists::lists(is_wanted),
        };
        let objects = lists::order().into_iter().filter(|of| is_wanted(of));
        Ok(Plan {
            objects: objects.collect(),
            lists,
        })
    }

    /// The second from which on objects are synced; 0 for all.
    pub(super) fn since_seconds(&self) -> i64 {
        self.since.map_or(0, |since| since.seconds())
    }
}
