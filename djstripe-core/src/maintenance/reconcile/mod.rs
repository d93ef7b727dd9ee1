//! Reconciles events: those that Stripe has and this database lacks are stored, and processed as if
//! they had been delivered.
//!
//! In: Stripe's list of events, from the end of the last comparison. Out: stored events, a record
//! of each gap, and the end of this comparison. Nothing else is fetched, as the list holds the
//! complete events.
//!
//! Invariant: any number of comparisons may run at the same time. Storing is idempotent, and the
//! recorded end never moves back.

mod periodic;
mod comparison;

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;

use crate::client::{Client, ClientError, Direction, Request};
use crate::error::describe;
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::lists::ACCOUNT;
use crate::maintenance::scope::Scope;
use crate::processing::wake::Wake;
use crate::receiver::needed_events;
use crate::receiver::registry::Registry;
use crate::store::{Store, StoreError};
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;
use comparison::Comparison;

/// How long Stripe keeps events.
///
/// Source: [List all events](https://docs.stripe.com/api/events/list).
pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How late an event can appear in Stripe's list, by default: 1 h.
pub const DEFAULT_OVERLAP: Duration = Duration::from_secs(60 * 60);

/// How old an event must be to count as missing, by default: 1 min. Younger events are still being
/// delivered.
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
    /// Where to start. Default: at the end of the last comparison; without one, at the first stored
    /// event; without any event, as far back as Stripe keeps events.
    pub since: Option<Timestamp>,
    /// The accounts whose events are compared. Default: the platform's own.
    pub accounts: AccountScope,
    /// Whether to compare live mode or test mode. Default: each mode that has a key.
    pub livemode: Option<bool>,
    /// How much of the last comparison is compared again, as events can appear late and out of
    /// order. Default: [`DEFAULT_OVERLAP`].
    pub overlap: Duration,
    /// How old an event must be to count as missing. Default: [`DEFAULT_MIN_AGE`].
    pub min_age: Duration,
    /// Whether events without a receiver are stored too. Default: no.
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

/// Why a comparison could not start, or ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// There is no secret key.
    #[error("there is no secret key to list Stripe's events with; set STRIPE_SECRET_KEY")]
    NoClient,
    /// A request failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The report of a comparison.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ReconcileReport {
    /// One for each account and mode.
    pub scopes: Vec<ScopeReport>,
}

impl ReconcileReport {
    /// Missing events that were stored.
    pub fn missing(&self) -> u64 {
        self.scopes.iter().map(|scope| scope.missing).sum()
    }

    /// Whether each account and mode was compared to the end, and no events are lost.
    pub fn is_complete(&self) -> bool {
        self.scopes
            .iter()
            .all(|scope| scope.error.is_none() && scope.lost.is_none())
    }
}

/// The report for one account and mode.
#[derive(Debug)]
#[non_exhaustive]
pub struct ScopeReport {
    /// The connected account; `None` for the platform's own events.
    pub account: Option<String>,
    /// Whether they are of live mode.
    pub livemode: bool,
    /// Where the comparison started.
    pub from: Timestamp,
    /// Requests for lists of events.
    pub requests: u64,
    /// Events in these lists.
    pub listed: u64,
    /// Missing events that were stored.
    pub missing: u64,
    /// Events that are missing, but younger than [`ReconcileOptions::min_age`].
    pub young: u64,
    /// The time whose events are lost, because Stripe has deleted them.
    pub lost: Option<(Timestamp, Timestamp)>,
    /// Why the comparison ended early.
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
    ) -> Result<ReconcileReport, ReconcileError> {
        self.reconcile_if_due(options, None).await
    }

    /// As [`reconcile`](Self::reconcile). With an interval, skips what another process has compared
    /// within it.
    async fn reconcile_if_due(
        &self,
        options: &ReconcileOptions,
        interval: Option<Duration>,
    ) -> Result<ReconcileReport, ReconcileError> {
        let client = self.client.as_ref().ok_or(ReconcileError::NoClient)?;
        let wanted = self.wanted_events(options);
        let compare = async |scope: &Scope, checks_due: bool| {
            let comparison = Comparison {
                reconciler: self,
                client: client.bound_to(Some(&scope.account), scope.livemode),
                scope,
                options,
                wanted: wanted.as_deref(),
                interval,
                checks_due,
            };
            comparison.run().await
        };

        let mut report = ReconcileReport::default();
        for livemode in [false, true] {
            if !client.has_key(livemode) || options.livemode.is_some_and(|only| only != livemode) {
                continue;
            }
            if let AccountScope::Named(accounts) = &options.accounts {
                for account in accounts {
                    let scope = Scope::new(account, livemode);
                    report.scopes.extend(compare(&scope, true).await);
                }
                continue;
            }

            let platform = Scope::platform(livemode);
            let Some(mut compared) = compare(&platform, true).await else {
                continue;
            };
            let mut connected = Vec::new();
            if options.accounts == AccountScope::All {
                match connected_accounts(client, &platform).await {
                    Ok(accounts) => connected = accounts,
                    Err(error) => {
                        tracing::error!(
                            error = describe(&error),
                            "connected accounts are not reconciled"
                        );
                        compared.error = compared.error.or(Some(error.into()));
                    }
                }
            }
            report.scopes.push(compared);
            // Connected accounts are due whenever the platform is.
            for scope in connected {
                report.scopes.extend(compare(&scope, false).await);
            }
        }
        Ok(report)
    }

    /// The names of the events to compare, sorted; `None` for all.
    fn wanted_events(&self, options: &ReconcileOptions) -> Option<Vec<String>> {
        let names = needed_events(&self.registry, true);
        let wants_all = options.all_events || names.iter().any(|name| name == "*");
        (!wants_all).then_some(names)
    }
}

/// The scopes of the accounts that are connected to the platform.
async fn connected_accounts(client: &Client, platform: &Scope) -> Result<Vec<Scope>, ClientError> {
    let list = platform.bind(Request::list(ACCOUNT)?);
    let pages: Vec<_> = client
        .pages(list, Direction::Forwards)
        .try_collect()
        .await?;

    let malformed = |error: serde_json::Error| ClientError::Malformed {
        request_id: None,
        source: error.into(),
    };
    pages
        .iter()
        .flat_map(|page| &page.items)
        .map(|item| {
            let id = RawHead::parse_id(item.get()).map_err(malformed)?;
            Ok(Scope::new(&id, platform.livemode))
        })
        .collect()
}
