//! The event's object, and its earlier values, as models.

use std::fmt;
use std::ops::Deref;

use djstripe_models::{Decoded, FromJson, Model, ObjectError};

use super::error::ArgumentError;
use super::from_event::{FromEvent, Parts};
use super::services::find_clients;
use crate::client::ClientError;
use crate::webhook::event::Event;

/// The event's object as it is now, as a model with its JSON. Derefs to the model.
///
/// It is the object as the mirror has it: fetched from Stripe in the pinned API version if there is
/// a key, and otherwise the newest that an event has said. Events arrive in any order, so what the
/// event itself says may be out of date; [`Snapshot`] is that.
///
/// It compiles only if every event that the receiver listens to carries a `T`.
///
/// ```
/// use djstripe_core::models::Customer;
/// use djstripe_core::{Object, stripe_receiver};
///
/// #[stripe_receiver("customer.created", "customer.updated", "customer.deleted")]
/// fn greet(customer: Object<Customer>) {
///     if !customer.is_deleted() {
///         println!("hello, {}", customer.email.as_deref().unwrap_or("stranger"));
///     }
/// }
/// ```
///
/// Source: [Event ordering](https://docs.stripe.com/webhooks#event-ordering).
#[derive(Clone)]
pub struct Object<T> {
    object: Decoded<T>,
    is_deleted: bool,
    is_from_payload: bool,
}

impl<T> Object<T> {
    /// Whether the object is deleted at Stripe: its content is then the last that is known. A
    /// canceled subscription is not deleted: Stripe still has it.
    pub fn is_deleted(&self) -> bool {
        self.is_deleted
    }

    /// Whether this is the event's payload, because the mirror doesn't have the object: it has no
    /// id, the settings leave its type out, or the mirror has failed for good.
    pub fn is_from_payload(&self) -> bool {
        self.is_from_payload
    }

    /// The JSON.
    pub fn json(&self) -> &str {
        self.object.json()
    }

    /// The model with its JSON. It serializes to that JSON.
    pub fn into_inner(self) -> Decoded<T> {
        self.object
    }
}

impl<T: FromJson> Object<T> {
    /// An object of a row.
    pub(crate) fn of_row(object: Decoded<T>, is_deleted: bool) -> Self {
        Self {
            object,
            is_deleted,
            is_from_payload: false,
        }
    }
}

impl<T: Payload> Object<T> {
    /// An object with this JSON, for tests of receivers. It is not deleted.
    ///
    /// ```
    /// use djstripe_core::Object;
    /// use djstripe_core::models::Customer;
    ///
    /// let customer = Object::<Customer>::from_json(r#"{"id":"cus_1","email":"a@example.com"}"#)?;
    /// assert_eq!(customer.email.as_deref(), Some("a@example.com"));
    /// # Ok::<(), djstripe_core::models::ObjectError>(())
    /// ```
    ///
    /// # Errors
    /// [`ObjectError`] if the JSON has another shape than the model.
    pub fn from_json(json: &str) -> Result<Self, ObjectError> {
        let object = Decoded::from_json_text(T::NAME, json)?;
        Ok(Self::of_row(object, false))
    }

    /// The same object, deleted.
    #[must_use]
    pub fn deleted(self) -> Self {
        Self {
            is_deleted: true,
            ..self
        }
    }
}

impl<T> Deref for Object<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.object
    }
}

impl<T: fmt::Debug> fmt::Debug for Object<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}

impl<'a, T: Payload> FromEvent<'a> for Object<T> {
    type Payload = T;

    const READS_OBJECT: bool = true;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        let event = parts.event();
        let Some(current) = parts.object() else {
            let json = payload(parts)?;
            return Ok(Self {
                object: decode(event, T::NAME, json, event.api_version())?,
                is_deleted: false,
                is_from_payload: true,
            });
        };

        let api_version = current.api_version.as_deref();
        Ok(Self {
            object: decode(event, T::NAME, &current.json, api_version)?,
            is_deleted: current.is_deleted,
            is_from_payload: current.is_from_payload,
        })
    }
}

/// `data.object` of the event as a model, with its JSON: the object as it was when the event
/// happened, in the API version of the event. Derefs to the model.
///
/// The object may have changed since, and events arrive in any order: [`Object`] is the object as
/// it is now.
///
/// It compiles only if every event that the receiver listens to carries a `T`.
///
/// ```
/// use djstripe_core::models::Invoice;
/// use djstripe_core::{Snapshot, stripe_receiver};
///
/// // What was due at that moment, whatever was paid since.
/// #[stripe_receiver("invoice.finalized", mirror = optional)]
/// fn note(invoice: Snapshot<Invoice>) {
///     println!("{:?} were due", invoice.amount_due);
/// }
/// ```
#[derive(Clone)]
pub struct Snapshot<T>(Decoded<T>);

impl<T> Snapshot<T> {
    /// The JSON as Stripe sent it.
    pub fn json(&self) -> &str {
        self.0.json()
    }

    /// The model with its JSON. It serializes to the JSON that Stripe sent.
    pub fn into_inner(self) -> Decoded<T> {
        self.0
    }
}

impl<T: Payload> Snapshot<T> {
    /// A snapshot with this JSON, for tests of receivers.
    ///
    /// ```
    /// use djstripe_core::Snapshot;
    /// use djstripe_core::models::Invoice;
    ///
    /// let invoice = Snapshot::<Invoice>::from_json(r#"{"id":"in_1","amount_due":100}"#)?;
    /// assert_eq!(invoice.amount_due, Some(100));
    /// # Ok::<(), djstripe_core::models::ObjectError>(())
    /// ```
    ///
    /// # Errors
    /// [`ObjectError`] if the JSON has another shape than the model.
    pub fn from_json(json: &str) -> Result<Self, ObjectError> {
        Decoded::from_json_text(T::NAME, json).map(Self)
    }
}

impl<T> Deref for Snapshot<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Snapshot<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}

impl<'a, T: Payload> FromEvent<'a> for Snapshot<T> {
    type Payload = T;

    const TAKES_SNAPSHOT: bool = true;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        let event = parts.event();
        let json = payload(parts)?;
        decode(event, T::NAME, json, event.api_version()).map(Self)
    }
}

/// `data.previous_attributes` of the event, or `changes.before` of a thin event, as a model: the
/// earlier values of the fields that changed. All other fields are absent.
///
/// A field that was `null` before the change is absent too. [`Previous::has`] distinguishes the
/// two.
///
/// ```
/// use djstripe_core::models::Subscription;
/// use djstripe_core::{Object, Previous, stripe_receiver};
///
/// #[stripe_receiver("customer.subscription.updated")]
/// fn on_status(now: Object<Subscription>, before: Previous<Subscription>) {
///     if before.has("status") {
///         println!("{:?} -> {:?}", before.status, now.status);
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Previous<T>(Decoded<T>);

impl<T> Previous<T> {
    /// Whether this field changed, according to the event. Also true if it was `null` before.
    pub fn has(&self, field: &str) -> bool {
        serde_json::from_str::<serde_json::Value>(self.json())
            .is_ok_and(|previous| previous.get(field).is_some())
    }

    /// The JSON as Stripe sent it; `{}` if the event has none.
    pub fn json(&self) -> &str {
        self.0.json()
    }
}

impl<T: Payload> Previous<T> {
    /// Earlier values with this JSON, for tests of receivers.
    ///
    /// ```
    /// use djstripe_core::Previous;
    /// use djstripe_core::models::Subscription;
    ///
    /// let before = Previous::<Subscription>::from_json(r#"{"status":"trialing"}"#)?;
    /// assert!(before.has("status"));
    /// # Ok::<(), djstripe_core::models::ObjectError>(())
    /// ```
    ///
    /// # Errors
    /// [`ObjectError`] if the JSON has another shape than the model.
    pub fn from_json(json: &str) -> Result<Self, ObjectError> {
        Decoded::from_json_text(T::NAME, json).map(Self)
    }
}

impl<T> Deref for Previous<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Previous<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}

impl<'a, T: Payload> FromEvent<'a> for Previous<T> {
    type Payload = T;

    const READS_CHANGES: bool = true;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        let event = parts.event();
        if !event.is_whole() {
            return Err(not_fetched(parts));
        }
        let json = event.previous_json().unwrap_or("{}");
        decode(event, T::NAME, json, event.api_version()).map(Self)
    }
}

/// A type that [`Object`], [`Snapshot`] and [`Previous`] can hold: a model, a union of models, or a union that
/// `union = …` generates.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Stripe object",
    label = "expected a model such as `models::Customer`",
    note = "models of some product groups need a cargo feature"
)]
pub trait Payload: FromJson {
    /// The name of the type in errors.
    const NAME: &'static str;
}

#[diagnostic::do_not_recommend]
impl<T: Model> Payload for T {
    const NAME: &'static str = T::OBJECT;
}

fn payload<'a>(parts: &Parts<'a>) -> Result<&'a str, ArgumentError> {
    let event = parts.event();
    event.object_json().ok_or_else(|| {
        let refers_to_one = event.related_object().is_some() || !event.name().is_thin_only();
        if event.has_thin_payload() && refers_to_one {
            return not_fetched(parts);
        }
        ArgumentError::NoObject {
            event: event.id().to_owned(),
        }
    })
}

/// The error of an argument that a thin event's notification lacks.
pub(super) fn not_fetched(parts: &Parts<'_>) -> ArgumentError {
    let event = parts.event();
    let livemode = event.livemode();
    let has_key = find_clients(parts.context()).is_ok_and(|clients| {
        let client = clients.of(event.own_account());
        client.is_some_and(|client| client.has_key(livemode))
    });
    let reason = match event.not_fetched_because() {
        Some(reason) => reason.to_owned(),
        None if has_key => "the mirror has no row of the object that it refers to".to_owned(),
        None => ClientError::NoKey {
            livemode: Some(livemode),
        }
        .to_string(),
    };
    ArgumentError::NotFetched {
        event: event.id().to_owned(),
        reason,
    }
}

fn decode<T: FromJson>(
    event: &Event,
    name: &'static str,
    json: &str,
    api_version: Option<&str>,
) -> Result<Decoded<T>, ArgumentError> {
    Decoded::from_json_text(name, json).map_err(|source: ObjectError| ArgumentError::Decode {
        object_id: event.object_head().id,
        api_version: api_version.map(str::to_owned),
        source,
    })
}
