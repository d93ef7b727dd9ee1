//! A request to Stripe as a plain value. Does no IO.
//!
//! In: a method, a path and parameters. Out: the URL, query and body of an HTTP request.

mod catalogue;

use std::time::Duration;

use reqwest::Url;
use serde_json::{Map, Value};

use super::budget::Priority;

/// The HTTP method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates or updates.
    Post,
    /// Deletes.
    Delete,
}

impl Method {
    /// The name of the method in HTTP.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// A request to Stripe's API, not sent yet.
///
/// ```
/// use djstripe_core::client::Request;
/// use serde_json::json;
///
/// let request = Request::create("customer")?
///     .params(json!({ "email": "ann@example.com", "metadata": { "order": 7 } }))
///     .account("acct_1")
///     .idempotency_key("order-7");
/// assert_eq!(request.body(), Some("email=ann@example.com&metadata[order]=7".to_owned()));
/// # Ok::<(), djstripe_core::client::RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub(super) method: Method,
    path: Vec<String>,
    params: Map<String, Value>,
    expand: Vec<String>,
    expand_if_permitted: Vec<String>,
    pub(super) account: Option<String>,
    pub(super) context: Option<String>,
    pub(super) livemode: Option<bool>,
    pub(super) idempotency_key: Option<String>,
    pub(super) api_version: Option<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) priority: Priority,
}

/// Why a request can't be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The catalogue has no type of object with this name.
    #[error("`{object}` is not a Stripe object")]
    UnknownObject {
        /// The unknown name.
        object: String,
    },
    /// Stripe's API doesn't have the operation for this type of object.
    #[error("Stripe has no operation `{operation}` for `{object}`")]
    NoOperation {
        /// The type of object.
        object: &'static str,
        /// `retrieve`, `list`, …
        operation: &'static str,
    },
    /// The path contains the id of a parent, which is missing.
    #[error("the path of `{object}` needs the id of its `{parent}`")]
    MissingParent {
        /// The type of object.
        object: &'static str,
        /// The name of the parent in the path.
        parent: String,
    },
    /// The parameters are not a JSON object.
    #[error("the parameters are not a JSON object")]
    Params,
    /// The id can't be part of a path.
    #[error("invalid id `{id}`")]
    InvalidId {
        /// The invalid id.
        id: String,
    },
}

impl Request {
    /// Creates a request with any path, such as `/v1/customers/search`. The path is percent-encoded
    /// when it is sent.
    pub fn new(method: Method, path: &str) -> Self {
        Self {
            method,
            path: path
                .split('/')
                .filter(|segment| !segment.is_empty())
                .map(str::to_owned)
                .collect(),
            params: Map::new(),
            expand: Vec::new(),
            expand_if_permitted: Vec::new(),
            account: None,
            context: None,
            livemode: None,
            idempotency_key: None,
            api_version: None,
            timeout: None,
            priority: Priority::Live,
        }
    }

    /// Retrieves a bank account or card to which a connected account pays out. No object of the
    /// catalogue has this path.
    pub(crate) fn external_account(account: &str, id: &str) -> Self {
        let path = format!("/v1/accounts/{account}/external_accounts/{id}");
        Self::new(Method::Get, &path)
    }

    /// Reads the `url` of a list, such as `/v1/subscription_items?subscription=sub_1`; `None` if it
    /// is not a path.
    pub(crate) fn from_list_url(url: &str) -> Option<Self> {
        let url = Url::parse("https://api.stripe.com").ok()?.join(url).ok()?;

        let mut request = Self::new(Method::Get, "");
        for segment in url.path_segments()?.filter(|segment| !segment.is_empty()) {
            request.path.push(
                percent_encoding::percent_decode_str(segment)
                    .decode_utf8()
                    .ok()?
                    .into_owned(),
            );
        }

        for (name, value) in url.query_pairs() {
            request.add_query_pair(&name, value.into_owned().into());
        }

        Some(request).filter(|request| !request.path.is_empty())
    }

    /// Adds a parameter as a query has it: the items of an array may all have one name.
    fn add_query_pair(&mut self, name: &str, value: Value) {
        let (name, is_item) = match name.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (name, false),
        };
        match self.params.get_mut(name) {
            Some(Value::Array(items)) => items.push(value),
            Some(first) => *first = vec![first.take(), value].into(),
            None => {
                let value = if is_item { vec![value].into() } else { value };
                self.params.insert(name.to_owned(), value);
            }
        }
    }

    /// The same request for the page with this URL, which the page before it named; `None` if that is
    /// of another list, or the same page again.
    pub(super) fn following(&self, url: &str) -> Option<Self> {
        let Self { path, params, .. } = Self::from_list_url(url)?;
        (path == self.path && params != self.params).then(|| Self {
            path,
            params,
            ..self.clone()
        })
    }

    /// Adds parameters: a JSON object, nested as in Stripe's API. An empty string unsets a field.
    #[must_use]
    pub fn params(mut self, params: Value) -> Self {
        if let Value::Object(params) = params {
            self.params.extend(params);
        }
        self
    }

    /// Adds one parameter.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a parameter.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.params.remove(name);
        self
    }

    pub(super) fn has_limit(&self) -> bool {
        self.params.contains_key("limit")
    }

    pub(super) fn string_param(&self, name: &str) -> Option<&str> {
        self.params.get(name)?.as_str()
    }

    /// The object that the page starts after or ends before.
    pub(super) fn cursor(&self) -> Option<&str> {
        let after = self.string_param("starting_after");
        after.or_else(|| self.string_param("ending_before"))
    }

    /// Requests an object in place of its id: `customer`, or `data.customer` in a list.
    ///
    /// Source: [Expanding responses](https://docs.stripe.com/api/expanding_objects).
    #[must_use]
    pub fn expand(mut self, field: &str) -> Self {
        self.expand.push(field.to_owned());
        self
    }

    /// As [`expand`](Self::expand), unless the key lacks the permission for what the field expands
    /// to: then the request is sent again without such fields.
    #[must_use]
    pub(crate) fn expand_if_permitted(mut self, field: String) -> Self {
        self.expand_if_permitted.push(field);
        self
    }

    /// The same request without the fields that a key may lack a permission for; `None` if it has
    /// none.
    pub(super) fn without_optional_fields(&self) -> Option<Self> {
        (!self.expand_if_permitted.is_empty()).then(|| Self {
            expand_if_permitted: Vec::new(),
            ..self.clone()
        })
    }

    /// Sends the request on behalf of a connected account, with the header `Stripe-Account`.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into()).filter(|account| !account.is_empty());
        self
    }

    /// Names the account by a path of accounts that ends with it, as an event's `context` does:
    /// `org_1/acct_1/acct_2`. What comes before the key's own account is left out. The header is
    /// `Stripe-Context` where the account is more than one step away, else `Stripe-Account`.
    ///
    /// Source: [Stripe-Context header](https://docs.stripe.com/context).
    #[must_use]
    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.context = Some(context.into()).filter(|context| !context.is_empty());
        self
    }

    /// Uses the key of this mode.
    #[must_use]
    pub fn livemode(mut self, livemode: bool) -> Self {
        self.livemode = Some(livemode);
        self
    }

    /// Sets the idempotency key, with which a write happens only once, even if it is sent again.
    /// Without one, each call of [`Client::send`](super::Client::send) uses a new key.
    ///
    /// Source: [Idempotent requests](https://docs.stripe.com/api/idempotent_requests).
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Sets the API version. Default: the catalogue's, [`API_VERSION`](crate::webhook::API_VERSION).
    #[must_use]
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = Some(version.into());
        self
    }

    /// Sets the timeout of one attempt.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Sets the priority. Default: [`Priority::Live`].
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// The path, not percent-encoded.
    pub fn path(&self) -> String {
        self.path
            .iter()
            .map(|segment| format!("/{segment}"))
            .collect()
    }

    /// The type of object in the path, for rate limits: `customers`, `checkout/sessions`.
    pub(super) fn resource(&self) -> String {
        let words = self
            .path
            .iter()
            .skip(1)
            .take_while(|segment| !segment.contains(|c: char| c.is_ascii_digit()));
        words
            .take(2)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("/")
    }

    pub(super) fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(&self.path);
        }
        url.set_query(
            (self.method != Method::Post)
                .then(|| self.encoded())
                .filter(|query| !query.is_empty())
                .as_deref(),
        );
        url
    }

    /// The body: JSON below `/v2/`, else form-encoded; `None` for methods without one.
    ///
    /// Source: [API v2 overview](https://docs.stripe.com/api-v2-overview).
    pub fn body(&self) -> Option<String> {
        if self.method != Method::Post {
            return None;
        }
        Some(if self.is_v2() {
            Value::Object(self.all_params()).to_string()
        } else {
            self.encoded()
        })
    }

    /// The media type of the body.
    pub(super) fn content_type(&self) -> &'static str {
        if self.is_v2() {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        }
    }

    fn is_v2(&self) -> bool {
        self.path.first().is_some_and(|segment| segment == "v2")
    }

    fn encoded(&self) -> String {
        let params = self.all_params();
        if params.is_empty() {
            return String::new();
        }
        // Every JSON value can be encoded, so this can't fail.
        serde_qs::to_string(&Value::Object(params)).unwrap_or_default()
    }

    fn all_params(&self) -> Map<String, Value> {
        let mut params = self.params.clone();
        let expand = [&*self.expand, &*self.expand_if_permitted].concat();
        if !expand.is_empty() {
            params.insert("expand".to_owned(), expand.into());
        }
        params
    }
}

#[cfg(test)]
mod tests;
