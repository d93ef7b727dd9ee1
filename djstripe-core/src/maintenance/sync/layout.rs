//! Which lists a sync goes through: those of the platform, of connected accounts, of each mode.

use std::collections::HashMap;
use std::sync::Arc;

use djstripe_models::descriptor;

use super::fetch::{self, Ask};
use super::job::Job;
use super::progress::ListName;
use super::run::{PARENTS, Sync};
use super::{SyncError, SyncOptions, modes};
use crate::client::{Client, Meter};
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::lists::{self, List};
use crate::store::TableName;

/// What a sync is known by: one of the same scope is the same sync.
pub(super) fn scope(client: &Client, options: &SyncOptions) -> Result<String, SyncError> {
    let mut objects = options.objects.clone();
    objects.sort_unstable();
    let accounts = match &options.accounts {
        AccountScope::Platform => String::new(),
        AccountScope::All => "all".to_owned(),
        AccountScope::Named(accounts) => accounts.join(","),
    };
    let since = options.since.map_or(0, |since| since.micros() / 1_000_000);
    let modes = modes(client, options)?;
    let (objects, receivers) = (objects.join(","), options.receivers);
    Ok(format!(
        "objects {objects} accounts {accounts} since {since} live {modes:?} receivers {receivers}"
    ))
}

/// The type of the accounts that others are connected to.
pub(super) const ACCOUNT: &str = "account";

impl Sync<'_> {
    /// Asks whether the keys are good, and lays out the lists.
    pub(super) async fn begin(&mut self) -> Result<(), SyncError> {
        for livemode in modes(self.client, self.options)? {
            let meter = Arc::new(Meter::default());
            let client = self
                .client
                .bound_to(None, livemode)
                .metered(Arc::clone(&meter));
            let own = fetch::own_account(&client).await;
            self.summary.of("account").add(meter.read());
            let own = own.map_err(|source| match source.api() {
                Some(error) if error.status == 401 => SyncError::KeyRefused { livemode, source },
                _ => SyncError::Client(source),
            })?;
            let (own, date) = own;
            // Our clock may be behind Stripe's.
            self.to = date.map_or(self.to, |date| self.to.max(date.micros() / 1_000_000 + 1));
            self.own_accounts.push((livemode, own));
            match &self.options.accounts {
                AccountScope::Platform => self.lay_out("", livemode, self.lists.clone()),
                AccountScope::Named(accounts) => {
                    self.accounts
                        .extend(accounts.iter().map(|account| (account.clone(), livemode)));
                }
                AccountScope::All => {
                    let is_account = |list: &List| list.descriptor.object == ACCOUNT;
                    let wanted = self.lists.iter().filter(|list| !is_account(list));
                    let accounts = lists::lists(|descriptor| descriptor.object == ACCOUNT);
                    let lists = accounts.into_iter().chain(wanted.copied()).collect();
                    self.lay_out("", livemode, lists);
                }
            }
        }
        Ok(())
    }

    /// Adds the lists of a connected account; those that may be connected to it in turn are not ours.
    pub(super) fn lay_out_connected(&mut self, account: &str, livemode: bool) {
        let lists = self
            .lists
            .iter()
            .filter(|list| list.descriptor.object != ACCOUNT)
            .copied()
            .collect();
        self.lay_out(account, livemode, lists);
    }

    /// Adds the lists of an account.
    fn lay_out(&mut self, account: &str, livemode: bool, lists: Vec<List>) {
        let mut numbers: HashMap<&'static str, usize> = HashMap::new();
        for list in lists {
            let needs = list.below.and_then(|below| {
                let object = below.descriptor.object;
                let brings = std::iter::once(&object).chain(lists::carriers(object));
                brings
                    .filter_map(|object| numbers.get(object).copied())
                    .max()
            });
            if let Some(number) = self.add(account, livemode, list, needs) {
                numbers.insert(list.descriptor.object, number);
            }
        }
    }

    fn add(
        &mut self,
        account: &str,
        livemode: bool,
        list: List,
        needs: Option<usize>,
    ) -> Option<usize> {
        let object = list.descriptor.object;
        let is_of_account = list
            .below
            .is_some_and(|below| below.descriptor.object == ACCOUNT);
        if account.is_empty() && is_of_account {
            // What is below an account belongs to that account.
            return None;
        }
        let name = ListName {
            object,
            account: account.to_owned(),
            livemode,
        };
        if self.syncer.settings.is_off(object) {
            self.skip(
                name,
                "the mirror's settings leave such objects out".to_owned(),
            );
            return None;
        }
        let meter = Arc::new(Meter::default());
        let client = self
            .client
            .bound_to(Some(account), livemode)
            .metered(Arc::clone(&meter));
        let since = self
            .options
            .since
            .map_or(0, |since| since.micros() / 1_000_000);
        let ask = Arc::new(Ask {
            syncer: self.syncer.clone(),
            client,
            list,
            since,
        });
        Some(self.jobs.add(Job::new(name, ask, meter, needs)))
    }

    /// Notes all connected accounts, once these are known.
    pub(super) async fn lay_out_all(&mut self, livemode: bool) -> Result<(), SyncError> {
        let Some(table) = descriptor("account").and_then(|descriptor| descriptor.table) else {
            return Ok(());
        };
        let own = self
            .own_accounts
            .iter()
            .find(|(mode, _)| *mode == livemode)
            .and_then(|(_, own)| own.clone());
        let (mut after, store) = (None, self.syncer.store.clone());
        loop {
            let ids = store
                .sync_parents(
                    TableName::new(table),
                    "",
                    livemode,
                    after.as_deref(),
                    PARENTS,
                )
                .await?;
            let Some(last) = ids.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            let connected = ids.into_iter().filter(|id| own.as_ref() != Some(id));
            self.accounts
                .extend(connected.map(|account| (account, livemode)));
        }
    }
}
