//! Creates the missing customers, a few at a time within the rate budget.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{FutureExt, StreamExt, stream};

use super::error::InitError;
use super::options::InitOptions;
use super::report::{InitReport, InitStep};
use crate::client::{Client, Priority};
use crate::mirror::{DroppedFields, DynSource, Subscriber, UserCustomers};
use crate::store::Store;

/// Users that are listed at a time.
const PAGE_SIZE: u32 = 200;

/// The context of creating customers.
pub(super) struct Creation<'a> {
    pub(super) store: &'a Store,
    pub(super) source: &'a dyn DynSource,
    /// Bound to the platform and the mode.
    pub(super) client: Client,
    pub(super) key: &'a str,
    pub(super) dropped: &'a DroppedFields,
    pub(super) options: &'a InitOptions,
    /// Users whom a dry run would have linked.
    pub(super) would_be_linked: HashSet<String>,
}

/// A user's customer, stored and linked.
struct StoredCustomer {
    id: String,
    /// Whether the customer existed at Stripe.
    is_found: bool,
}

impl Creation<'_> {
    /// Creates a customer for each user that has none.
    pub(super) async fn create_all(
        &self,
        report: &mut InitReport,
        observe: &mut (dyn FnMut(InitStep<'_>) + Send),
    ) -> Result<(), InitError> {
        let mut after: Option<String> = None;
        loop {
            let users = self.page(after.as_deref()).await?;
            let Some(last) = users.last().map(|user| user.id.clone()) else {
                return Ok(());
            };
            if after.as_deref() == Some(&last) {
                return Err(InitError::SourceNotAdvancing { user: last });
            }
            after = Some(last);

            let mut missing = self.without_customer(users, report).await?;
            let limit = self.options.limit;
            let left = limit.map(|limit| limit.saturating_sub(report.created + report.found));
            if let Some(left) = left {
                missing.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            }
            self.create(&missing, report, observe).await?;
            if left == Some(0) {
                return Ok(());
            }
        }
    }

    async fn page(&self, after: Option<&str>) -> Result<Vec<Subscriber>, InitError> {
        let mut session = self.store.session().await?;
        let mut db = session.db()?;
        let page = self.source.page(after, PAGE_SIZE, &mut db).await;
        page.map_err(InitError::Source)
    }

    async fn without_customer(
        &self,
        users: Vec<Subscriber>,
        report: &mut InitReport,
    ) -> Result<Vec<Subscriber>, InitError> {
        let ids: Vec<&str> = users.iter().map(|user| &*user.id).collect();
        let (account, livemode) = (self.client.own_account(), self.options.livemode);
        let linked = self
            .store
            .users_with_customer(account, livemode, &ids)
            .await?;
        let linked: HashSet<String> = linked.into_iter().collect();

        let has_customer = |user: &Subscriber| {
            linked.contains(&user.id) || self.would_be_linked.contains(&user.id)
        };
        let (existing, missing): (Vec<_>, Vec<_>) = users.into_iter().partition(has_customer);
        report.existing += existing.len() as u64;
        Ok(missing)
    }

    async fn create(
        &self,
        missing: &[Subscriber],
        report: &mut InitReport,
        observe: &mut (dyn FnMut(InitStep<'_>) + Send),
    ) -> Result<(), InitError> {
        if self.options.dry_run {
            for Subscriber { id, .. } in missing {
                report.created += 1;
                observe(InitStep::Created {
                    customer: None,
                    user: id,
                });
            }
            return Ok(());
        }

        let ids: Vec<&str> = missing.iter().map(|user| &*user.id).collect();
        let (account, livemode) = (self.client.own_account(), self.options.livemode);
        let deleted = self
            .store
            .deleted_customers(account, livemode, self.key, &ids)
            .await?;
        let deleted: HashMap<String, i64> = deleted.into_iter().collect();

        // After a failure no request is started, but those under way are awaited, so that the
        // customers that Stripe has created are stored.
        let is_stopping = AtomicBool::new(false);
        let mut creating = Vec::with_capacity(missing.len());
        for user in missing {
            let deleted = deleted.get(&user.id).copied().unwrap_or_default();
            let is_stopping = &is_stopping;
            let create = async move {
                if is_stopping.load(Ordering::Relaxed) {
                    None
                } else {
                    Some((user, self.create_one(user, deleted).await))
                }
            };
            creating.push(create.boxed());
        }
        let concurrency = self.options.concurrency.max(1);
        let mut created = stream::iter(creating).buffer_unordered(concurrency);
        let mut failure = None;
        while let Some(result) = created.next().await {
            let Some((user, result)) = result else {
                continue;
            };
            if let Err(error) = note(&user.id, result, report, observe) {
                is_stopping.store(true, Ordering::Relaxed);
                failure = failure.or(Some(error));
            }
        }
        failure.map_or(Ok(()), Err)
    }

    async fn create_one(
        &self,
        user: &Subscriber,
        deleted: i64,
    ) -> Result<StoredCustomer, InitError> {
        let customers = UserCustomers {
            store: self.store,
            client: &self.client,
            account: self.client.own_account(),
            livemode: self.options.livemode,
            key: self.key,
            dropped: self.dropped,
            priority: Priority::Backfill,
        };
        let found = match self.options.search {
            true => customers.find(&user.id).await?,
            false => None,
        };

        let is_found = found.is_some();
        let id = match found {
            Some(id) => id,
            None => customers.create(user, deleted).await?,
        };
        Ok(StoredCustomer { id, is_found })
    }
}

/// Counts and reports a user's result. Returns an error that concerns more than this user.
fn note(
    user: &str,
    result: Result<StoredCustomer, InitError>,
    report: &mut InitReport,
    observe: &mut (dyn FnMut(InitStep<'_>) + Send),
) -> Result<(), InitError> {
    match result {
        Ok(StoredCustomer { id, is_found: true }) => {
            report.found += 1;
            observe(InitStep::Found {
                customer: &id,
                user,
            });
        }
        Ok(StoredCustomer {
            id,
            is_found: false,
        }) => {
            report.created += 1;
            observe(InitStep::Created {
                customer: Some(&id),
                user,
            });
        }

        Err(error) if error.concerns_one_user() => {
            report.failed += 1;
            observe(InitStep::Failed {
                user,
                error: &error,
            });
        }
        Err(error) => return Err(error),
    }
    Ok(())
}
