//! Handler of payment methods.

use djstripe_macros::stripe_receiver;

use crate::mirror::{Mirror, MirrorError};
use crate::webhook::event_name::EventName;

/// Mirrors a payment method.
///
/// A detached card, `card_…`, is deleted. Any other detached payment method is written as the event
/// has it: it can't be attached again, and Stripe no longer returns some of them.
///
/// # Errors
/// [`MirrorError`]; the event is retried.
#[stripe_receiver(
    "payment_method.attached",
    "payment_method.automatically_updated",
    "payment_method.detached",
    "payment_method.updated",
    rank = handler
)]
pub async fn handle_payment_method_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    let event = mirror.event();
    let is_detached =
        mirror.carries("payment_method") && *event.name() == EventName::PAYMENT_METHOD_DETACHED;
    if !is_detached {
        return mirror.crud().await;
    }

    let id = event.object_head().id;
    if id.is_some_and(|id| id.starts_with("card_")) {
        mirror.delete().await
    } else {
        mirror.keep_payload().await
    }
}
