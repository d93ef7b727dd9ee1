//! Stripe's objects as typed structs, decoded tolerantly.
//!
//! Every field is optional, because nine years of API versions and partial objects leave out any of them. Enums are
//! open: a value that is newer than this crate is `Unlisted`. [`Decoded`] keeps the JSON next to the typed object. The
//! types of a product group are compiled in with its cargo feature; [`descriptor`] knows all objects whatever the
//! features.
//!
//! Invariant: this crate is a leaf. It knows neither the database's connection nor HTTP.
//!
//! ```
//! use djstripe_models::{Expandable, Model, Subscription, SubscriptionStatus};
//!
//! let json = serde_json::json!({ "id": "sub_1", "status": "active", "customer": "cus_1" });
//! let subscription = Subscription::decode(&json)?;
//!
//! assert_eq!(subscription.status, Some(SubscriptionStatus::Active));
//! assert_eq!(subscription.customer.as_ref().and_then(Expandable::id), Some("cus_1"));
//! # Ok::<(), djstripe_models::FieldError>(())
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod json;
mod timestamp;
mod types;
mod descriptor;
mod model;
mod decoded;
mod family;
mod migration;
#[cfg(feature = "tables")]
pub mod json_column;
#[cfg(feature = "tables")]
mod join;
mod generated;
mod catalogue;

pub use catalogue::descriptor;
pub use decoded::{Decoded, ObjectError};
pub use descriptor::{Column, ColumnKind, ModelDescriptor, OwnColumn, OwnedList, Reference};
#[cfg(feature = "tables")]
pub use diesel;
pub use family::Family;
pub use generated::*;
#[doc(hidden)]
pub use json::{Decoder, Fields};
pub use json::{FieldError, FromJson};
pub use migration::Migration;
pub use model::{AnyObject, CarriedBy, HasTable, Model};
pub use timestamp::Timestamp;
pub use types::{Currency, Decimal, Expandable, List, Unmodelled};
