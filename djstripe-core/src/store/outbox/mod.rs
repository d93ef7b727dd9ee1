//! Effects outside the database: requested in a receiver's transaction, run after its commit.
//!
//! In: requests, and how runs ended. Out: claims, and effects as operators see them.
//!
//! Invariant: an effect that is done never runs again, and a write about a run names the fence of
//! its claim.

pub(in crate::store) mod rows;
pub(in crate::store) mod request;
pub(in crate::store) mod work;
pub(in crate::store) mod list;
pub(in crate::store) mod operate;
