//! The database connection and Stripe's API as arguments.

use std::sync::Arc;

use djstripe_models::AnyObject;

use super::error::ArgumentError;
use super::from_event::{FromEvent, Parts};
use crate::client::{Client, Clients};
use crate::receiver::context::Context;
use crate::store::Db;

impl<'a> FromEvent<'a> for Db<'a> {
    type Payload = AnyObject;

    const USES_DATABASE: bool = true;

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        parts.take_db().ok_or(ArgumentError::DatabaseTaken)
    }
}

/// The client of the event's own account, bound to the event's account and mode: its requests are
/// made on behalf of that account.
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

    fn from_event(parts: &mut Parts<'a>) -> Result<Self, ArgumentError> {
        let event = parts.event();
        let clients = find_clients(parts.context())?;
        let client = clients
            .of(event.own_account())
            .ok_or(ArgumentError::NoClient)?;
        Ok(client.bound_to(event.account(), event.livemode()))
    }

    fn check(context: &Context) -> Result<(), ArgumentError> {
        find_clients(context).map(drop)
    }
}

/// The clients of the application's own accounts.
pub(crate) fn find_clients(context: &Context) -> Result<Arc<Clients>, ArgumentError> {
    let clients = context.state::<Clients>().ok_or(ArgumentError::NoClient)?;
    if clients.is_empty() {
        return Err(ArgumentError::NoClient);
    }
    Ok(clients)
}
