//! What lists don't show, or don't show again: objects that others name, and old rows.
//!
//! In: the rows of the mirror. Out: jobs that fetch objects one by one, and the count of those that
//! are left.

use std::time::{Duration, SystemTime};

use djstripe_models::ModelDescriptor;

use super::Scheduler;
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::list_part::ListPart;
use crate::maintenance::lists::{self, List, Listing};
use crate::maintenance::named::{is_retrievable, naming_fields};
use crate::maintenance::scope::Scope;
use crate::maintenance::sync::error::SyncError;
use crate::maintenance::sync::ids::IdSource;
use crate::maintenance::sync::range::PAGE_SIZE;
use crate::maintenance::sync::reading::Reading;
use crate::store::{LiveRows, NamedCount, NamingField, NamingRows, TableName};
use crate::timestamp::Timestamp;

impl Scheduler<'_> {
    /// Adds jobs that fetch what rows name and that has no row. Types that refer to others come
    /// first: what they bring may name more.
    pub(super) async fn add_named(&mut self, modes: &[bool]) -> Result<(), SyncError> {
        let mut scopes: Vec<Scope> = Vec::new();
        for (target, fields) in self.named_types() {
            for named in self.named_counts(target, &fields, modes).await? {
                let scope = Scope::new(self.client, &named.account, named.livemode);
                if !scopes.contains(&scope) {
                    scopes.push(scope);
                }
            }
        }

        for scope in scopes {
            let mut before = Vec::new();
            for (descriptor, fields) in self.named_types().into_iter().rev() {
                let Some(table) = descriptor.table else {
                    continue;
                };
                let reading = Reading::OneByOne(IdSource::Named {
                    target: TableName::new(table),
                    fields,
                });
                let list = one_by_one(descriptor, ListPart::Named);
                let added = self.add_list(&scope, list, reading, before.clone());
                before = added.into_iter().chain(before).take(1).collect();
            }
        }
        Ok(())
    }

    /// Counts what rows name and that has no row.
    pub(super) async fn count_named(&mut self, modes: &[bool]) -> Result<(), SyncError> {
        for (target, fields) in self.named_types() {
            let counts = self.named_counts(target, &fields, modes).await?;
            let count: u64 = counts.iter().map(|named| named.count).sum();
            if count > 0 {
                self.summary.of(target.object).named = count;
            }
        }
        Ok(())
    }

    /// The types that can be fetched by their ids, with the fields of the wanted types that name
    /// them. Types whose list Stripe doesn't give are left out: it would not give the objects.
    fn named_types(&self) -> Vec<(&'static ModelDescriptor, Vec<NamingField>)> {
        let is_naming = |descriptor: &ModelDescriptor| {
            let is_wanted = |object: &str| self.plan.objects.iter().any(|of| of.object == object);
            is_wanted(descriptor.object)
                || lists::carriers(descriptor.object)
                    .iter()
                    .any(|carrier| is_wanted(carrier))
        };
        let is_given = |object: &str| {
            let of = self.summary.objects.get(object);
            of.is_none_or(|of| of.skipped.is_empty() && of.failed.is_empty())
        };

        let targets = lists::order().into_iter().filter(|descriptor| {
            is_retrievable(descriptor)
                && is_given(descriptor.object)
                && !self.context.settings.is_off(descriptor.object)
        });
        targets
            .map(|descriptor| (descriptor, naming_fields(descriptor.object, is_naming)))
            .filter(|(_, fields)| !fields.is_empty())
            .collect()
    }

    /// How many objects of a type have no row, in the accounts of this sync.
    async fn named_counts(
        &mut self,
        descriptor: &ModelDescriptor,
        fields: &[NamingField],
        modes: &[bool],
    ) -> Result<Vec<NamedCount>, SyncError> {
        let Some(table) = descriptor.table.map(TableName::new) else {
            return Ok(Vec::new());
        };
        let accounts = match &self.options.accounts {
            AccountScope::Platform => vec![Some(self.client.own_account())],
            AccountScope::All => vec![None],
            AccountScope::Named(accounts) => {
                accounts.iter().map(|account| Some(&**account)).collect()
            }
        };

        let mut counts = Vec::new();
        for &livemode in modes {
            for &account in &accounts {
                let rows = NamingRows { account, livemode };
                let store = &self.context.store;
                counts.extend(store.count_named(table, fields, rows).await?);
            }
        }
        Ok(counts)
    }

    /// Adds jobs that fetch the objects of old rows. Where pages cost less requests, the list is
    /// read first, and only what it doesn't show is fetched one by one.
    pub(super) async fn add_stale(
        &mut self,
        scope: &Scope,
        age: Duration,
        lists: Vec<List>,
    ) -> Result<(), SyncError> {
        let before = SystemTime::now().checked_sub(age);
        let before = before.map_or(Timestamp::from_micros(0), Timestamp::from);
        for descriptor in self.plan.objects.clone() {
            let Some(table) = descriptor.table.map(TableName::new) else {
                continue;
            };
            let rows = LiveRows {
                table,
                account: &scope.account,
                livemode: scope.livemode,
                before: Some(before),
            };
            let stale = self.context.store.count_live(rows).await?;
            if stale == 0 {
                continue;
            }

            let all = LiveRows {
                before: None,
                ..rows
            };
            let all = self.context.store.count_live(all).await?;
            let is_one_by_one = is_retrievable(descriptor);
            let are_pages_fewer = stale > all / u64::from(PAGE_SIZE) + 1;
            let mut listed = Vec::new();
            for list in lists.iter().filter(|list| list.descriptor == descriptor) {
                if !is_one_by_one || list.parent.is_none() && are_pages_fewer {
                    let reading = self.reading(*list);
                    listed.extend(self.add_list(scope, *list, reading, Vec::new()));
                }
            }

            if is_one_by_one {
                let list = one_by_one(descriptor, ListPart::Stale);
                let reading = Reading::OneByOne(IdSource::Stale { table, before });
                self.add_list(scope, list, reading, listed);
            }
        }
        Ok(())
    }
}

/// The list that stands for objects that are fetched one by one.
fn one_by_one(descriptor: &'static ModelDescriptor, part: ListPart) -> List {
    match lists::listing(descriptor) {
        Listing::Listed(list) => List {
            part,
            parent: None,
            ..list
        },
        Listing::Embedded(_) | Listing::Unlisted(_) => List {
            descriptor,
            path: descriptor.retrieve.unwrap_or_default(),
            parent: None,
            params: &[],
            part,
            expand: &[],
        },
    }
}
