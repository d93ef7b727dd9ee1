//! Arguments of receivers: each type says how it is made from an event ([`FromEvent`]).
//!
//! In: an event, the application's shared values, and what the run offers. Out: the arguments, or
//! an [`ArgumentError`] that fails this receiver alone.

mod error;
mod from_event;
mod event;
mod state;
mod services;
mod object;
mod data;
mod checkpoint;
mod family;
pub(crate) mod fit;

pub use checkpoint::Checkpoint;
pub use data::EventData;
pub use error::ArgumentError;
pub use event::{Account, Livemode};
pub use from_event::{FromEvent, Parts};
pub use object::{Object, Payload, Previous, Snapshot};
pub(crate) use services::find_clients;
pub use state::State;
pub(crate) use state::find_state;

/// Stands for any object, or none, in [`FromEvent::Payload`].
pub use djstripe_models::AnyObject;

pub(crate) use family::family;
