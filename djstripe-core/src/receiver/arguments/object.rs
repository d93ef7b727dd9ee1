//! The event's object, and its earlier values, as models.

use std::fmt;
use std::ops::Deref;

use djstripe_models::{Decoded, FromJson, Model, ObjectError};

use super::error::ArgumentError;
use super::from_event::{FromEvent, Parts};
use crate::webhook::event::Event;

/// `data.object` of the event as a model, with its JSON. Derefs to the model.
///
/// It compiles only if every event that the receiver listens to carries a `T`.
///
/// ```
/// use djstripe_core::models::Customer;
/// use djstripe_core::{Object, stripe_receiver};
///
/// #[stripe_receiver("customer.created", "customer.updated")]
/// fn greet(customer: Object<Customer>) {
///     println!("hello, {}", customer.email.as_deref().unwrap_or("stranger"));
/// }
/// ```
#[derive(Clone)]
pub struct Object<T>(Decoded<T>);

impl<T> Object<T> {
    /// The JSON as Stripe sent it.
    pub fn json(&self) -> &str {
        self.0.json()
    }

    /// The model with its JSON. It serializes to the JSON that Stripe sent.
    pub fn into_inner(self) -> Decoded<T> {
        self.0
    }
}

impl<T> Deref for Object<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Object<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}

impl<'a, T: Payload> FromEvent<'a> for Object<T> {
    type Payload = T;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        let event = parts.event();
        let no_object = || ArgumentError::NoObject {
            event: event.id().to_owned(),
        };
        let json = event.object_json().ok_or_else(no_object)?;
        decode(event, T::NAME, json).map(Self)
    }
}

/// `data.previous_attributes` of the event as a model: the earlier values of the fields that
/// changed. All other fields are absent.
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

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        let event = parts.event();
        decode(event, T::NAME, event.previous_json().unwrap_or("{}")).map(Self)
    }
}

/// A type that [`Object`] and [`Previous`] can hold: a model, a union of models, or a union that
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

fn decode<T: FromJson>(
    event: &Event,
    name: &'static str,
    json: &str,
) -> Result<Decoded<T>, ArgumentError> {
    Decoded::from_json_text(name, json).map_err(|source: ObjectError| ArgumentError::Decode {
        object_id: event.object_head().id,
        api_version: event.api_version().map(str::to_owned),
        source,
    })
}
