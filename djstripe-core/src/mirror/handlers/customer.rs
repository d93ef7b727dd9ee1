//! Handlers of customers and the objects that belong to them.

use djstripe_macros::stripe_receiver;

use crate::mirror::links::claims;
use crate::mirror::{Mirror, MirrorError};
use crate::receiver::writes::{NotMirrored, Write};
use crate::webhook::crud_type::CrudType;

/// Mirrors a customer and links it to the application's user that its metadata names.
///
/// # Errors
/// [`MirrorError`]; the event is retried.
#[stripe_receiver(
    "customer.created",
    "customer.updated",
    "customer.deleted",
    rank = handler
)]
pub async fn handle_customer_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    let event = mirror.event();
    let (true, Some(id)) = (mirror.carries("customer"), event.object_head().id) else {
        return mirror.crud().await;
    };

    if !mirror.settings().create_missing_customers && !mirror.knows_customer(&id).await? {
        tracing::info!(
            event = event.id(),
            customer = id,
            "unknown customer; not created because `create_missing_customers` is false"
        );
        mirror.not_mirrored(NotMirrored::UnknownCustomer(id));
        return Ok(());
    }

    mirror.crud().await?;
    if CrudType::determine(event, None) != Some(CrudType::Deleted) {
        update_customer_helper(&mirror, &id, false);
    }
    Ok(())
}

/// Mirrors a subscription. A canceled subscription is not deleted: Stripe keeps it, with the status
/// `canceled`.
///
/// # Errors
/// [`MirrorError`]; the event is retried.
#[stripe_receiver(
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    rank = handler
)]
pub async fn handle_customer_subscription_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    mirror.update().await
}

/// Mirrors a customer's tax id.
///
/// # Errors
/// [`MirrorError`]; the event is retried.
#[stripe_receiver(
    "customer.tax_id.created",
    "customer.tax_id.deleted",
    "customer.tax_id.updated",
    rank = handler
)]
pub async fn handle_customer_tax_id_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    mirror.crud().await
}

/// Mirrors an identity verification session.
///
/// # Errors
/// [`MirrorError`]; the event is retried.
#[stripe_receiver(
    "identity.verification_session.canceled",
    "identity.verification_session.created",
    "identity.verification_session.processing",
    "identity.verification_session.redacted",
    "identity.verification_session.requires_input",
    "identity.verification_session.verified",
    rank = handler
)]
pub async fn handle_identity_verification_session_event(
    mirror: Mirror<'_>,
) -> Result<(), MirrorError> {
    mirror.crud().await
}

/// Links a customer to the application's user that the event's object names, after the customer's
/// row is written: by default the user whose key is in the metadata, else as
/// [`link_by`](crate::mirror::MirrorSettings::link_by) says.
///
/// Does nothing if the settings have no lookup of users, or if the object names no user. A link
/// whose user, or whose customer's row, isn't there waits for it. Of a customer the row counts, and
/// not the event, which may be late.
///
/// With `copy_pair`, the object is a checkout session, and the key and its value are also copied into
/// the metadata of the customer's row: a session's metadata is not the customer's.
pub fn update_customer_helper(mirror: &Mirror<'_>, customer: &str, copy_pair: bool) {
    let settings = mirror.settings();
    if settings.lookup.is_none() {
        return;
    }
    let claims = match copy_pair {
        true => claims(settings, mirror.latest_json().as_deref(), true),
        false => Vec::new(),
    };
    if !copy_pair || !claims.is_empty() {
        mirror.write(Write::Link {
            customer: customer.to_owned(),
            claims,
            from_customer: !copy_pair,
        });
    }
}
