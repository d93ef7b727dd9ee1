//! The envelope of an event.
//!
//! In: verified bytes. Out: an [`Event`]; `data.object` stays raw JSON. Does no IO.
//!
//! Invariant: only `id` and `type` can make decoding fail. All other fields are read leniently,
//! because nine years of API versions, `null`s and shapes that don't exist yet are values and not
//! errors.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::webhook::event_name::EventName;
use crate::webhook::lenient::{Lenient, Scalar};
use crate::webhook::object_head::ObjectHead;
use crate::webhook::signature::VerifiedPayload;

/// A delivered event. Cheap to clone.
///
/// ```
/// use djstripe_core::Event;
///
/// let event = Event::from_json(
///     r#"{"id":"evt_1","type":"customer.updated","created":1700000000,"livemode":false,
///         "data":{"object":{"id":"cus_1","object":"customer"}}}"#,
/// )?;
/// assert_eq!(event.name().as_str(), "customer.updated");
/// assert_eq!(event.object_json(), Some(r#"{"id":"cus_1","object":"customer"}"#));
/// # Ok::<(), djstripe_core::DecodeError>(())
/// ```
///
/// Source: [The Event object](https://docs.stripe.com/api/events/object).
#[derive(Clone, PartialEq)]
pub struct Event {
    envelope: Arc<Envelope>,
    own_account: Option<Arc<str>>,
    /// Whether `account` in the JSON names the application's own account.
    is_own: bool,
}

#[derive(PartialEq)]
struct Envelope {
    id: Box<str>,
    name: EventName,
    account: Option<Box<str>>,
    context: Option<Box<str>>,
    api_version: Option<Box<str>>,
    created: i64,
    livemode: bool,
    request_id: Option<Box<str>>,
    idempotency_key: Option<Box<str>>,
    thin: bool,
    payload: Bytes,
    object: Option<Range<usize>>,
    previous: Option<Range<usize>>,
    head: CachedHead,
}

/// The object's head, read on first use. It follows from the payload, so comparisons ignore it.
#[derive(Default)]
struct CachedHead(OnceLock<ObjectHead>);

impl PartialEq for CachedHead {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Why verified bytes are not an event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The body is not UTF-8.
    #[error("body is not UTF-8")]
    NotUtf8(#[from] std::str::Utf8Error),
    /// The body is not JSON.
    #[error("body is not JSON")]
    NotJson(#[from] serde_json::Error),
    /// The body is JSON, but not an object.
    #[error("body is not a JSON object")]
    NotAnObject,
    /// A field that every event has is missing, empty or not a string.
    #[error("not an event: `{field}` is missing, empty or not a string")]
    MissingField {
        /// `id` or `type`.
        field: &'static str,
    },
}

impl Event {
    /// Decodes a body whose signature was verified.
    ///
    /// # Errors
    /// [`DecodeError`] if the body is not an event. An unknown name or field is not an error.
    pub fn decode(payload: VerifiedPayload) -> Result<Self, DecodeError> {
        Self::parse(payload.into_bytes())
    }

    /// Decodes an event from trusted JSON, such as a fixture or a response of Stripe's API.
    ///
    /// # Errors
    /// The same as [`Event::decode`].
    pub fn from_json(json: &str) -> Result<Self, DecodeError> {
        Self::parse(Bytes::copy_from_slice(json.as_bytes()))
    }

    /// Decodes a body whose endpoint doesn't verify signatures: it checks deliveries in another
    /// way, or not at all.
    pub(crate) fn unverified(body: Bytes) -> Result<Self, DecodeError> {
        Self::parse(body)
    }

    fn parse(payload: Bytes) -> Result<Self, DecodeError> {
        let text = std::str::from_utf8(&payload)?;

        if !text.trim_start().starts_with('{') {
            // serde would accept an array for a struct, too.
            return serde_json::from_str(text)
                .map_err(DecodeError::from)
                .and_then(|IgnoredAny| Err(DecodeError::NotAnObject));
        }

        let fields: Fields<'_> = serde_json::from_str(text)?;
        let data = fields.data.map_or_else(Data::default, Lenient::into_map);
        let request = match fields.request {
            Some(Lenient::String(id)) => Request {
                id: Some(Lenient::String(id)),
                idempotency_key: None,
            },
            Some(other) => other.into_map(),
            None => Request::default(),
        };

        let string = |field: Option<Scalar<'_>>| -> Option<Box<str>> {
            field.and_then(Scalar::into_string).map(Box::from)
        };
        let context = string(fields.context);
        let envelope = Envelope {
            id: required("id", fields.id)?,
            name: EventName::new(&required("type", fields.name)?),
            account: string(fields.account)
                .or_else(|| string(fields.user_id))
                .or_else(|| context.as_deref().and_then(account_of_context)),
            context,
            api_version: string(fields.api_version),
            created: fields
                .created
                .and_then(Scalar::into_seconds)
                .unwrap_or_default(),
            livemode: matches!(fields.livemode, Some(Scalar::Bool(true))),
            request_id: string(request.id),
            idempotency_key: string(request.idempotency_key),
            thin: matches!(fields.object, Some(Scalar::String(object)) if object == "v2.core.event"),
            object: data.object.and_then(|raw| position(text, raw)),
            previous: data.previous_attributes.and_then(|raw| position(text, raw)),
            payload: payload.clone(),
            head: CachedHead::default(),
        };

        Ok(Self {
            envelope: Arc::new(envelope),
            own_account: None,
            is_own: false,
        })
    }

    /// The same event, received for this own account of the application. `account` is the connected
    /// account whose event it is; `None` for the own one, even if the JSON names that.
    #[must_use]
    pub(crate) fn received_for(self, own_account: Option<&str>, account: Option<&str>) -> Self {
        Self {
            own_account: own_account.map(Arc::from),
            is_own: account.is_none(),
            ..self
        }
    }

    /// The event's id, `evt_…`. A second delivery of the event has the same id.
    pub fn id(&self) -> &str {
        &self.envelope.id
    }

    /// The event's name, `type` in its JSON.
    pub fn name(&self) -> &EventName {
        &self.envelope.name
    }

    /// The connected account that the event belongs to; `None` for the platform itself. Events of
    /// API versions before 2017-05-25 name it in `user_id`.
    ///
    /// Source: [Changelog](https://docs.stripe.com/changelog/2017-05-25/events-connect-specify-originating-account).
    pub fn account(&self) -> Option<&str> {
        let account = self.envelope.account.as_deref();
        account.filter(|_| !self.is_own)
    }

    /// The declared account of the application that received the event, or whose event it is; `None`
    /// if that account is not [declared](crate::Builder::account).
    pub fn own_account(&self) -> Option<&str> {
        self.own_account.as_deref()
    }

    /// The account in whose rows the mirror keeps the event's objects: the connected account, else the
    /// declared own one, else the empty string.
    ///
    /// ```
    /// use djstripe_core::Event;
    ///
    /// let event = Event::from_json(r#"{"id":"evt_1","type":"ping","account":"acct_1"}"#)?;
    /// assert_eq!(event.mirror_account(), "acct_1");
    /// # Ok::<(), djstripe_core::DecodeError>(())
    /// ```
    pub fn mirror_account(&self) -> &str {
        self.account().or(self.own_account()).unwrap_or_default()
    }

    /// The event's `context`, by which Stripe names an account through others, as in `org_1/acct_1`.
    ///
    /// Source: [Stripe-Context header](https://docs.stripe.com/context).
    pub fn context(&self) -> Option<&str> {
        self.envelope.context.as_deref()
    }

    /// The API version of `data`.
    pub fn api_version(&self) -> Option<&str> {
        self.envelope.api_version.as_deref()
    }

    /// When the event happened, in Unix seconds; 0 if `created` is missing.
    pub fn created(&self) -> i64 {
        self.envelope.created
    }

    /// Whether the event is from live mode. An event without `livemode` counts as test mode.
    pub fn livemode(&self) -> bool {
        self.envelope.livemode
    }

    /// The id of the API request that caused the event, `req_…`.
    pub fn request_id(&self) -> Option<&str> {
        self.envelope.request_id.as_deref()
    }

    /// The idempotency key of the API request that caused the event.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.envelope.idempotency_key.as_deref()
    }

    /// Whether this is a thin notification (`v2.core.event`), which carries no object.
    ///
    /// Source: [Thin events](https://docs.stripe.com/event-destinations#thin-events).
    pub fn is_thin(&self) -> bool {
        self.envelope.thin
    }

    /// The whole event as received.
    pub fn json(&self) -> &str {
        self.slice(0..self.envelope.payload.len())
    }

    /// `data.object` as received; `None` if it is missing or `null`.
    pub fn object_json(&self) -> Option<&str> {
        self.envelope.object.clone().map(|range| self.slice(range))
    }

    /// `data.previous_attributes` as received: the previous values of the fields that changed.
    pub fn previous_json(&self) -> Option<&str> {
        self.envelope
            .previous
            .clone()
            .map(|range| self.slice(range))
    }

    /// `id` and `object` of `data.object`: the object that the event is about.
    pub fn object_head(&self) -> ObjectHead {
        let read = || {
            self.object_json()
                .and_then(|json| serde_json::from_str(json).ok())
                .unwrap_or_default()
        };
        self.envelope.head.0.get_or_init(read).clone()
    }

    fn slice(&self, range: Range<usize>) -> &str {
        // `parse` has checked that the payload is UTF-8, and each range is that of a JSON value.
        std::str::from_utf8(&self.envelope.payload[range]).unwrap_or_default()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Event")
            .field("id", &self.id())
            .field("name", self.name())
            .field("account", &self.account())
            .field("created", &self.created())
            .field("livemode", &self.livemode())
            .finish_non_exhaustive()
    }
}

/// The last account of a context: `acct_2` of `org_1/acct_1/acct_2`.
fn account_of_context(context: &str) -> Option<Box<str>> {
    let mut accounts = context.rsplit('/');
    accounts.find(|id| id.starts_with("acct_")).map(Box::from)
}

fn required(field: &'static str, value: Option<Scalar<'_>>) -> Result<Box<str>, DecodeError> {
    value
        .and_then(Scalar::into_string)
        .map(Box::from)
        .ok_or(DecodeError::MissingField { field })
}

/// The range of `raw` within `text`; `None` for a JSON `null`.
fn position(text: &str, raw: &RawValue) -> Option<Range<usize>> {
    let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
    (raw.get() != "null").then(|| start..start + raw.get().len())
}

#[derive(Deserialize)]
#[serde(expecting = "an event")]
struct Fields<'a> {
    #[serde(borrow)]
    id: Option<Scalar<'a>>,
    #[serde(borrow)]
    object: Option<Scalar<'a>>,
    #[serde(borrow, rename = "type")]
    name: Option<Scalar<'a>>,
    #[serde(borrow)]
    account: Option<Scalar<'a>>,
    /// The account, before API version 2017-05-25.
    #[serde(borrow)]
    user_id: Option<Scalar<'a>>,
    /// The account, in a thin event: its id, or a path of accounts that ends with it.
    #[serde(borrow)]
    context: Option<Scalar<'a>>,
    #[serde(borrow)]
    api_version: Option<Scalar<'a>>,
    #[serde(borrow)]
    created: Option<Scalar<'a>>,
    #[serde(borrow)]
    livemode: Option<Scalar<'a>>,
    /// An object; before API version 2017-05-25, the bare request id.
    #[serde(borrow)]
    request: Option<Lenient<'a, Request<'a>>>,
    #[serde(borrow)]
    data: Option<Lenient<'a, Data<'a>>>,
}

#[derive(Default, Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    id: Option<Scalar<'a>>,
    #[serde(borrow)]
    idempotency_key: Option<Scalar<'a>>,
}

#[derive(Default, Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    #[serde(borrow)]
    previous_attributes: Option<&'a RawValue>,
}

#[cfg(test)]
mod tests;
