//! The receiver of every event that no handler listens to: all other objects of the catalogue, and
//! events that the catalogue doesn't have yet.

use djstripe_macros::stripe_receiver;

use crate::mirror::{Mirror, MirrorError};

/// Mirrors the object of every event that no other built-in receiver listens to.
///
/// An object without an id, or of a type that the catalogue doesn't have, is skipped.
///
/// # Errors
/// [`MirrorError`]; the event stays stored, and this receiver is retried.
#[stripe_receiver("*", rank = catch_all)]
pub async fn mirror(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    mirror.crud().await
}
