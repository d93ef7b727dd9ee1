//! Receive Stripe webhooks durably and keep a local mirror of Stripe's objects.

// Lets the macro's `::djstripe_core` paths work inside this crate too.
extern crate self as djstripe_core;

mod generated;

// In the order in which an event travels.
pub mod signature;
mod event_name;
mod event;
mod crud_type;
mod delivery;
pub mod endpoint;
pub mod store;
mod handover;
mod inbox;
mod receive;
pub mod http;
pub mod client;
mod registry;
pub mod dispatch;
mod hooks;
mod committer;
mod worker;
pub mod outbox;
mod verdict;
mod runner;
mod dry_run;
mod context;
pub mod extract;
pub mod receiver;
pub mod mirror;
pub mod receivers;
mod event_list;
pub mod reconcile;
pub mod init_customers;
mod account_scope;
pub mod sync;
pub mod verify;
mod app;
pub mod metrics;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(any(feature = "cli", feature = "testing"))]
mod sample;
#[cfg(feature = "testing")]
pub mod testing;

pub use account_scope::AccountScope;
pub use app::{
    BuildError, Builder, DEFAULT_BODY_LIMIT, DEFAULT_DATABASE_URL, DEFAULT_GRACE, DEFAULT_LEASE, Djstripe, Mode,
};
pub use context::Context;
pub use crud_type::CrudType;
pub use delivery::Delivery;
#[doc = include_str!("../docs/receivers.md")]
pub use djstripe_macros::stripe_receiver;
pub use djstripe_models as models;
pub use dry_run::{DryOutcome, DryRun, DryRunError, MirroredRow};
pub use event::{DecodeError, Event, ObjectHead};
pub use event_name::EventName;
pub use extract::{Account, AnyObject, ExtractError, FromEvent, Livemode, Object, Parts, Previous, State};
pub use hooks::Occasion;
pub use receive::{Receipt, WebhookError};
pub use receiver::Permanent;
pub use registry::{Registry, RegistryError};
pub use runner::DEFAULT_TIMEOUT;
pub use store::{Connection, Db, DbError};
pub use uuid;
pub use verdict::RETRY_SCHEDULE;

/// README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The API version whose facts the catalogue holds; requests to Stripe are made in it.
pub const API_VERSION: &str = generated::event_names::API_VERSION;

/// What the expansion of `#[stripe_receiver]` names. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::context::Context;
    pub use crate::extract::Payload;
    pub use crate::extract::{ExtractError, FromEvent, Parts};
    pub use crate::receiver::{
        AccountFilter, Location, ReceiverFuture, ReceiverInfo, ReceiverOptions, ReceiverOutput, Registration, failed,
        finish, ready,
    };
    pub use djstripe_models as models;
    pub use djstripe_models::events;
    pub use djstripe_models::{Decoder, FromJson, Unmodelled};
    pub use inventory;
    pub use serde_json::Value;
}
