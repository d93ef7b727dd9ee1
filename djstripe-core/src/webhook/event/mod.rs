//! The envelope of an event.
//!
//! In: verified bytes. Out: an [`Event`]; `data.object` stays raw JSON. Does no IO.
//!
//! Invariant: only `id` and `type` can make decoding fail. All other fields are read leniently,
//! because nine years of API versions, `null`s and shapes that don't exist yet are values and not
//! errors.

mod error;
mod fields;
mod known;
mod other_json;
mod thin;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::de::IgnoredAny;

use crate::timestamp::Timestamp;
use crate::webhook::event_name::EventName;
use crate::webhook::lenient::{Lenient, Scalar};
use crate::webhook::object_head::ObjectHead;
use crate::webhook::signature::VerifiedPayload;

pub use error::DecodeError;
use fields::{Data, Fields, Request, account_of_context, position};
pub use known::ThinHead;
pub(crate) use known::{EventKinds, FetchedObject, Stored};
pub use thin::RelatedObject;
use thin::Thin;

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
    kinds: EventKinds,
    /// Whether it was fetched from Stripe's API.
    is_fetched: bool,
    /// Why it could not be fetched.
    not_fetched: Option<Arc<str>>,
    /// The thin event of a happening whose payload is that of the snapshot event.
    other_thin: Option<Arc<ThinHead>>,
    /// The whole of that thin event.
    other: Option<Arc<Event>>,
    /// The object that a thin event refers to, for receivers.
    fetched_object: Option<Arc<FetchedObject>>,
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
    thin: Option<Thin>,
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

    /// Decodes an event from its columns in the database.
    pub(crate) fn from_stored(payload: &str, stored: Stored<'_>) -> Result<Self, DecodeError> {
        let event = Self::from_json(payload)?;
        let event = event.received_for(stored.own_account, stored.account);
        Ok(event.sent_as(stored.kinds).also_thin(stored.thin.cloned()))
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
        let id = required("id", fields.id)?;
        let is_thin =
            matches!(fields.object, Some(Scalar::String(object)) if object == "v2.core.event");
        let snapshot = string(fields.snapshot_event).filter(|_| is_thin);
        let thin = is_thin.then(|| Thin::new(text, id.clone(), snapshot.is_some()));
        let envelope = Envelope {
            id: snapshot.unwrap_or(id),
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
            thin,
            object: data.object.and_then(|raw| position(text, raw)),
            previous: data.previous_attributes.and_then(|raw| position(text, raw)),
            payload: payload.clone(),
            head: CachedHead::default(),
        };

        Ok(Self {
            kinds: EventKinds {
                snapshot: !is_thin,
                thin: is_thin,
            },
            envelope: Arc::new(envelope),
            own_account: None,
            is_own: false,
            is_fetched: false,
            not_fetched: None,
            other_thin: None,
            other: None,
            fetched_object: None,
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

    /// The same event, of which Stripe has sent these kinds.
    #[must_use]
    pub(crate) fn sent_as(self, kinds: EventKinds) -> Self {
        Self { kinds, ..self }
    }

    /// The same event, of which Stripe has sent this thin event, too.
    #[must_use]
    pub(crate) fn also_thin(self, thin: Option<ThinHead>) -> Self {
        Self {
            other_thin: thin.map(Arc::new),
            ..self
        }
    }

    /// The same event, of which this is the whole of the thin event.
    #[must_use]
    pub(crate) fn with_thin(self, whole: Event) -> Self {
        Self {
            other: Some(Arc::new(whole)),
            ..self
        }
    }

    /// The same event, whose object is this one now.
    #[must_use]
    pub(crate) fn with_object(self, object: FetchedObject) -> Self {
        Self {
            fetched_object: Some(Arc::new(object)),
            ..self
        }
    }

    /// The same event, fetched from Stripe's API.
    #[must_use]
    pub(crate) fn fetched(self) -> Self {
        Self {
            is_fetched: true,
            ..self
        }
    }

    /// The same event, which could not be fetched from Stripe's API.
    #[must_use]
    pub(crate) fn not_fetched(self, reason: String) -> Self {
        Self {
            not_fetched: Some(reason.into()),
            ..self
        }
    }

    /// The event's id, `evt_…`. A second delivery of the event has the same id. A thin event has that
    /// of the snapshot event of the same happening, if there is one: Stripe may send both.
    pub fn id(&self) -> &str {
        &self.envelope.id
    }

    /// The event's name, `type` in its JSON. A thin event has the name of its snapshot event, if there
    /// is one: `customer.updated` for `v1.customer.updated`.
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

    /// When the event happened, as exactly as Stripe says: a thin event has a finer time than
    /// [`created`](Self::created). The Unix epoch if `created` is missing.
    ///
    /// ```
    /// use djstripe_core::Event;
    ///
    /// let event = Event::from_json(
    ///     r#"{"id":"evt_1","object":"v2.core.event","type":"v1.customer.updated",
    ///         "created":"2026-11-01T12:00:00.250Z"}"#,
    /// )?;
    /// assert_eq!(event.created_at().to_string(), "2026-11-01T12:00:00.250000Z");
    /// assert_eq!(event.created_at().seconds(), event.created());
    /// # Ok::<(), djstripe_core::DecodeError>(())
    /// ```
    pub fn created_at(&self) -> Timestamp {
        let seconds = || Timestamp::from_seconds(self.created());
        self.thin_created().unwrap_or_else(seconds)
    }

    /// When its thin event happened; `None` if only a snapshot event has arrived.
    pub(crate) fn thin_created(&self) -> Option<Timestamp> {
        match self.thin() {
            Some(thin) => thin.created,
            None => self.other_thin.as_ref()?.created,
        }
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

    /// Whether Stripe has sent it as a thin event (`v2.core.event`) only, which carries no object but
    /// refers to one.
    ///
    /// Source: [Thin events](https://docs.stripe.com/event-destinations#thin-events).
    pub fn is_thin(&self) -> bool {
        self.kinds.thin && !self.kinds.snapshot
    }

    /// Whether its JSON is that of a thin event.
    pub(crate) fn has_thin_payload(&self) -> bool {
        self.envelope.thin.is_some()
    }

    /// The id of the thin event itself, which may differ from [`id`](Self::id); `None` if only a
    /// snapshot event has arrived.
    pub fn thin_id(&self) -> Option<&str> {
        let own = self.thin().map(|thin| &*thin.id);
        let other = || self.other_thin.as_ref().map(|thin| &*thin.id);
        own.or_else(other)
    }

    /// The object that a thin event is about; `None` for a snapshot event, and if there is none.
    pub fn related_object(&self) -> Option<&RelatedObject> {
        self.thin()?.related.as_ref()
    }

    /// `data` of a thin event as Stripe's API returns it; `None` if it is missing or `null`.
    pub fn thin_data_json(&self) -> Option<&str> {
        if let Some(other) = &self.other {
            return other.thin_data_json();
        }
        let range = self.thin()?.data.clone()?;
        Some(self.slice(range))
    }

    /// Whether [`thin_data_json`](Self::thin_data_json) is known, even if there is none.
    pub(crate) fn has_thin_data(&self) -> bool {
        self.other.is_some() || self.has_thin_payload() && self.is_whole()
    }

    /// The object that it refers to, if that was fetched for its receivers.
    pub(crate) fn fetched_object(&self) -> Option<&FetchedObject> {
        self.fetched_object.as_deref()
    }

    /// As events of which kinds Stripe sent it.
    pub(crate) fn kinds(&self) -> EventKinds {
        self.kinds
    }

    /// Whether a thin event has what Stripe's API adds to its notification. True for others.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_fetched || self.thin().is_none_or(|thin| thin.is_whole)
    }

    /// Why a thin event lacks what Stripe's API has of it, if that was requested.
    pub(crate) fn not_fetched_because(&self) -> Option<&str> {
        self.not_fetched.as_deref()
    }

    /// Whether a snapshot event of the same happening may exist that the event does not name. Only
    /// Stripe's API knows then what to call the happening.
    pub(crate) fn lacks_snapshot_id(&self) -> bool {
        let Some(thin) = self.thin() else {
            return false;
        };
        let may_have_one = match self.name().is_known() {
            true => !self.name().is_thin_only(),
            false => !self.name().as_str().starts_with("v2."),
        };
        may_have_one && !thin.names_snapshot && !self.is_whole()
    }

    fn thin(&self) -> Option<&Thin> {
        self.envelope.thin.as_ref()
    }

    /// The whole event as received.
    pub fn json(&self) -> &str {
        self.slice(0..self.envelope.payload.len())
    }

    /// `data.object` as received; `None` if it is missing or `null`.
    pub fn object_json(&self) -> Option<&str> {
        self.envelope.object.clone().map(|range| self.slice(range))
    }

    /// The previous values of the fields that changed: `data.previous_attributes` as received, or
    /// `changes.before` of a thin event as Stripe's API returns it.
    pub fn previous_json(&self) -> Option<&str> {
        let previous = match self.thin() {
            Some(thin) => &thin.before,
            None => &self.envelope.previous,
        };
        previous.clone().map(|range| self.slice(range))
    }

    /// `id` and `object` of the object that the event is about: of `data.object`, or of the object
    /// that a thin event refers to.
    pub fn object_head(&self) -> ObjectHead {
        let read = || {
            if let Some(related) = self.related_object() {
                return ObjectHead {
                    id: related.id.as_deref().map(str::to_owned),
                    object: Some(related.object.to_string()),
                };
            }
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

fn required(field: &'static str, value: Option<Scalar<'_>>) -> Result<Box<str>, DecodeError> {
    value
        .and_then(Scalar::into_string)
        .map(Box::from)
        .ok_or(DecodeError::MissingField { field })
}

#[cfg(test)]
mod tests;
