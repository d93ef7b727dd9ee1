//! The mirror as the argument of a receiver.
//!
//! In: an event, and what the mirror works with. Out: writes, gathered in the run's list.

mod mirror;
mod fetch;
mod related;
mod content;
mod thin;
mod crud;
mod entitlements;

pub use mirror::Mirror;

pub(super) use content::observed_at;
