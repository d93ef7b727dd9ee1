//! Stripe's objects as typed structs. Leaf crate: knows neither the database nor HTTP.
//!
//! Every field is optional, because nine years of API versions and partial objects leave out any of them; enums are open;
//! [`Object`] keeps the JSON beside the typed view. The types of a product group are compiled in with its cargo feature;
//! [`descriptor`] knows all objects whatever the features.

#![cfg_attr(docsrs, feature(doc_cfg))]

// Lets the generated code's paths be the same everywhere.
extern crate self as djstripe_models;

mod json;
mod timestamp;
mod types;
mod model;
mod family;
#[cfg(feature = "tables")]
pub mod json_column;
mod generated;

#[cfg(feature = "tables")]
pub use diesel;
pub use family::Family;
pub use generated::*;
pub use json::{DecodeError, Decoder, Fields, FromJson};
pub use model::{
    AnyObject, Column, ColumnKind, Model, ModelDescriptor, Object, ObjectError, Reference, Stored,
    descriptor,
};
pub use timestamp::Timestamp;
pub use types::{Currency, Decimal, Expandable, List, Unmodelled};

/// One change of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its name; migrations run in the order of their list.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}
