//! Arguments of receivers: each type says how it is made from an event ([`FromEvent`]).

mod object;

use std::ops::Deref;
use std::sync::Arc;

use crate::client::Client;
use crate::receiver::context::Context;
use crate::receiver::writes::Writes;
use crate::store::Db;
use crate::webhook::crud_type::CrudType;
use crate::webhook::event::Event;
use crate::webhook::event_name::EventName;

/// What the arguments of one run are made from.
#[derive(Debug)]
pub struct Parts<'a> {
    event: &'a Event,
    context: &'a Context,
    db: Option<Db<'a>>,
    writes: Option<&'a Writes>,
}

impl<'a> Parts<'a> {
    pub(crate) fn new(event: &'a Event, context: &'a Context, db: Option<Db<'a>>) -> Self {
        Self {
            event,
            context,
            db,
            writes: None,
        }
    }

    /// Adds the list that gathers the mirror's writes.
    pub(crate) fn with_writes(self, writes: &'a Writes) -> Self {
        Self {
            writes: Some(writes),
            ..self
        }
    }

    /// The list that gathers the mirror's writes; `None` while the receiver holds a database connection, which must
    /// not wait for Stripe.
    pub(crate) fn writes(&self) -> Option<&'a Writes> {
        self.writes.filter(|_| self.db.is_none())
    }

    /// The event.
    pub fn event(&self) -> &'a Event {
        self.event
    }

    /// The application's shared values.
    pub fn context(&self) -> &'a Context {
        self.context
    }

    /// The receiver's transaction; the first argument that asks gets it.
    pub fn take_db(&mut self) -> Option<Db<'a>> {
        self.db.take()
    }
}

/// A type that can be an argument of a receiver.
///
/// ```
/// use djstripe_core::{AnyObject, ExtractError, FromEvent, Parts, stripe_receiver};
///
/// struct Tenant(String);
///
/// impl<'a> FromEvent<'a> for Tenant {
///     type Payload = AnyObject;
///
///     fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
///         Ok(Self(parts.event().account().unwrap_or("platform").to_owned()))
///     }
/// }
///
/// #[stripe_receiver("customer.created")]
/// fn greet(tenant: Tenant) {
///     println!("a customer of {}", tenant.0);
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a receiver",
    label = "not made from an event",
    note = "take `Event`, `EventName`, `CrudType`, `Object<T>`, `State<S>` or `Db<'_>`, or implement `FromEvent` for your own type"
)]
pub trait FromEvent<'a>: Sized {
    /// The object an event must carry for this argument: a model, or [`AnyObject`] when any event will do.
    type Payload;

    /// Whether the argument is made from the receiver's database connection.
    const USES_DATABASE: bool = false;

    /// Makes the argument.
    ///
    /// # Errors
    /// [`ExtractError`] fails this receiver alone; the event stays stored and other receivers run.
    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError>;

    /// Tells at start-up whether the application provides what this argument needs.
    ///
    /// # Errors
    /// [`ExtractError::MissingState`] and the like; the application then refuses to start.
    fn check(_context: &Context) -> Result<(), ExtractError> {
        Ok(())
    }
}

/// Stands for "whatever the event carries" in [`FromEvent::Payload`].
pub use djstripe_models::AnyObject;
pub use object::{Object, Payload, Previous};

/// Why an argument could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// `State<S>` was asked for, but the builder was not given an `S`.
    #[error("no `{type_name}` was given to the builder; add `.state(..)`")]
    MissingState {
        /// The type asked for.
        type_name: &'static str,
    },
    /// `CrudType` was asked for, but the event's verb is none of created, updated, deleted.
    #[error("event `{name}` is neither created, updated nor deleted; take `Option<CrudType>`")]
    NotCrud {
        /// The event's name.
        name: EventName,
    },
    /// `Object<T>` was asked for, but the event carries none.
    #[error("event {event} carries no object")]
    NoObject {
        /// The event's id.
        event: String,
    },
    /// What the event carries has another shape than the model.
    #[error(
        "object {} of API version {} can't be read",
        object_id.as_deref().unwrap_or("without id"),
        api_version.as_deref().unwrap_or("unknown")
    )]
    Decode {
        /// Id of the object.
        object_id: Option<String>,
        /// API version in which it is written.
        api_version: Option<String>,
        /// Where it differs.
        source: djstripe_models::ObjectError,
    },
    /// A family was asked for, but the event isn't of it.
    #[error("event `{name}` is not of the family")]
    NotOfFamily {
        /// The event's name.
        name: EventName,
    },
    /// `Mirror` was asked for where there is none, or together with `Db`.
    #[error("there is no mirror here; `Mirror` can't be combined with `Db`")]
    NoMirror,
    /// `Client` was asked for, but there is no secret key.
    #[error(
        "no secret key was given to the builder; add `.secret_key(..)` or set STRIPE_SECRET_KEY"
    )]
    NoClient,
    /// Two arguments asked for the database connection.
    #[error("only one argument can be the database connection")]
    DatabaseTaken,
    /// An application's own argument could not be made.
    #[error("argument could not be made from the event")]
    Custom(#[source] crate::error::BoxError),
}

/// A shared value of the application, given with [`Builder::state`](crate::Builder::state).
///
/// ```
/// use djstripe_core::{State, stripe_receiver};
///
/// struct Shop {
///     name: String,
/// }
///
/// #[stripe_receiver("checkout.session.completed")]
/// fn thank(State(shop): State<Shop>) {
///     println!("{} says thank you", shop.name);
/// }
/// ```
#[derive(Debug)]
pub struct State<S>(pub Arc<S>);

impl<S> Clone for State<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Deref for State<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

impl<'a> FromEvent<'a> for &'a Event {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        Ok(parts.event)
    }
}

impl<'a> FromEvent<'a> for Event {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        Ok(parts.event.clone())
    }
}

impl<'a> FromEvent<'a> for EventName {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        Ok(parts.event.name().clone())
    }
}

impl<'a> FromEvent<'a> for CrudType {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        Self::determine(parts.event, None).ok_or_else(|| ExtractError::NotCrud {
            name: parts.event.name().clone(),
        })
    }
}

impl<'a> FromEvent<'a> for Option<CrudType> {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        Ok(CrudType::determine(parts.event, None))
    }
}

impl<'a, S: Send + Sync + 'static> FromEvent<'a> for State<S> {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        find_state(parts.context).map(Self)
    }

    fn check(context: &Context) -> Result<(), ExtractError> {
        find_state::<S>(context).map(drop)
    }
}

impl<'a> FromEvent<'a> for Db<'a> {
    type Payload = AnyObject;

    const USES_DATABASE: bool = true;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        parts.take_db().ok_or(ExtractError::DatabaseTaken)
    }
}

/// The client, bound to the event's account and mode: what it fetches is the event's account's.
///
/// ```
/// use djstripe_core::client::{Client, ClientError, Request};
/// use djstripe_core::stripe_receiver;
///
/// #[stripe_receiver("invoice.payment_failed")]
/// async fn balance(client: Client) -> Result<(), ClientError> {
///     let answer = client.send(&Request::new(djstripe_core::client::Method::Get, "/v1/balance")).await?;
///     println!("{}", answer.json());
///     Ok(())
/// }
/// ```
impl<'a> FromEvent<'a> for Client {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        let client: Arc<Client> = parts.context.state().ok_or(ExtractError::NoClient)?;
        Ok(client.bound_to(parts.event.account(), parts.event.livemode()))
    }

    fn check(context: &Context) -> Result<(), ExtractError> {
        context
            .state::<Client>()
            .map(drop)
            .ok_or(ExtractError::NoClient)
    }
}

/// The connected account that the event belongs to; `None` for the platform's own.
///
/// ```
/// use djstripe_core::{Account, stripe_receiver};
///
/// #[stripe_receiver("payout.failed", account = connected)]
/// fn warn(Account(account): Account) {
///     println!("a payout of {} failed", account.unwrap_or_default());
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account(pub Option<String>);

impl<'a> FromEvent<'a> for Account {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        Ok(Self(parts.event.account().map(str::to_owned)))
    }
}

/// Whether the event is of live mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Livemode(pub bool);

impl<'a> FromEvent<'a> for Livemode {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ExtractError> {
        Ok(Self(parts.event.livemode()))
    }
}

/// Makes a family's enum an argument of receivers that listen to no other events.
macro_rules! family {
    ($family:path) => {
        impl<'a> $crate::FromEvent<'a> for $family {
            type Payload = Self;

            fn from_event(parts: &mut $crate::Parts<'a>) -> Result<Self, $crate::ExtractError> {
                let name = parts.event().name();
                $crate::models::Family::from_name(name.as_str())
                    .ok_or_else(|| $crate::ExtractError::NotOfFamily { name: name.clone() })
            }
        }
    };
}
pub(crate) use family;

fn find_state<S: Send + Sync + 'static>(context: &Context) -> Result<Arc<S>, ExtractError> {
    context.state().ok_or(ExtractError::MissingState {
        type_name: std::any::type_name::<S>(),
    })
}
