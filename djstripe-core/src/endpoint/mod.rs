#![doc = include_str!("../../docs/endpoints.md")]
//!
//! # In the code
//!
//! In: the fields of a database row. Out: an [`Endpoint`], with the secrets and rules that its
//! deliveries are checked against. Does no IO except for reading environment variables and files.
//!
//! Invariant: an endpoint that verifies signatures and has no valid secret accepts nothing.

#[cfg(any(feature = "cli", feature = "page"))]
#[cfg_attr(
    not(feature = "cli"),
    allow(dead_code, reason = "the page compares only")
)]
mod difference;
#[cfg(any(feature = "cli", feature = "page"))]
#[cfg_attr(
    not(feature = "cli"),
    allow(dead_code, reason = "the page compares only")
)]
mod stripe_endpoint;
mod rules;
mod kind;
mod secret_error;
pub(crate) mod setting;
mod encryption_key;
mod secret;
mod webhook_endpoint;

#[cfg(feature = "cli")]
pub(crate) use difference::abbreviate;
#[cfg(any(feature = "cli", feature = "page"))]
pub(crate) use difference::differences;
pub use encryption_key::EncryptionKey;
pub use kind::{EndpointKind, TakeOver};
pub use rules::{Accounts, Mismatch, OnMismatch, UnknownValue, ValidationMethod};
pub use secret::StoredSecret;
pub use secret_error::{ENCRYPTION_KEY_VARIABLE, SecretStorageError};
pub use setting::SettingError;
#[cfg(any(feature = "cli", feature = "page"))]
pub(crate) use stripe_endpoint::StripeEndpoint;
pub use webhook_endpoint::{Endpoint, EndpointSecret, SecretsError, WEBHOOK_PATH};
