//! A request to Stripe as a plain value; building it does no IO.

use std::time::Duration;

use djstripe_models::{ModelDescriptor, descriptor};
use reqwest::Url;
use serde_json::{Map, Value};

use super::budget::Priority;

/// What a request does.
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
    /// As HTTP writes it.
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
    pub(super) account: Option<String>,
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
    /// The catalogue doesn't know such objects.
    #[error("`{object}` is not an object of Stripe's")]
    UnknownObject {
        /// What was given.
        object: String,
    },
    /// Stripe has no such operation on these objects.
    #[error("Stripe has no way to {operation} a `{object}`")]
    NoOperation {
        /// Type of the objects.
        object: &'static str,
        /// `retrieve`, `list`, …
        operation: &'static str,
    },
    /// The path needs the id of a parent.
    #[error("a `{object}` is found below its `{parent}`, whose id is missing")]
    MissingParent {
        /// Type of the object.
        object: &'static str,
        /// The parent's name in the path.
        parent: String,
    },
    /// An id that can't stand in a path.
    #[error("`{id}` is not an id")]
    InvalidId {
        /// What was given.
        id: String,
    },
}

impl Request {
    /// A request to a path of one's own, `/v1/customers/search`. What stands in it is percent-encoded.
    pub fn new(method: Method, path: &str) -> Self {
        Self {
            method,
            path: path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect(),
            params: Map::new(),
            expand: Vec::new(),
            account: None,
            livemode: None,
            idempotency_key: None,
            api_version: None,
            timeout: None,
            priority: Priority::Live,
        }
    }

    /// Fetches an object that is found by its id alone.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn retrieve(object: &str, id: &str) -> Result<Self, RequestError> {
        Self::retrieve_below(object, id, |_| None)
    }

    /// Fetches an object; `parent` gives the ids of what it is found below, by their names in the path.
    ///
    /// ```
    /// use djstripe_core::client::Request;
    ///
    /// let request = Request::retrieve_below("person", "person_1", |parent| (parent == "account").then(|| "acct_1".into()))?;
    /// assert_eq!(request.path(), "/v1/accounts/acct_1/people/person_1");
    /// # Ok::<(), djstripe_core::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn retrieve_below(
        object: &str,
        id: &str,
        parent: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, RequestError> {
        let descriptor = known(object)?;
        let path = descriptor.retrieve.ok_or(no_operation(descriptor, "retrieve"))?;
        Self::fill(Method::Get, descriptor, path, Some(id), parent)
    }

    /// Lists objects, newest first.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn list(object: &str) -> Result<Self, RequestError> {
        Self::list_below(object, |_| None)
    }

    /// Lists objects that are found below others.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn list_below(object: &str, parent: impl Fn(&str) -> Option<String>) -> Result<Self, RequestError> {
        let descriptor = known(object)?;
        let path = descriptor.list.ok_or(no_operation(descriptor, "list"))?;
        Self::fill(Method::Get, descriptor, path, None, parent)
    }

    /// Creates an object.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn create(object: &str) -> Result<Self, RequestError> {
        Ok(Self { method: Method::Post, ..Self::list(object)? })
    }

    /// Changes an object.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn update(object: &str, id: &str) -> Result<Self, RequestError> {
        Ok(Self { method: Method::Post, ..Self::retrieve(object, id)? })
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn delete(object: &str, id: &str) -> Result<Self, RequestError> {
        let descriptor = known(object)?;
        let path = descriptor.delete.ok_or(no_operation(descriptor, "delete"))?;
        Self::fill(Method::Delete, descriptor, path, Some(id), |_| None)
    }

    fn fill(
        method: Method,
        descriptor: &'static ModelDescriptor,
        template: &str,
        id: Option<&str>,
        parent: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, RequestError> {
        let mut request = Self::new(method, "");
        let segments: Vec<&str> = template.split('/').filter(|segment| !segment.is_empty()).collect();
        let last = segments.len().saturating_sub(1);
        for (index, segment) in segments.into_iter().enumerate() {
            let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            let filled = match (name, id) {
                (None, _) => segment.to_owned(),
                // The object's own id stands at the end.
                (Some(_), Some(id)) if index == last => id.to_owned(),
                (Some(name), _) => parent(name).ok_or_else(|| RequestError::MissingParent {
                    object: descriptor.object,
                    parent: name.to_owned(),
                })?,
            };
            // A URL would swallow these two, and address the list instead of the object.
            if filled.is_empty() || filled == "." || filled == ".." {
                return Err(RequestError::InvalidId { id: filled });
            }
            request.path.push(filled);
        }
        Ok(request)
    }

    /// Reads what a path of the catalogue names, with the id of its parent in place of `{…}`.
    ///
    /// # Errors
    /// [`RequestError::InvalidId`].
    pub(crate) fn below(template: &str, parent: Option<&str>) -> Result<Self, RequestError> {
        let mut request = Self::new(Method::Get, template);
        let place = request.path.iter_mut().find(|segment| segment.starts_with('{'));
        if let (Some(place), Some(id)) = (place, parent) {
            if id.is_empty() || id == "." || id == ".." {
                return Err(RequestError::InvalidId { id: id.to_owned() });
            }
            *place = id.to_owned();
        }
        Ok(request)
    }

    /// Reads the address that Stripe gives a list, `/v1/subscription_items?subscription=sub_1`. `None` for what is none.
    pub(crate) fn at_address(address: &str) -> Option<Self> {
        let url = Url::parse("https://api.stripe.com").ok()?.join(address).ok()?;
        let mut request = Self::new(Method::Get, "");
        for segment in url.path_segments()?.filter(|segment| !segment.is_empty()) {
            request.path.push(percent_encoding::percent_decode_str(segment).decode_utf8().ok()?.into_owned());
        }
        for (name, value) in url.query_pairs() {
            request.params.insert(name.into_owned(), value.into_owned().into());
        }
        Some(request).filter(|request| !request.path.is_empty())
    }

    /// Adds parameters; a JSON object, nested as Stripe wants it. An empty text clears a field.
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

    /// Takes a parameter away again.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.params.remove(name);
        self
    }

    pub(super) fn has_limit(&self) -> bool {
        self.params.contains_key("limit")
    }

    pub(super) fn param_text(&self, name: &str) -> Option<&str> {
        self.params.get(name)?.as_str()
    }

    /// Asks for an object in place of its id: `customer`, or `data.customer` in a list.
    ///
    /// Source: [Expanding responses](https://docs.stripe.com/api/expanding_objects).
    #[must_use]
    pub fn expand(mut self, field: &str) -> Self {
        self.expand.push(field.to_owned());
        self
    }

    /// Acts on a connected account, `Stripe-Account`.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into()).filter(|account| !account.is_empty());
        self
    }

    /// Uses the key of this mode.
    #[must_use]
    pub fn livemode(mut self, livemode: bool) -> Self {
        self.livemode = Some(livemode);
        self
    }

    /// Makes a write happen once, however often it is sent. Without one each [`Request`] that is sent gets its own.
    ///
    /// Source: [Idempotent requests](https://docs.stripe.com/api/idempotent_requests).
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Speaks another API version than the catalogue's, [`API_VERSION`](crate::API_VERSION).
    #[must_use]
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = Some(version.into());
        self
    }

    /// Longest time for one try.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// How urgent it is. Default: [`Priority::Live`].
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Its path, not encoded.
    pub fn path(&self) -> String {
        self.path.iter().map(|segment| format!("/{segment}")).collect()
    }

    /// The type of object in the path, by which Stripe limits rates too: `customers`, `checkout/sessions`.
    pub(super) fn resource(&self) -> String {
        let words = self.path.iter().skip(1).take_while(|segment| !segment.contains(|c: char| c.is_ascii_digit()));
        words.take(2).map(String::as_str).collect::<Vec<_>>().join("/")
    }

    pub(super) fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(&self.path);
        }
        url.set_query(
            (self.method != Method::Post).then(|| self.encoded()).filter(|query| !query.is_empty()).as_deref(),
        );
        url
    }

    /// The body, form-encoded; `None` for what has none.
    pub fn body(&self) -> Option<String> {
        (self.method == Method::Post).then(|| self.encoded())
    }

    fn encoded(&self) -> String {
        let mut params = self.params.clone();
        if !self.expand.is_empty() {
            params.insert("expand".to_owned(), self.expand.clone().into());
        }
        if params.is_empty() {
            return String::new();
        }
        // Text, numbers and nested maps of them: nothing in JSON can't be written so.
        serde_qs::to_string(&Value::Object(params)).unwrap_or_default()
    }
}

fn known(object: &str) -> Result<&'static ModelDescriptor, RequestError> {
    descriptor(object).ok_or_else(|| RequestError::UnknownObject { object: object.to_owned() })
}

fn no_operation(descriptor: &'static ModelDescriptor, operation: &'static str) -> RequestError {
    RequestError::NoOperation { object: descriptor.object, operation }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_encoded_as_stripe_reads_them() {
        let check = |params: Value, expected: &str| {
            let request = Request::new(Method::Post, "/v1/customers").params(params);
            assert_eq!(request.body().as_deref(), Some(expected));
        };
        check(json!({}), "");
        check(json!({ "email": "a+b@c.de", "name": "A & B" }), "email=a%2Bb@c.de&name=A+%26+B");
        check(json!({ "a": { "b": { "c": 1 } } }), "a[b][c]=1");
        check(json!({ "items": [{ "price": "p_1" }, { "price": "p_2" }] }), "items[0][price]=p_1&items[1][price]=p_2");
        check(json!({ "flag": true, "empty": "", "amount": -1.5 }), "amount=-1.5&empty=&flag=true");
    }

    #[test]
    fn urls_hold_what_was_asked_for() {
        let check = |request: Request, expected: &str| {
            let base = Url::parse("https://stripe.test/base/").unwrap();
            assert_eq!(request.url(&base).as_str(), format!("https://stripe.test/base{expected}"));
        };
        check(Request::retrieve("customer", "cus_1").unwrap(), "/v1/customers/cus_1");
        check(Request::retrieve("coupon", "50% off/now").unwrap(), "/v1/coupons/50%25%20off%2Fnow");
        check(
            Request::retrieve("customer", "cus_1").unwrap().expand("a").expand("b"),
            "/v1/customers/cus_1?expand[0]=a&expand[1]=b",
        );
        check(Request::list("charge").unwrap().param("limit", 100), "/v1/charges?limit=100");
        check(
            Request::list("charge").unwrap().params(json!({ "created": { "gte": 7 } })),
            "/v1/charges?created[gte]=7",
        );
        check(Request::delete("coupon", "c").unwrap(), "/v1/coupons/c");
        check(Request::update("customer", "cus_1").unwrap().param("name", "x"), "/v1/customers/cus_1");
    }

    #[test]
    fn addresses_and_templates_are_filled_in() {
        let base = Url::parse("https://stripe.test").unwrap();
        let check = |request: Option<Request>, expected: Option<&str>| {
            let url = request.map(|request| request.url(&base).as_str().trim_start_matches(base.as_str()).to_owned());
            assert_eq!(url.as_deref(), expected);
        };
        let address = |address: &str| Request::at_address(address);
        check(address("/v1/customers/cus_1/sources"), Some("v1/customers/cus_1/sources"));
        check(address("/v1/subscription_items?subscription=sub_1"), Some("v1/subscription_items?subscription=sub_1"));
        check(address("/v1/products/a%2Fb%20c/features"), Some("v1/products/a%2Fb%20c/features"));
        check(address(""), None);
        let below = |parent: &str| Request::below("/v1/customers/{customer}/payment_methods", Some(parent)).ok();
        check(below("cus_1"), Some("v1/customers/cus_1/payment_methods"));
        check(below("a/b"), Some("v1/customers/a%2Fb/payment_methods"));
        check(below(".."), None);
    }

    #[test]
    fn what_stripe_cannot_do_is_refused() {
        let check = |request: Result<Request, RequestError>, expected: &str| {
            assert_eq!(request.unwrap_err().to_string(), expected);
        };
        check(Request::retrieve("basket", "b"), "`basket` is not an object of Stripe's");
        check(Request::retrieve("discount", "di_1"), "Stripe has no way to retrieve a `discount`");
        check(Request::retrieve("person", "p_1"), "a `person` is found below its `account`, whose id is missing");
        check(Request::retrieve("coupon", ".."), "`..` is not an id");
        check(Request::retrieve("coupon", ""), "`` is not an id");
    }

    #[test]
    fn the_resource_is_what_the_path_names() {
        let check = |path: &str, expected: &str| assert_eq!(Request::new(Method::Get, path).resource(), expected);
        check("/v1/customers", "customers");
        check("/v1/customers/cus_1/tax_ids", "customers");
        check("/v1/checkout/sessions/cs_1", "checkout/sessions");
    }
}
