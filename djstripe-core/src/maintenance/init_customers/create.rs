//! Making the customers that are missing, a few at a time within the rate budget.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{FutureExt, StreamExt};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{InitError, InitOptions, InitReport, InitStep};
use crate::client::{Answer, Client, ClientError, ErrorKind, Method, Priority, Request};
use crate::mirror::{DynSource, Subscriber};
use crate::store::{ObjectRow, Store, TableName};
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

/// Users that are listed at a time.
const PAGE: u32 = 200;

const TABLE: TableName = TableName::new("stripe_customer");

/// What it takes to make customers.
pub(super) struct Creation<'a> {
    pub(super) store: &'a Store,
    pub(super) source: &'a dyn DynSource,
    /// Bound to the platform and the mode.
    pub(super) client: Client,
    pub(super) key: &'a str,
    pub(super) options: &'a InitOptions,
    /// Users whose customer a dry run has not linked.
    pub(super) would_be_linked: HashSet<String>,
}

/// A user's customer.
struct Made {
    customer: String,
    /// Whether Stripe had it.
    found: bool,
}

impl Creation<'_> {
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
                return Err(InitError::Endless { user: last });
            }
            after = Some(last);
            let mut missing = self.without_customer(users, report).await?;
            let left = self
                .options
                .limit
                .map(|limit| limit.saturating_sub(report.created + report.found));
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
        self.source
            .page(after, PAGE, &mut db)
            .await
            .map_err(InitError::Source)
    }

    async fn without_customer(
        &self,
        users: Vec<Subscriber>,
        report: &mut InitReport,
    ) -> Result<Vec<Subscriber>, InitError> {
        let ids: Vec<&str> = users.iter().map(|user| &*user.id).collect();
        let with: HashSet<String> = self
            .store
            .users_with_customer(self.options.livemode, &ids)
            .await?
            .into_iter()
            .collect();
        let has =
            |user: &Subscriber| with.contains(&user.id) || self.would_be_linked.contains(&user.id);
        let (had, missing): (Vec<_>, Vec<_>) = users.into_iter().partition(has);
        report.had += had.len() as u64;
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
        let deleted = self
            .store
            .deleted_customers(self.options.livemode, self.key, &ids)
            .await?;
        let deleted: HashMap<String, i64> = deleted.into_iter().collect();
        let stopping = AtomicBool::new(false);
        let mut making = Vec::with_capacity(missing.len());
        for user in missing {
            let deleted = deleted.get(&user.id).copied().unwrap_or_default();
            let stopping = &stopping;
            let make = async move {
                if stopping.load(Ordering::Relaxed) {
                    None
                } else {
                    Some((user, self.make(user, deleted).await))
                }
            };
            making.push(make.boxed());
        }
        let mut made =
            futures_util::stream::iter(making).buffer_unordered(self.options.concurrency.max(1));
        let mut failed = None;
        // After a failure nothing more is begun; what is under way is waited for, so that what Stripe has made is written.
        while let Some(made) = made.next().await {
            let Some((Subscriber { id: user, .. }, made)) = made else {
                continue;
            };
            match made {
                Ok(Made {
                    customer,
                    found: true,
                }) => {
                    report.found += 1;
                    observe(InitStep::Found {
                        customer: &customer,
                        user,
                    });
                }
                Ok(Made {
                    customer,
                    found: false,
                }) => {
                    report.created += 1;
                    observe(InitStep::Created {
                        customer: Some(&customer),
                        user,
                    });
                }
                Err(error) if error.is_of_one_user() => {
                    report.failed += 1;
                    observe(InitStep::Failed {
                        user,
                        error: &error,
                    });
                }
                Err(error) => {
                    stopping.store(true, Ordering::Relaxed);
                    failed = failed.or(Some(error));
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn make(&self, user: &Subscriber, deleted: i64) -> Result<Made, InitError> {
        if self.options.search
            && let Some((json, at)) = self.search(&user.id).await?
        {
            return Ok(Made {
                customer: self.keep(&json, at, &user.id).await?,
                found: true,
            });
        }
        let answer = self.client.send(&self.request(user, deleted)?).await;
        let answer: Answer = answer.map_err(|error| match error.api() {
            Some(api) if api.kind == ErrorKind::Idempotency => InitError::AskedOtherwise(error),
            _ => error.into(),
        })?;
        Ok(Made {
            customer: self
                .keep(answer.json(), answer.started_at(), &user.id)
                .await?,
            found: false,
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

    /// The same for the same user, whatever happens in between, unless a customer of his was deleted: then he needs another.
    fn idempotency_key(&self, user: &str, deleted: i64) -> String {
        let what = json!([self.options.livemode, self.key, user, deleted]).to_string();
        let hash = digest(&SHA256, what.as_bytes());
        let hash: String = hash
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("djstripe-customer-{hash}")
    }

    /// A customer that Stripe knows by its metadata, and still has: the search may lag behind a deletion.
    ///
    /// Source: [Search](https://docs.stripe.com/search#metadata).
    async fn search(&self, user: &str) -> Result<Option<(String, Timestamp)>, InitError> {
        #[derive(Deserialize)]
        struct Found {
            data: Vec<Box<RawValue>>,
        }
        let query = format!("metadata[\"{}\"]:\"{}\"", quoted(self.key), quoted(user));
        let request = Request::new(Method::Get, "/v1/customers/search")
            .param("query", query)
            .param("limit", 1);
        let answer = self
            .client
            .send(&request.priority(Priority::Backfill))
            .await?;
        let found: Found = serde_json::from_str(answer.json()).map_err(InitError::NoCustomer)?;
        let Some(hit) = found.data.first() else {
            return Ok(None);
        };
        let id = RawHead::parse_id(hit.get()).map_err(InitError::NoCustomer)?;
        let request = Request::retrieve("customer", &id).map_err(ClientError::from)?;
        let answer = match self
            .client
            .send(&request.priority(Priority::Backfill))
            .await
        {
            Ok(answer) => answer,
            Err(error) if error.is_gone() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let deleted = RawHead::parse(answer.json())
            .map_err(InitError::NoCustomer)?
            .deleted;
        let at = answer.started_at();
        Ok((!deleted).then(|| (answer.into_json(), at)))
    }

    /// Writes the customer's row and whose it is, in one transaction.
    async fn keep(
        &self,
        json: &str,
        observed_at: Timestamp,
        user: &str,
    ) -> Result<String, InitError> {
        let id = RawHead::parse_id(json).map_err(InitError::NoCustomer)?;
        let livemode = self.options.livemode;
        let row = ObjectRow {
            account: "",
            livemode,
            id: &id,
            stripe_data: json,
            api_version: Some(crate::webhook::API_VERSION),
            observed_at,
            deleted: false,
        };
        let mut transaction = self.store.begin().await?;
        let mut db = transaction.db().await?;
        for outcome in db.upsert_objects(TABLE, &[row]).await? {
            outcome?;
        }
        db.link_customer("", livemode, &id, user, None).await?;
        transaction.commit().await?;
        Ok(id)
    }
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
