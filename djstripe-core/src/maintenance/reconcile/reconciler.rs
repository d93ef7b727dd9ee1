//! Compares scope by scope: the platform and connected accounts, in each mode that has a key.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;

use super::comparison::Comparison;
use super::error::ReconcileError;
use super::options::ReconcileOptions;
use super::report::{ReconcileReport, ScopeReport};
use super::wanted::Wanted;
use crate::client::{Client, ClientError, Clients, Direction, Request};
use crate::error::describe;
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::lists::ACCOUNT;
use crate::maintenance::scope::Scope;
use crate::processing::wake::Wake;
use crate::receiver::registry::Registry;
use crate::store::Store;
use crate::webhook::object_head::RawHead;

/// Compares the stored events with Stripe's.
pub(crate) struct Reconciler {
    pub(crate) store: Store,
    pub(crate) clients: Clients,
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
        let own_account = options.own_account.as_deref();
        let clients = options.accounts.clients(&self.clients, own_account)?;
        if clients.is_empty() {
            return Err(ReconcileError::NoClient);
        }

        let has_built_in = self.registry.receivers().iter().any(|it| it.is_built_in());
        let mirrors_v2 = has_built_in && self.store.mirrors_v2().await?;
        let wanted = Wanted::new(&self.registry, options, mirrors_v2);
        let mut report = ReconcileReport::default();
        for client in clients {
            let own = OwnReconciler {
                reconciler: self,
                client,
                options,
                wanted: &wanted,
                interval,
            };
            for livemode in [false, true] {
                if client.has_key(livemode) && options.livemode.is_none_or(|only| only == livemode)
                {
                    own.reconcile(livemode, &mut report).await;
                }
            }
        }
        Ok(report)
    }
}

/// Compares the events of one own account, and of accounts connected to it.
struct OwnReconciler<'r> {
    reconciler: &'r Reconciler,
    client: &'r Client,
    options: &'r ReconcileOptions,
    wanted: &'r Wanted,
    interval: Option<Duration>,
}

impl OwnReconciler<'_> {
    async fn reconcile(&self, livemode: bool, report: &mut ReconcileReport) {
        if let AccountScope::Named(accounts) = &self.options.accounts {
            for account in accounts {
                let scope = Scope::new(self.client, account, livemode);
                report.scopes.extend(self.compare(&scope, true).await);
            }
            return;
        }

        let platform = Scope::own(self.client, livemode);
        let Some(mut compared) = self.compare(&platform, true).await else {
            return;
        };
        let mut connected = Vec::new();
        if self.options.accounts == AccountScope::All {
            match connected_accounts(self.client, &platform).await {
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
            report.scopes.extend(self.compare(&scope, false).await);
        }
    }

    /// Compares the events of one scope; `None` if that isn't due.
    async fn compare(&self, scope: &Scope, checks_due: bool) -> Option<ScopeReport> {
        let comparison = Comparison {
            store: &self.reconciler.store,
            wake: &self.reconciler.wake,
            client: self.client.bound_to(Some(&scope.account), scope.livemode),
            scope,
            options: self.options,
            registry: &self.reconciler.registry,
            wanted: self.wanted,
            interval: self.interval,
            checks_due,
        };
        comparison.run().await
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
            Ok(Scope::new(client, &id, platform.livemode))
        })
        .collect()
}
