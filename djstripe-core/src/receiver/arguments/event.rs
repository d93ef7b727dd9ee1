//! The event and its fields as arguments.

use djstripe_models::AnyObject;

use super::error::ArgumentError;
use super::from_event::{FromEvent, Parts};
use crate::webhook::crud_type::CrudType;
use crate::webhook::event::Event;
use crate::webhook::event_name::EventName;

impl<'a> FromEvent<'a> for &'a Event {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        Ok(parts.event())
    }
}

impl<'a> FromEvent<'a> for Event {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        Ok(parts.event().clone())
    }
}

impl<'a> FromEvent<'a> for EventName {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        Ok(parts.event().name().clone())
    }
}

impl<'a> FromEvent<'a> for CrudType {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        Self::determine(parts.event(), None).ok_or_else(|| ArgumentError::NotCrud {
            name: parts.event().name().clone(),
        })
    }
}

impl<'a> FromEvent<'a> for Option<CrudType> {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        Ok(CrudType::determine(parts.event(), None))
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

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        Ok(Self(parts.event().account().map(str::to_owned)))
    }
}

/// Whether the event happened in live mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Livemode(pub bool);

impl<'a> FromEvent<'a> for Livemode {
    type Payload = AnyObject;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        Ok(Self(parts.event().livemode()))
    }
}
