//! Versions: the states that an object had, of the types that [`KeptTypes`](kept::KeptTypes) names.
//!
//! In: observations as they are written into rows, in any order. Out: the states of each object in the
//! order of their times, with the event that brought each.
//!
//! Invariants: a version differs from the one before it, and the last one is what the object's row
//! holds. Copies inside other objects are no versions, for they may be out of date.

pub(crate) mod difference;
pub(in crate::store) mod kept;
mod place;
#[cfg(feature = "postgres")]
pub(super) mod postgres;
pub(in crate::store) mod prune;
pub(crate) mod read;
pub(super) mod snapshot;
#[cfg(feature = "sqlite")]
pub(super) mod sqlite;
pub(super) mod statements;
