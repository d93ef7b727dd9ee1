//! Handler of entitlements.

use djstripe_macros::stripe_receiver;

use crate::mirror::{Mirror, MirrorError};
use crate::receiver::writes::NotMirrored;

/// Refreshes the customer whose entitlements have changed, and its active entitlements. A customer
/// without a row is skipped with a warning.
///
/// # Errors
/// [`MirrorError`]; the event is retried.
#[stripe_receiver(
    "entitlements.active_entitlement_summary.updated",
    rank = handler
)]
pub async fn handle_customer_entitlements_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    let Some(customer) = mirror.customer_id() else {
        tracing::debug!(event = mirror.event().id(), "the summary names no customer");
        mirror.not_mirrored(NotMirrored::NoId);
        return Ok(());
    };
    if !mirror.knows_customer(&customer).await? {
        tracing::warn!(
            event = mirror.event().id(),
            customer,
            "entitlements of an unknown customer are ignored"
        );
        mirror.not_mirrored(NotMirrored::UnknownCustomer(customer));
        return Ok(());
    }
    mirror.update_entitlements(&customer).await
}
