//! The mirror: the objects that events carry become rows of their tables.
//!
//! In: an event. Between: a bounded number of requests to Stripe, made while no database connection
//! is held. Out: a list of writes, which commit together with the receiver's checkpoint.

mod error;
mod subscriber;
mod settings_error;
mod object_name;
mod dropped;
mod expanded;
mod settings;
mod object_key;
mod same_second;
mod refresher;
mod services;
pub(crate) mod ids;
pub(crate) mod references;
mod argument;
mod rows;
pub(crate) mod links;
mod apply;
mod current;
mod save;
mod load;
mod user_customer;
#[doc(hidden)] // Public as `djstripe_core::receivers`.
pub mod handlers;

pub use argument::Mirror;
pub use error::MirrorError;
pub use settings::{LinkBy, MirrorSettings, RefetchPolicy};
pub use settings_error::SettingsError;
pub use subscriber::{NoEmailLookup, Subscriber, SubscriberLookup, SubscriberSource};

pub(crate) use apply::{Applied, apply, apply_with};
pub(crate) use current::{ReadObject, RowState, row_of};
pub(crate) use dropped::DroppedFields;
pub(crate) use references::id_of;
pub(crate) use services::Services;
pub(crate) use subscriber::{DynLookup, DynSource};
pub(crate) use user_customer::{CustomerError, UserCustomers, hashed};
