//! Handlers of charges and disputes.

use djstripe_macros::stripe_receiver;

use crate::mirror::{Mirror, MirrorError};

/// Mirrors a charge, or the refund that `charge.refund.updated` carries.
///
/// # Errors
/// [`MirrorError`]; the event is retried.
#[stripe_receiver(
    "charge.captured",
    "charge.expired",
    "charge.failed",
    "charge.pending",
    "charge.refund.updated",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    rank = handler
)]
pub async fn handle_charge_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    mirror.crud().await
}

/// Mirrors a dispute.
///
/// # Errors
/// [`MirrorError`]; the event is retried.
#[stripe_receiver(
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    rank = handler
)]
pub async fn handle_charge_dispute_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    mirror.crud().await
}
