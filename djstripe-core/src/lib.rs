//! Receive Stripe webhooks durably and keep a local mirror of Stripe's objects.

#![cfg_attr(docsrs, feature(doc_cfg))]

// Lets the macro's `::djstripe_core` paths work inside this crate too.
extern crate self as djstripe_core;

mod generated;

// Leaves: they import nothing of this crate.
mod error;
mod timestamp;
mod telemetry;

// The stages, from the bottom up: each imports only what stands above it here.
mod webhook;
pub mod endpoint;
mod hooks;
pub mod client;
pub mod store;
pub mod receiver;
pub mod mirror;
mod processing;
mod intake;
mod maintenance;
#[doc = include_str!("../docs/users.md")]
pub mod users;
mod app;
pub mod http;
#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "cli")]
pub mod cli;

pub use app::{
    BACKLOG_INTERVAL, BuildError, Builder, DEFAULT_BODY_LIMIT, DEFAULT_BODY_MEMORY,
    DEFAULT_DATABASE_URL, DEFAULT_GRACE, DEFAULT_LEASE, DEFAULT_RETRIEVE_LIMIT, Djstripe,
    OwnAccount, OwnAccountError,
};
#[doc = include_str!("../docs/effects.md")]
pub use djstripe_macros::stripe_effect;
#[doc = include_str!("../docs/receivers.md")]
pub use djstripe_macros::stripe_receiver;
pub use djstripe_models as models;
pub use error::BoxError;
pub use hooks::HookContext;
pub use intake::{EndpointError, Receipt, WebhookError};
pub use maintenance::account_scope::AccountScope;
pub use maintenance::{init_customers, reconcile, redact, sync, verify};
#[doc(inline)]
pub use mirror::handlers as receivers;
pub use processing::ProcessingMode;
pub use processing::dry_run::{DryOutcome, DryRun, DryRunError, MirroredRow};
pub use processing::verdict::RETRY_SCHEDULE;
pub use receiver::Permanent;
pub use receiver::arguments::{
    Account, AnyObject, ArgumentError, Checkpoint, EventData, FromEvent, Livemode, Object, Parts,
    Previous, Snapshot, State,
};
pub use receiver::context::Context;
pub use receiver::registry::{Registry, RegistryError};
pub use receiver::runner::DEFAULT_TIMEOUT;
pub use store::{Connection, Db, DbError};
pub use telemetry::metrics;
pub use timestamp::Timestamp;
pub use uuid;
pub use webhook::API_VERSION;
pub use webhook::crud_type::CrudType;
pub use webhook::delivery::Delivery;
pub use webhook::event::{DecodeError, Event, RelatedObject};
pub use webhook::event_name::{EventKind, EventName};
pub use webhook::object_head::ObjectHead;
pub use webhook::signature;

/// The page about thin events.
#[doc = include_str!("../docs/thin.md")]
pub mod thin {}

/// The page about secrets.
#[doc = include_str!("../docs/secrets.md")]
pub mod secrets {}

/// The page about forgetting a customer.
#[doc = include_str!("../docs/redaction.md")]
pub mod redaction {}

/// The page about databases: rights, connections, upgrades, backups.
#[doc = include_str!("../docs/databases.md")]
pub mod databases {}

/// The page about a server in production: its limits, proxies in front of it, and how it stops.
#[doc = include_str!("../docs/serving.md")]
pub mod serving {}

/// The page for whoever is on call.
#[cfg(feature = "cli")]
#[doc = include_str!("../docs/on-call.md")]
pub mod on_call {}

/// README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// What the expansion of `#[stripe_receiver]` names. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::receiver::arguments::fit::{Argument, Fit, NoFit};
    pub use crate::receiver::arguments::{ArgumentError, FromEvent, Parts, Payload};
    pub use crate::receiver::context::Context;
    pub use crate::receiver::effects::info::EffectRegistration;
    pub use crate::receiver::effects::{
        Effect, EffectFuture, EffectInfo, EffectInput, EffectOptions, EffectOutput, FromEffect,
        StripeEffect, failed as effect_failed, finish as finish_effect, ready as effect_ready,
    };
    pub use crate::receiver::info::{
        AccountFilter, Location, Rank, ReceiverFuture, ReceiverInfo, ReceiverOptions, Registration,
        TransactionOwner,
    };
    pub use crate::receiver::output::{ReceiverOutput, failed, finish, ready};
    pub use crate::webhook::event_name::EventKind;
    pub use djstripe_models as models;
    pub use djstripe_models::events;
    pub use djstripe_models::{CarriedBy, Decoder, FromJson, Unmodelled};
    pub use inventory;
    pub use serde_json::Value;
}

/// Not part of the public interface: for this project's own tests and benchmarks.
#[doc(hidden)]
pub mod __internals {
    pub use crate::receiver::dispatch::dispatch;
    pub use crate::store::internals::*;
}
