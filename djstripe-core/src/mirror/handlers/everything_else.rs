//! Handler of all other events that dj-stripe handles by name.

use djstripe_macros::stripe_receiver;

use super::update_customer_helper;
use crate::mirror::{Mirror, MirrorError};

/// Mirrors the object. A checkout session also links its customer to the application's user that
/// the session's metadata names.
///
/// # Errors
/// [`MirrorError`]; the event is retried.
#[stripe_receiver(
    "checkout.session.async_payment_failed", "checkout.session.async_payment_succeeded",
    "checkout.session.completed", "checkout.session.expired", "coupon.created", "coupon.deleted",
    "coupon.updated", "file.created", "invoice.created", "invoice.deleted",
    "invoice.finalization_failed", "invoice.finalized", "invoice.marked_uncollectible",
    "invoice.paid", "invoice.payment_action_required", "invoice.payment_failed",
    "invoice.payment_succeeded", "invoice.sent", "invoice.upcoming", "invoice.updated",
    "invoice.voided", "invoiceitem.created", "invoiceitem.deleted",
    "payment_intent.amount_capturable_updated", "payment_intent.canceled", "payment_intent.created",
    "payment_intent.partially_funded", "payment_intent.payment_failed", "payment_intent.processing",
    "payment_intent.requires_action", "payment_intent.succeeded", "payout.canceled",
    "payout.created", "payout.failed", "payout.paid", "payout.reconciliation_completed",
    "payout.updated", "price.created", "price.deleted", "price.updated", "product.created",
    "product.deleted", "product.updated", "promotion_code.created", "promotion_code.updated",
    "setup_intent.canceled", "setup_intent.created", "setup_intent.requires_action",
    "setup_intent.setup_failed", "setup_intent.succeeded", "subscription_schedule.aborted",
    "subscription_schedule.canceled", "subscription_schedule.completed",
    "subscription_schedule.created", "subscription_schedule.expiring",
    "subscription_schedule.released", "subscription_schedule.updated", "tax_rate.created",
    "tax_rate.updated", "transfer.created", "transfer.reversed", "transfer.updated",
    rank = handler
)]
pub async fn handle_other_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    mirror.crud().await?;
    if mirror.carries("checkout.session")
        && let Some(customer) = mirror.customer_id()
    {
        update_customer_helper(&mirror, &customer, true);
    }
    Ok(())
}
