//! Checkout Sessions for users.
//!
//! In: a user, a price and options. Out: a session that belongs to the user's customer.

use std::fmt;
use std::future::IntoFuture;

use djstripe_models::{CheckoutSession, Decoded};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::UserError;
use super::params::{Params, add, none};
use super::scope::{UserScope, Users, checked};
use crate::client::{ClientError, Request};
use crate::mirror::{Subscriber, hashed};
use crate::store::PriceTerms;

/// Parameters that follow from the user and the price.
const RESERVED: [&str; 3] = ["client_reference_id", "customer", "mode"];

/// Parameters one of which says where the user returns to, or that the user doesn't leave.
const RETURNS: [&str; 4] = [
    "success_url",
    "return_url",
    "redirect_on_completion",
    "ui_mode",
];

/// A request for a Checkout Session, which is sent when it is awaited.
///
/// [`Djstripe::checkout`](crate::Djstripe::checkout) has an example.
#[derive(Clone)]
#[must_use = "no session is created unless this is awaited"]
pub struct Checkout {
    users: Users,
    user: Subscriber,
    price: String,
    quantity: Option<u64>,
    attempt: Option<String>,
    params: Params,
}

impl Checkout {
    fn new(users: Users, user: Subscriber, price: String) -> Self {
        Self {
            users,
            user,
            price,
            quantity: None,
            attempt: None,
            params: none(),
        }
    }

    /// Where the user returns to after the payment. Stripe replaces `{CHECKOUT_SESSION_ID}` in it.
    pub fn success_url(self, url: impl Into<String>) -> Self {
        self.params(json!({ "success_url": url.into() }))
    }

    /// Where the user returns to without a payment.
    pub fn cancel_url(self, url: impl Into<String>) -> Self {
        self.params(json!({ "cancel_url": url.into() }))
    }

    /// How many the user buys. Default: 1; none for a metered price, whose usage is reported later.
    pub fn quantity(mut self, quantity: u64) -> Self {
        self.quantity = Some(quantity);
        self
    }

    /// Names the attempt. Calls with the same name and parameters get the same session for a day.
    ///
    /// Default: the number of the customer's sessions that are complete or expired, as far as they
    /// are mirrored. A user who clicks twice therefore gets one session, and one who comes back after
    /// a payment gets a new one.
    pub fn attempt(mut self, attempt: impl Into<String>) -> Self {
        self.attempt = Some(attempt.into());
        self
    }

    /// Adds parameters of Stripe's, nested as in its API, such as
    /// `json!({ "allow_promotion_codes": true })`.
    ///
    /// Source: [Create a Checkout Session](https://docs.stripe.com/api/checkout/sessions/create).
    pub fn params(mut self, params: impl Serialize) -> Self {
        add(&mut self.params, params);
        self
    }

    async fn create(self) -> Result<Decoded<CheckoutSession>, UserError> {
        let params = self.params.ok_or(UserError::Params)?;
        if let Some(name) = RESERVED.into_iter().find(|name| params.contains_key(*name)) {
            return Err(UserError::ReservedParam { name });
        }
        if !RETURNS.iter().any(|name| params.contains_key(*name)) {
            return Err(UserError::NoSuccessUrl);
        }

        let (users, user) = (self.users, checked(self.user)?);
        users.needs(&["customer"])?;
        if self.attempt.is_none() {
            users.needs(&["checkout.session"])?;
        }
        let scope = users.scope()?;
        let client = scope.client()?;
        let terms = users.price_terms(&scope, &self.price).await?;
        let customer = users.customer_or_new(&scope, &user).await?;
        let key = users.services.settings.subscriber_key.as_deref();
        let params = with_defaults(params, &user, key, &customer, || {
            line_item(&self.price, self.quantity, &terms)
        });
        let mode = if terms.is_recurring {
            "subscription"
        } else {
            "payment"
        };

        let attempt = match self.attempt {
            Some(attempt) => json!(attempt),
            None => {
                let store = &users.services.store;
                json!(store.ended_sessions(&scope.rows, &customer).await?)
            }
        };
        let key = hashed(&json!([scope.rows.livemode, attempt, mode, params]));
        let session = client
            .create::<CheckoutSession>(params)
            .with(|request| request.param("mode", mode))
            .idempotency_key(format!("djstripe-checkout-{key}"));
        Ok(session.await?)
    }
}

impl Users {
    /// A Checkout Session in which a user pays a price. See
    /// [`Djstripe::checkout`](crate::Djstripe::checkout).
    pub fn checkout(&self, user: impl Into<Subscriber>, price: impl Into<String>) -> Checkout {
        Checkout::new(self.clone(), user.into(), price.into())
    }

    /// How a price is paid: from the mirror or, if that lacks the price, from Stripe.
    async fn price_terms(&self, scope: &UserScope, price: &str) -> Result<PriceTerms, UserError> {
        #[derive(Deserialize)]
        struct Price {
            #[serde(rename = "type")]
            kind: Option<String>,
            recurring: Option<Recurring>,
        }
        #[derive(Deserialize)]
        struct Recurring {
            usage_type: Option<String>,
        }

        let store = &self.services.store;
        if self.mirrors("price")
            && let Some(terms) = store.price_terms(&scope.rows, price).await?
        {
            return Ok(terms);
        }
        let request = Request::retrieve("price", price).map_err(ClientError::from)?;
        let answer = scope.client()?.send(&request).await?;
        let price: Price =
            serde_json::from_str(answer.json()).map_err(|error| ClientError::Malformed {
                request_id: None,
                source: error.into(),
            })?;
        let usage_type = price.recurring.and_then(|recurring| recurring.usage_type);
        Ok(PriceTerms {
            is_recurring: price.kind.as_deref() == Some("recurring"),
            is_metered: usage_type.as_deref() == Some("metered"),
        })
    }
}

/// Adds what follows from the user, and the line of the price unless the parameters have lines.
fn with_defaults(
    mut params: Map<String, Value>,
    user: &Subscriber,
    key: Option<&str>,
    customer: &str,
    line_item: impl Fn() -> Value,
) -> Map<String, Value> {
    params
        .entry("line_items")
        .or_insert_with(|| json!([line_item()]));
    if let Some(key) = key {
        let metadata = params.entry("metadata").or_insert_with(|| json!({}));
        if let Value::Object(metadata) = metadata {
            metadata.insert(key.to_owned(), user.id.clone().into());
        }
    }
    params.insert("client_reference_id".to_owned(), user.id.clone().into());
    params.insert("customer".to_owned(), customer.into());
    params
}

fn line_item(price: &str, quantity: Option<u64>, terms: &PriceTerms) -> Value {
    match quantity.or((!terms.is_metered).then_some(1)) {
        Some(quantity) => json!({ "price": price, "quantity": quantity }),
        None => json!({ "price": price }),
    }
}

impl IntoFuture for Checkout {
    type Output = Result<Decoded<CheckoutSession>, UserError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.create())
    }
}

impl fmt::Debug for Checkout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Checkout")
            .field("user", &self.user.id)
            .field("price", &self.price)
            .finish_non_exhaustive()
    }
}
