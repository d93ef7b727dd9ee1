//! The object that an event carries, typed: [`Object`] and [`Previous`].

use std::fmt;
use std::ops::Deref;

use djstripe_models::{FromJson, Model, Object as ModelObject, ObjectError};

use super::{ExtractError, FromEvent, Parts};
use crate::webhook::event::Event;

/// `data.object` of the event as a model. Derefs to it; the JSON is kept beside it.
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
pub struct Object<T>(ModelObject<T>);

impl<T> Object<T> {
    /// The JSON as it came in.
    pub fn json(&self) -> &str {
        self.0.json()
    }

    /// The model with its JSON, which serializes to what came in.
    pub fn into_inner(self) -> ModelObject<T> {
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

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        let event = parts.event();
        let json = event.object_json().ok_or_else(|| ExtractError::NoObject {
            event: event.id().to_owned(),
        })?;
        decode(event, T::NAME, json).map(Self)
    }
}

/// `data.previous_attributes` of the event as a model: the earlier values of the fields that changed, all others absent.
///
/// A field that was `null` before is absent too; [`Previous::has`] tells the two apart.
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
pub struct Previous<T>(ModelObject<T>);

impl<T> Previous<T> {
    /// Whether the event says that this field changed, be it from `null`.
    pub fn has(&self, field: &str) -> bool {
        serde_json::from_str::<serde_json::Value>(self.json())
            .is_ok_and(|previous| previous.get(field).is_some())
    }

    /// The JSON as it came in; `{}` if the event has none.
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

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        let event = parts.event();
        decode(event, T::NAME, event.previous_json().unwrap_or("{}")).map(Self)
    }
}

/// What [`Object`] and [`Previous`] can hold: a model, a union of several, or one that `union = …` generates.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an object of Stripe's",
    label = "expected a model such as `models::Customer`",
    note = "is the cargo feature of its product group on?"
)]
pub trait Payload: FromJson {
    /// Its name in errors.
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
) -> Result<ModelObject<T>, ExtractError> {
    ModelObject::from_json_text(name, json).map_err(|source: ObjectError| ExtractError::Decode {
        object_id: event.object_head().id,
        api_version: event.api_version().map(str::to_owned),
        source,
    })
}
