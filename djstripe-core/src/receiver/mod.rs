//! A receiver as a value: the facts that `#[stripe_receiver]` knows at compile time, and one plain
//! `fn` pointer.
//!
//! In: an event, and the receivers that the program registers. Out: which of them take the event,
//! in which order, and how one run of one of them ended. Nothing here knows of checkpoints, retries
//! or leases.

pub(crate) mod writes;
pub(crate) mod context;
pub(crate) mod current_object;
pub(crate) mod arguments;
mod error;
pub(crate) mod reply;
pub(crate) mod effects;
pub(crate) mod output;
pub(crate) mod info;
pub(crate) mod registry;
pub(crate) mod dispatch;
pub(crate) mod needed_events;
pub(crate) mod runner;

pub use arguments::Payload;
pub use effects::handlers::DuplicateEffect;
pub use effects::{
    Effect, EffectFuture, EffectInfo, EffectOptions, EffectOutput, FromEffect, OutboxError,
    StripeEffect,
};
pub use error::{Permanent, ReceiverError};
pub use info::{
    AccountFilter, Location, Rank, ReceiverFuture, ReceiverInfo, ReceiverOptions, TransactionOwner,
};
pub use needed_events::needed_events;
pub use output::ReceiverOutput;
pub use reply::Reply;
