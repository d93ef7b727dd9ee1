//! Compares scope by scope: the platform and connected accounts, in each mode that has a key.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;

use super::comparison::Comparison;
use super::error::ReconcileError;
use super::options::ReconcileOptions;
use super::report::ReconcileReport;
use crate::client::{Client, ClientError, Direction, Request};
use crate::error::describe;
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::lists::ACCOUNT;
use crate::maintenance::scope::Scope;
use crate::processing::wake::Wake;
use crate::receiver::needed_events;
use crate::receiver::registry::Registry;
use crate::store::Store;
use crate::webhook::object_head::RawHead;

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
    pub(super) async fn reconcile_if_due(
        &self,
        options: &ReconcileOptions,
        interval: Option<Duration>,
    ) -> Result<ReconcileReport, ReconcileError> {
        let client = self.client.as_ref().ok_or(ReconcileError::NoClient)?;
        let wanted = self.wanted_events(options);
        let compare = async |scope: &Scope, checks_due: bool| {
            let comparison = Comparison {
                store: &self.store,
                wake: &self.wake,
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
