//! Which lists a sync reads: of the platform, of connected accounts, of each mode.
//!
//! In: options, and Stripe's answer about each key. Out: jobs, and accounts whose jobs are added
//! later.

use std::collections::HashMap;
use std::sync::Arc;

use djstripe_models::descriptor;

use super::Scheduler;
use crate::client::Meter;
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::list_part::ListPart;
use crate::maintenance::lists::{self, ACCOUNT, List, Parent};
use crate::maintenance::scope::Scope;
use crate::maintenance::sync::error::SyncError;
use crate::maintenance::sync::fetch::ListClient;
use crate::maintenance::sync::ids::{IDS, IdSource};
use crate::maintenance::sync::job::Job;
use crate::maintenance::sync::narrowing::RefusedNarrowings;
use crate::maintenance::sync::own_account::{OwnAccount, own_account};
use crate::maintenance::sync::progress::ListName;
use crate::maintenance::sync::reading::Reading;
use crate::store::TableName;

impl Scheduler<'_> {
    /// Checks the key of each mode, and adds the lists of the platform.
    pub(super) async fn add_platform(&mut self, modes: &[bool]) -> Result<(), SyncError> {
        for &livemode in modes {
            let own = self.own_account(livemode).await?;
            // Our clock may be behind Stripe's.
            if let Some(date) = own.date {
                self.to = self.to.max(date.seconds() + 1);
            }
            self.own_accounts.push((livemode, own.id));

            let platform = Scope::own(self.client, livemode);
            match &self.options.accounts {
                AccountScope::Platform => {
                    self.add_scope(&platform, self.plan.lists.clone()).await?;
                }
                AccountScope::Named(accounts) => {
                    let (client, accounts) = (self.client, accounts.iter());
                    self.accounts
                        .extend(accounts.map(|account| Scope::new(client, account, livemode)));
                }
                // The list of accounts comes first: it shows which accounts are connected.
                AccountScope::All => {
                    let accounts = lists::lists(|descriptor| descriptor.object == ACCOUNT);
                    let lists = accounts.into_iter().chain(self.lists_but_accounts());
                    self.add_scope(&platform, lists.collect()).await?;
                }
            }
        }
        Ok(())
    }

    async fn own_account(&mut self, livemode: bool) -> Result<OwnAccount, SyncError> {
        let meter = Arc::new(Meter::default());
        let client = self.client.bound_to(None, livemode);
        let own = own_account(&client.metered(Arc::clone(&meter))).await;
        self.summary.of(ACCOUNT).add(meter.read());

        own.map_err(|source| match source.api() {
            Some(error) if error.status == 401 => SyncError::KeyRefused { livemode, source },
            _ => SyncError::Client(source),
        })
    }

    fn lists_but_accounts(&self) -> Vec<List> {
        let lists = self.plan.lists.iter();
        lists
            .filter(|list| list.descriptor.object != ACCOUNT)
            .copied()
            .collect()
    }

    /// Adds the lists of a connected account. Accounts connected to it in turn are not ours.
    pub(super) async fn add_connected(&mut self, scope: &Scope) -> Result<(), SyncError> {
        self.add_scope(scope, self.lists_but_accounts()).await
    }

    async fn add_scope(&mut self, scope: &Scope, lists: Vec<List>) -> Result<(), SyncError> {
        match self.options.stale {
            Some(age) => self.add_stale(scope, age, lists).await,
            None => {
                self.add_lists(scope, lists);
                Ok(())
            }
        }
    }

    fn add_lists(&mut self, scope: &Scope, lists: Vec<List>) {
        let mut numbers: HashMap<&'static str, Vec<usize>> = HashMap::new();
        for list in lists {
            // A list below parents depends on the lists that store the parents.
            let parent = list.parent.map(|parent| parent.descriptor.object);
            let needs = parent
                .into_iter()
                .flat_map(|object| std::iter::once(object).chain(carriers(object)))
                .filter_map(|object| numbers.get(object))
                .flatten()
                .copied()
                .collect();
            let reading = self.reading(list);
            if let Some(number) = self.add_list(scope, list, reading, needs) {
                numbers
                    .entry(list.descriptor.object)
                    .or_default()
                    .push(number);
            }
        }
    }

    /// How a list is read.
    pub(super) fn reading(&self, list: List) -> Reading {
        let clock = self.options.test_clock.clone();
        let clock = clock.filter(|_| list.part == ListPart::OfTestClock);
        match (list.parent, clock) {
            (None, test_clock) => Reading::Pages { test_clock },
            (Some(_), Some(clock)) => Reading::Parents(IdSource::OfTestClock(clock)),
            (Some(Parent { descriptor, .. }), None) => Reading::Parents(match descriptor.table {
                Some(table) if descriptor.object != ACCOUNT => {
                    IdSource::Rows(TableName::new(table))
                }
                _ => IdSource::OwnAccount,
            }),
        }
    }

    /// Adds a list, unless the scope has no such list. Returns its number.
    pub(super) fn add_list(
        &mut self,
        scope: &Scope,
        list: List,
        reading: Reading,
        needs: Vec<usize>,
    ) -> Option<usize> {
        let object = list.descriptor.object;
        let is_below_account = list
            .parent
            .is_some_and(|parent| parent.descriptor.object == ACCOUNT);
        if scope.is_own() && is_below_account {
            // Objects below an account belong to that account.
            return None;
        }

        let name = ListName {
            object,
            account: scope.account.clone(),
            livemode: scope.livemode,
            part: list.part,
        };
        if self.context.settings.is_off(object) {
            let reason = "the mirror's settings exclude such objects";
            self.skip(name, reason.to_owned());
            return None;
        }

        let meter = Arc::new(Meter::default());
        let client = self.client.bound_to(Some(&scope.account), scope.livemode);
        let list_client = Arc::new(ListClient {
            settings: Arc::clone(&self.context.settings),
            client: client.metered(Arc::clone(&meter)),
            list,
            reading,
            since: self.options.since_seconds(),
            refused: RefusedNarrowings::default(),
        });
        Some(self.jobs.add(Job::new(name, list_client, meter, needs)))
    }

    /// Queues all connected accounts, once the list of accounts is stored.
    pub(super) async fn queue_connected(&mut self, livemode: bool) -> Result<(), SyncError> {
        let Some(table) = descriptor(ACCOUNT).and_then(|descriptor| descriptor.table) else {
            return Ok(());
        };
        let table = TableName::new(table);
        let own = self
            .own_accounts
            .iter()
            .find(|(mode, _)| *mode == livemode)
            .and_then(|(_, own)| own.clone());

        let store = &self.context.store;
        let mut after: Option<String> = None;
        loop {
            let ids = store
                .sync_parents(
                    table,
                    self.client.own_account(),
                    livemode,
                    after.as_deref(),
                    IDS,
                )
                .await?;
            let Some(last) = ids.last() else {
                return Ok(());
            };
            after = Some(last.clone());

            let client = self.client;
            let connected = ids.iter().filter(|id| own.as_ref() != Some(id));
            self.accounts
                .extend(connected.map(|account| Scope::new(client, account, livemode)));
        }
    }
}

/// The types whose lists embed objects of this type.
fn carriers(object: &str) -> impl Iterator<Item = &'static str> {
    lists::carriers(object).iter().copied()
}
