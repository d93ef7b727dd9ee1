//! The customer of one of the application's users.
//!
//! In: a user without a customer. Out: a customer, created at Stripe or found there, mirrored and
//! linked to the user.
//!
//! Invariant: no user gets two customers. The request that creates a user's customer always has the
//! same idempotency key.

use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::dropped::DroppedFields;
use super::subscriber::Subscriber;
use crate::client::{Client, ClientError, ErrorKind, Method, Priority, Request};
use crate::store::{Link, ObjectRow, RowSource, Scope, Store, StoreError, TableName, Unstorable};
use crate::timestamp::Timestamp;
use crate::webhook::object_head::RawHead;

const TABLE: TableName = TableName::new("stripe_customer");

/// Creates and finds the customers of users, in one account and mode.
pub(crate) struct UserCustomers<'a> {
    pub(crate) store: &'a Store,
    /// Bound to the account and the mode.
    pub(crate) client: &'a Client,
    /// The account as it stands in the mirror's rows.
    pub(crate) account: &'a str,
    pub(crate) livemode: bool,
    /// The key under which a customer's metadata names its user.
    pub(crate) key: &'a str,
    pub(crate) dropped: &'a DroppedFields,
    pub(crate) priority: Priority,
}

/// Why a user's customer could not be created.
#[derive(Debug)]
pub(crate) enum CustomerError {
    /// A request failed.
    Client(ClientError),
    /// A customer for this user was requested before, with other data.
    IdempotencyConflict(ClientError),
    /// Stripe's response is not a customer.
    NotACustomer(serde_json::Error),
    /// The database can't hold the customer's JSON.
    Unstorable(Unstorable),
    /// The database failed.
    Store(StoreError),
}

impl From<ClientError> for CustomerError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<StoreError> for CustomerError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl UserCustomers<'_> {
    /// Creates a customer at Stripe, mirrors it and links it to the user. Returns its id. `deleted`
    /// is the number of the user's customers that were deleted.
    pub(crate) async fn create(
        &self,
        user: &Subscriber,
        deleted: i64,
    ) -> Result<String, CustomerError> {
        let answer = self.client.send(&self.request(user, deleted)?).await;
        let answer = answer.map_err(|error| match error.api() {
            Some(api) if api.kind == ErrorKind::Idempotency => {
                CustomerError::IdempotencyConflict(error)
            }
            _ => error.into(),
        })?;
        self.save(answer.json(), answer.started_at(), &user.id)
            .await
    }

    /// Searches Stripe for a customer by the metadata, mirrors it and links it to the user. The
    /// search can lag behind a deletion, so the customer is then retrieved.
    ///
    /// Source: [Search](https://docs.stripe.com/search#metadata).
    pub(crate) async fn find(&self, user: &str) -> Result<Option<String>, CustomerError> {
        #[derive(Deserialize)]
        struct Hits {
            data: Vec<Box<RawValue>>,
        }
        let query = format!("metadata[\"{}\"]:\"{}\"", quoted(self.key), quoted(user));
        let request = Request::new(Method::Get, "/v1/customers/search")
            .param("query", query)
            .param("limit", 1)
            .priority(self.priority);
        let answer = self.client.send(&request).await?;
        let hits: Hits =
            serde_json::from_str(answer.json()).map_err(CustomerError::NotACustomer)?;
        let Some(hit) = hits.data.first() else {
            return Ok(None);
        };

        let id = RawHead::parse_id(hit.get()).map_err(CustomerError::NotACustomer)?;
        let request = Request::retrieve("customer", &id)
            .map_err(ClientError::from)?
            .priority(self.priority);
        let answer = match self.client.send(&request).await {
            Ok(answer) => answer,
            Err(error) if error.is_gone() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let head = RawHead::parse(answer.json()).map_err(CustomerError::NotACustomer)?;
        if head.deleted {
            return Ok(None);
        }
        let saved = self.save(answer.json(), answer.started_at(), user).await;
        saved.map(Some)
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
            .priority(self.priority);
        Ok(request.idempotency_key(self.idempotency_key(&user.id, deleted)))
    }

    /// The idempotency key of a user. It stays the same until a customer of the user is deleted,
    /// when the user needs another one.
    fn idempotency_key(&self, user: &str, deleted: i64) -> String {
        let parts = json!([self.livemode, self.key, user, deleted]);
        format!("djstripe-customer-{}", hashed(&parts))
    }

    /// Writes the customer's row and its link to the user in one transaction. Returns its id.
    async fn save(
        &self,
        json: &str,
        observed_at: Timestamp,
        user: &str,
    ) -> Result<String, CustomerError> {
        let id = RawHead::parse_id(json).map_err(CustomerError::NotACustomer)?;
        let row = ObjectRow {
            account: self.account,
            livemode: self.livemode,
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
            outcome.map_err(CustomerError::Unstorable)?;
        }
        let scope = Scope {
            account: self.account.to_owned(),
            livemode: self.livemode,
        };
        db.link_customer(&scope, Link::new(&id, user)).await?;
        transaction.commit().await?;
        Ok(id)
    }
}

/// A hash of the values from which an idempotency key is derived.
pub(crate) fn hashed(parts: &Value) -> String {
    let hash = digest(&SHA256, parts.to_string().as_bytes());
    let hex = |byte: &u8| format!("{byte:02x}");
    hash.as_ref().iter().map(hex).collect()
}

fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}
