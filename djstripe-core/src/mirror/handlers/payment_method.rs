//! Payment methods.

use crate::mirror::{Mirror, MirrorError};
use crate::webhook::event_name::EventName;
use djstripe_macros::stripe_receiver;

/// Mirrors a payment method.
///
/// A detached card, `card_…`, is deleted. Anything else that is detached is written as the event has it: it can't be
/// attached again, and some of them can't be fetched any more.
///
/// # Errors
/// [`MirrorError`]; the event is tried again.
#[stripe_receiver(
    "payment_method.attached", "payment_method.automatically_updated", "payment_method.detached", "payment_method.updated",
    rank = handler
)]
pub async fn handle_payment_method_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    let event = mirror.event();
    let is_detached =
        mirror.carries("payment_method") && *event.name() == EventName::PAYMENT_METHOD_DETACHED;
    if !is_detached {
        return mirror.crud().await;
    }
    if event
        .object_head()
        .id
        .is_some_and(|id| id.starts_with("card_"))
    {
        mirror.delete().await
    } else {
        mirror.keep_payload().await
    }
}
