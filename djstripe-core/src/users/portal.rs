//! Sessions of the customer portal.
//!
//! In: a user. Out: a session that shows the user's customer.

use std::fmt;
use std::future::IntoFuture;

use djstripe_models::{BillingPortalSession, Decoded};
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::{Value, json};

use super::error::UserError;
use super::params::{Params, add, none};
use super::scope::{Users, checked};
use crate::client::{Method, Request};
use crate::mirror::Subscriber;

const PATH: &str = "/v1/billing_portal/sessions";

/// A request for a session of the customer portal, which is sent when it is awaited.
///
/// [`Djstripe::portal`](crate::Djstripe::portal) has an example.
#[derive(Clone)]
#[must_use = "no session is created unless this is awaited"]
pub struct Portal {
    users: Users,
    user: Subscriber,
    params: Params,
}

impl Users {
    /// A session of the customer portal. See [`Djstripe::portal`](crate::Djstripe::portal).
    pub fn portal(&self, user: impl Into<Subscriber>) -> Portal {
        Portal::new(self.clone(), user.into())
    }
}

impl Portal {
    fn new(users: Users, user: Subscriber) -> Self {
        Self {
            users,
            user,
            params: none(),
        }
    }

    /// Where the user returns to. Default: the address in the settings of the portal.
    pub fn return_url(self, url: impl Into<String>) -> Self {
        self.params(json!({ "return_url": url.into() }))
    }

    /// Adds parameters of Stripe's, nested as in its API, such as `json!({ "locale": "de" })`.
    ///
    /// Source: [Create a portal session](https://docs.stripe.com/api/customer_portal/sessions/create).
    pub fn params(mut self, params: impl Serialize) -> Self {
        add(&mut self.params, params);
        self
    }

    async fn create(self) -> Result<Decoded<BillingPortalSession>, UserError> {
        let params = self.params.ok_or(UserError::Params)?;
        if params.contains_key("customer") {
            return Err(UserError::ReservedParam { name: "customer" });
        }

        let user = checked(self.user)?;
        self.users.needs(&["customer"])?;
        let scope = self.users.scope()?;
        let client = scope.client()?;
        let customer = self.users.services.store.customer_of(&scope.rows, &user.id);
        let customer = customer.await?;
        let customer = customer.ok_or(UserError::NoCustomer { user: user.id })?;
        // A session ends within minutes, so each call creates another one. The client's own key makes
        // it one, however often the request is sent again.
        let request = Request::new(Method::Post, PATH)
            .params(Value::Object(params))
            .param("customer", customer);
        Ok(client.send(&request).await?.object()?)
    }
}

impl IntoFuture for Portal {
    type Output = Result<Decoded<BillingPortalSession>, UserError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.create())
    }
}

impl fmt::Debug for Portal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Portal")
            .field("user", &self.user.id)
            .finish_non_exhaustive()
    }
}
