//! Receive Stripe webhooks durably and keep a local mirror of Stripe's objects.

// Lets the macro's `::djstripe_core` paths work inside this crate too.
extern crate self as djstripe_core;

mod generated;

mod context;
mod crud_type;
mod event;
mod event_name;
pub mod extract;
pub mod receiver;
pub mod signature;
pub mod store;

pub use context::Context;
pub use crud_type::CrudType;
pub use event::{DecodeError, Event, ObjectHead};
pub use event_name::EventName;
pub use extract::{AnyObject, ExtractError, FromEvent, Parts, State};
pub use store::{Connection, Db, DbError};

/// What the expansion of `#[stripe_receiver]` names. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::context::Context;
    pub use crate::extract::{ExtractError, FromEvent, Parts};
    pub use crate::receiver::{
        AccountFilter, Location, ReceiverFuture, ReceiverInfo, ReceiverOptions, ReceiverOutput, Registration,
    };
    pub use inventory;
}
