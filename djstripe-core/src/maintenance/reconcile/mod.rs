//! Reconciling: events that Stripe has and this database lacks are stored and processed as if they had been delivered.
//!
//! In: Stripe's list of events, from where the last comparison has come to. Out: stored events, a record of each gap, and
//! how far this comparison came. Nothing else is fetched: the listed event is the event. Any number of comparisons may go
//! on at once; storing is idempotent, and how far they came only ever grows.

mod periodic;
mod scope;

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use serde::Deserialize;

use crate::client::{Client, ClientError, Direction, Priority, Request};
use crate::error::describe;
use crate::maintenance::account_scope::AccountScope;
use crate::processing::wake::Wake;
use crate::receiver::needed_events;
use crate::receiver::registry::Registry;
use crate::store::{Store, StoreError};
use crate::timestamp::Timestamp;
use scope::Scope;

/// How long Stripe keeps events.
///
/// Source: [List all events](https://docs.stripe.com/api/events/list).
pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How late an event may show up in Stripe's list, unless set otherwise: 1 h.
pub const DEFAULT_OVERLAP: Duration = Duration::from_secs(60 * 60);

/// How old an event must be to count as missing, unless set otherwise: 1 min. Younger ones are still being delivered.
pub const DEFAULT_MIN_AGE: Duration = Duration::from_secs(60);

/// What to compare.
///
/// ```
/// use std::time::Duration;
/// use djstripe_core::AccountScope;
/// use djstripe_core::reconcile::ReconcileOptions;
///
/// let options = ReconcileOptions { accounts: AccountScope::All, ..ReconcileOptions::default() };
/// assert_eq!(options.overlap, Duration::from_secs(3600));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconcileOptions {
    /// Where to begin. Default: where the last comparison came to; without one where the first stored event is, and
    /// without any as far back as Stripe keeps events.
    pub since: Option<Timestamp>,
    /// Whose events.
    pub accounts: AccountScope,
    /// Events of live mode, or of test mode. Default: of each mode that there is a key for.
    pub livemode: Option<bool>,
    /// How much of what was compared is compared once more, as events may show up late and out of order.
    pub overlap: Duration,
    /// How old an event must be to count as missing.
    pub min_age: Duration,
    /// Also events that no receiver listens to.
    pub all_events: bool,
}

impl Default for ReconcileOptions {
    fn default() -> Self {
        Self {
            since: None,
            accounts: AccountScope::Platform,
            livemode: None,
            overlap: DEFAULT_OVERLAP,
            min_age: DEFAULT_MIN_AGE,
            all_events: false,
        }
    }
}

/// Why events could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// Without a key Stripe doesn't list anything.
    #[error("no secret key: set STRIPE_SECRET_KEY, so that Stripe can be asked for its events")]
    NoClient,
    /// Stripe could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a comparison found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Reconciled {
    /// One for each account and mode.
    pub scopes: Vec<ScopeReport>,
}

impl Reconciled {
    /// Events that were missing and are stored now.
    pub fn missing(&self) -> u64 {
        self.scopes.iter().map(|scope| scope.missing).sum()
    }

    /// Whether each account and mode was compared to the end, and Stripe had everything that was asked for.
    pub fn is_complete(&self) -> bool {
        self.scopes
            .iter()
            .all(|scope| scope.error.is_none() && scope.lost.is_none())
    }
}

/// What was found for one account and mode.
#[derive(Debug)]
#[non_exhaustive]
pub struct ScopeReport {
    /// The connected account; `None` for the platform's own events.
    pub account: Option<String>,
    /// Whether they are of live mode.
    pub livemode: bool,
    /// Where it began.
    pub from: Timestamp,
    /// Requests that listed events.
    pub requests: u64,
    /// Events that were listed.
    pub listed: u64,
    /// Events that were missing and are stored now.
    pub missing: u64,
    /// Events that are missing, but so young that they are left to their deliveries.
    pub young: u64,
    /// Events of that time are lost: Stripe doesn't have them any more.
    pub lost: Option<(Timestamp, Timestamp)>,
    /// What ended it early.
    pub error: Option<ReconcileError>,
}

/// Compares the stored events with Stripe's.
pub(crate) struct Reconciler {
    pub(crate) store: Store,
    pub(crate) client: Option<Client>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) wake: Arc<Wake>,
}

impl Reconciler {
    pub(crate) async fn reconcile(
        &self,
        options: &ReconcileOptions,
    ) -> Result<Reconciled, ReconcileError> {
        self.reconcile_if_due(options, None).await
    }

    /// As [`reconcile`](Self::reconcile); with an interval only what no process has compared for so long.
    async fn reconcile_if_due(
        &self,
        options: &ReconcileOptions,
        interval: Option<Duration>,
    ) -> Result<Reconciled, ReconcileError> {
        let client = self.client.as_ref().ok_or(ReconcileError::NoClient)?;
        let wanted = self.wanted_events(options);
        let mut reconciled = Reconciled::default();
        for livemode in [false, true] {
            if !client.has_key(livemode) || options.livemode.is_some_and(|only| only != livemode) {
                continue;
            }
            let compare = async |account: &str, waits: bool| {
                let client = client.bound_to(Some(account), livemode);
                let scope = Scope {
                    reconciler: self,
                    client,
                    account,
                    livemode,
                    options,
                    wanted: wanted.as_deref(),
                    interval,
                    waits,
                };
                scope.reconcile().await
            };
            if let AccountScope::Named(accounts) = &options.accounts {
                for account in accounts {
                    reconciled.scopes.extend(compare(account, true).await);
                }
                continue;
            }
            let Some(mut platform) = compare("", true).await else {
                continue;
            };
            let connected = match options.accounts {
                AccountScope::All => connected_accounts(client, livemode).await,
                _ => Ok(Vec::new()),
            };
            let connected = connected.unwrap_or_else(|error| {
                tracing::error!(
                    error = describe(&error),
                    "connected accounts are not reconciled"
                );
                platform.error = platform.error.take().or(Some(error.into()));
                Vec::new()
            });
            reconciled.scopes.push(platform);
            for account in connected {
                // They are due when the platform is.
                reconciled.scopes.extend(compare(&account, false).await);
            }
        }
        Ok(reconciled)
    }

    /// The names of the events to compare; `None` for all.
    fn wanted_events(&self, options: &ReconcileOptions) -> Option<Vec<String>> {
        let names = needed_events(&self.registry, true);
        (!options.all_events && !names.iter().any(|name| name == "*")).then_some(names)
    }
}

/// The accounts that are connected to the platform.
async fn connected_accounts(client: &Client, livemode: bool) -> Result<Vec<String>, ClientError> {
    #[derive(Deserialize)]
    struct Account {
        id: String,
    }
    let list = Request::list("account")?
        .livemode(livemode)
        .priority(Priority::Backfill);
    let pages: Vec<_> = client
        .pages(list, Direction::Forwards)
        .try_collect()
        .await?;
    let ids = pages
        .iter()
        .flat_map(|page| &page.items)
        .map(|item| serde_json::from_str::<Account>(item.get()));
    let ids = ids
        .map(|account| Ok(account?.id))
        .collect::<Result<Vec<_>, serde_json::Error>>();
    ids.map_err(|error| ClientError::Malformed {
        request_id: None,
        source: error.into(),
    })
}
