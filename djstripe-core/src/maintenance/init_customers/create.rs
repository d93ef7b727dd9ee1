//! Creates the missing customers, a few at a time within the rate budget.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{FutureExt, StreamExt, stream};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::error::InitError;
use super::options::InitOptions;
use super::report::{InitReport, InitStep};
use crate::client::{Answer, Client, ClientError, ErrorKind, Method, Priority, Request};
use crate::mirror::{DroppedFields, DynSource, Subscriber};
use crate::store::{ObjectRow, RowSource, Store, TableName};
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// Users that are listed at a time.
const PAGE_SIZE: u32 = 200;

const TABLE: TableName = TableName::new("stripe_customer");

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

/// A customer's JSON, and when the request for it was started.
struct FoundCustomer {
    json: String,
    observed_at: Timestamp,
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
        if self.options.search
            && let Some(FoundCustomer { json, observed_at }) = self.search(&user.id).await?
        {
            return Ok(StoredCustomer {
                id: self.store_customer(&json, observed_at, &user.id).await?,
                is_found: true,
            });
        }

        let answer = self.client.send(&self.request(user, deleted)?).await;
        let answer: Answer = answer.map_err(|error| match error.api() {
            Some(api) if api.kind == ErrorKind::Idempotency => {
                InitError::IdempotencyConflict(error)
            }
            _ => error.into(),
        })?;
        let id = self
            .store_customer(answer.json(), answer.started_at(), &user.id)
            .await?;
        Ok(StoredCustomer {
            id,
            is_found: false,
        })
    }

    fn request(&self, user: &Subscriber, deleted: i64) -> Result<Request, ClientError> {
        let mut metadata: Map<String, Value> = user
            .metadata
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        metadata.insert(self.key.to_owned(), user.id.clone().into());
        let mut params = json!({ "metadata": metadata });
        for (name, value) in [("email", &user.email), ("name", &user.name)] {
            if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
                params[name] = value.clone().into();
            }
        }

        let request = Request::create("customer")?
            .params(params)
            .priority(Priority::Backfill);
        Ok(request.idempotency_key(self.idempotency_key(&user.id, deleted)))
    }

    /// The idempotency key of a user. It stays the same until a customer of the user is deleted,
    /// when the user needs another one.
    fn idempotency_key(&self, user: &str, deleted: i64) -> String {
        let key = json!([self.options.livemode, self.key, user, deleted]).to_string();
        let hash = digest(&SHA256, key.as_bytes());
        let hash: String = hash
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("djstripe-customer-{hash}")
    }

    /// Searches Stripe for a customer by the metadata. The search can lag behind a deletion, so the
    /// customer is then retrieved.
    ///
    /// Source: [Search](https://docs.stripe.com/search#metadata).
    async fn search(&self, user: &str) -> Result<Option<FoundCustomer>, InitError> {
        #[derive(Deserialize)]
        struct Hits {
            data: Vec<Box<RawValue>>,
        }
        let query = format!("metadata[\"{}\"]:\"{}\"", quoted(self.key), quoted(user));
        let request = Request::new(Method::Get, "/v1/customers/search")
            .param("query", query)
            .param("limit", 1)
            .priority(Priority::Backfill);
        let answer = self.client.send(&request).await?;
        let hits: Hits = serde_json::from_str(answer.json()).map_err(InitError::NotACustomer)?;
        let Some(hit) = hits.data.first() else {
            return Ok(None);
        };

        let id = RawHead::parse_id(hit.get()).map_err(InitError::NotACustomer)?;
        let request = Request::retrieve("customer", &id)
            .map_err(ClientError::from)?
            .priority(Priority::Backfill);
        let answer = match self.client.send(&request).await {
            Ok(answer) => answer,
            Err(error) if error.is_gone() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let head = RawHead::parse(answer.json()).map_err(InitError::NotACustomer)?;
        if head.deleted {
            return Ok(None);
        }

        let observed_at = answer.started_at();
        Ok(Some(FoundCustomer {
            json: answer.into_json(),
            observed_at,
        }))
    }

    /// Writes the customer's row and its link to the user in one transaction. Returns its id.
    async fn store_customer(
        &self,
        json: &str,
        observed_at: Timestamp,
        user: &str,
    ) -> Result<String, InitError> {
        let id = RawHead::parse_id(json).map_err(InitError::NotACustomer)?;
        let livemode = self.options.livemode;
        let row = ObjectRow {
            account: self.client.own_account(),
            livemode,
            id: &id,
            stripe_data: &self.dropped.strip(json),
            api_version: Some(crate::webhook::API_VERSION),
            observed_at,
            deleted: false,
            source: RowSource::Fetched,
            ..ObjectRow::default()
        };

        let mut transaction = self.store.begin().await?;
        let mut db = transaction.db().await?;
        for outcome in db.upsert_objects(TABLE, &[row]).await? {
            outcome?;
        }
        db.link_customer(self.client.own_account(), livemode, &id, user, None)
            .await?;
        transaction.commit().await?;
        Ok(id)
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

fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}
