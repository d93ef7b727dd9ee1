//! Typed operations on single objects.
//!
//! In: a model, ids and parameters. Out: a [`Call`], which sends its request when it is awaited, and
//! the object that Stripe answered with.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use djstripe_models::{Decoded, Model};
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::error::ClientError;
use super::request::{Request, RequestError};
use super::send::Answer;
use super::stripe_client::Client;
use crate::webhook::object_head::RawHead;

impl Answer {
    /// The answer as an object of this type, with its JSON.
    ///
    /// ```no_run
    /// use djstripe_core::client::{Client, ClientError, Method, Request};
    /// use djstripe_core::models::Dispute;
    ///
    /// # async fn close(client: Client) -> Result<(), ClientError> {
    /// let close = Request::new(Method::Post, "/v1/disputes/du_1/close");
    /// let dispute = client.send(&close).await?.object::<Dispute>()?;
    /// println!("{:?}", dispute.status);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ClientError::OtherObject`] if it is an object of another type, [`ClientError::Deleted`] if
    /// Stripe has deleted the object, [`ClientError::Decode`] if a field has another type than the
    /// model's.
    pub fn object<T: Model>(&self) -> Result<Decoded<T>, ClientError> {
        decode(self.json())
    }
}

/// Reads one object.
pub(super) fn decode<T: Model>(json: &str) -> Result<Decoded<T>, ClientError> {
    // What is no JSON object is an object of no type.
    let head = RawHead::parse(json).unwrap_or_default();
    if head.object.as_deref() != Some(T::OBJECT) {
        return Err(ClientError::OtherObject {
            expected: T::OBJECT,
            found: head.object.map(|object| object.into_owned()),
        });
    }
    let id = || head.id.as_deref().unwrap_or_default().to_owned();
    if head.deleted {
        return Err(ClientError::Deleted {
            object: T::OBJECT,
            id: id(),
        });
    }

    Decoded::from_json_text(T::OBJECT, json).map_err(|source| ClientError::Decode {
        object: T::OBJECT,
        id: id(),
        source: Box::new(source),
    })
}

/// A request for one object, which is sent when it is awaited.
#[must_use = "a call does nothing unless it is awaited"]
pub struct Call<'c, T> {
    client: &'c Client,
    request: Result<Request, RequestError>,
    answer: PhantomData<fn() -> T>,
}

impl<'c, T: Model> Call<'c, T> {
    fn new(client: &'c Client, request: Result<Request, RequestError>) -> Self {
        Self {
            client,
            request,
            answer: PhantomData,
        }
    }

    /// Changes the request: its account, mode, timeout or API version.
    ///
    /// ```no_run
    /// # use djstripe_core::client::{Client, ClientError};
    /// use djstripe_core::models::Charge;
    ///
    /// # async fn read(client: Client) -> Result<(), ClientError> {
    /// let of_connected = client.retrieve::<Charge>("ch_1").with(|request| request.account("acct_1"));
    /// println!("{:?}", of_connected.await?.amount);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(mut self, change: impl FnOnce(Request) -> Request) -> Self {
        self.request = self.request.map(change);
        self
    }

    /// Requests an object in place of its id, as [`Request::expand`] does.
    pub fn expand(self, field: &str) -> Self {
        self.with(|request| request.expand(field))
    }

    /// Sets the idempotency key, as [`Request::idempotency_key`] does.
    pub fn idempotency_key(self, key: impl Into<String>) -> Self {
        self.with(|request| request.idempotency_key(key))
    }
}

impl<'c, T: Model + 'c> IntoFuture for Call<'c, T> {
    type Output = Result<Decoded<T>, ClientError>;
    type IntoFuture = BoxFuture<'c, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            client, request, ..
        } = self;
        Box::pin(async move { client.send(&request?).await?.object() })
    }
}

impl<T> fmt::Debug for Call<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Call")
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// Typed operations. Their paths are those of Stripe's description of its API.
impl Client {
    /// Retrieves an object.
    ///
    /// ```no_run
    /// use djstripe_core::client::{Client, ClientError};
    /// use djstripe_core::models::Customer;
    ///
    /// # async fn read(client: Client) -> Result<(), ClientError> {
    /// let customer = client.retrieve::<Customer>("cus_1").expand("default_source").await?;
    /// println!("{:?}", customer.email);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ClientError`]: of an object that never existed, that of Stripe's answer; of one that was
    /// deleted, [`ClientError::Deleted`]. Of both, [`ClientError::is_gone`] is true.
    pub fn retrieve<T: Model>(&self, id: &str) -> Call<'_, T> {
        Call::new(self, Request::retrieve(T::OBJECT, id))
    }

    /// Retrieves an object whose path contains the id of a parent, such as a balance transaction of a
    /// customer.
    ///
    /// ```no_run
    /// use djstripe_core::client::{Client, ClientError};
    /// use djstripe_core::models::CustomerBalanceTransaction;
    ///
    /// # async fn read(client: Client) -> Result<(), ClientError> {
    /// let credit = client.retrieve_below::<CustomerBalanceTransaction>("cus_1", "cbtxn_1").await?;
    /// println!("{:?}", credit.amount);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`retrieve`](Self::retrieve).
    pub fn retrieve_below<T: Model>(&self, parent: &str, id: &str) -> Call<'_, T> {
        let of_parent = |_: &str| Some(parent.to_owned());
        Call::new(self, Request::retrieve_below(T::OBJECT, id, of_parent))
    }

    /// Creates an object. Without an [idempotency key](Call::idempotency_key), each call creates
    /// another one.
    ///
    /// `params` serializes to a JSON object, nested as in Stripe's API.
    ///
    /// ```no_run
    /// use djstripe_core::client::{Client, ClientError};
    /// use djstripe_core::models::Customer;
    /// use serde_json::json;
    ///
    /// # async fn create(client: Client) -> Result<(), ClientError> {
    /// let params = json!({ "email": "ann@example.com", "metadata": { "user": 7 } });
    /// let customer = client.create::<Customer>(params).idempotency_key("user-7").await?;
    /// println!("{:?}", customer.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn create<T: Model>(&self, params: impl Serialize) -> Call<'_, T> {
        let request = Request::create(T::OBJECT);
        Call::new(self, request.and_then(|it| with_params(it, params)))
    }

    /// Updates an object. An empty string unsets a field.
    ///
    /// ```no_run
    /// use djstripe_core::client::{Client, ClientError};
    /// use djstripe_core::models::Subscription;
    /// use serde_json::json;
    ///
    /// # async fn cancel(client: Client) -> Result<(), ClientError> {
    /// let params = json!({ "cancel_at_period_end": true });
    /// let subscription = client.update::<Subscription>("sub_1", params).await?;
    /// println!("{:?}", subscription.cancel_at);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn update<T: Model>(&self, id: &str, params: impl Serialize) -> Call<'_, T> {
        let request = Request::update(T::OBJECT, id);
        Call::new(self, request.and_then(|it| with_params(it, params)))
    }

    /// Deletes an object. A subscription is canceled.
    ///
    /// ```no_run
    /// use djstripe_core::client::{Client, ClientError};
    /// use djstripe_core::models::Coupon;
    ///
    /// # async fn delete(client: Client) -> Result<(), ClientError> {
    /// client.delete::<Coupon>("SPRING").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete<T: Model>(&self, id: &str) -> Result<(), ClientError> {
        let request = Request::delete(T::OBJECT, id)?;
        self.send(&request).await.map(drop)
    }
}

/// The request with these parameters.
pub(super) fn with_params(
    request: Request,
    params: impl Serialize,
) -> Result<Request, RequestError> {
    match serde_json::to_value(params) {
        Ok(Value::Null) => Ok(request),
        Ok(params @ Value::Object(_)) => Ok(request.params(params)),
        _ => Err(RequestError::Params),
    }
}
