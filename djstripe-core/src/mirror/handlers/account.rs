//! Handlers of connected accounts.

use djstripe_macros::stripe_receiver;

use crate::mirror::{Mirror, MirrorError};
use crate::webhook::event_name::EventName;

/// Mirrors the bank account or card that receives the payouts of a connected account.
///
/// # Errors
/// [`MirrorError`]; the event is retried.
#[stripe_receiver(
    "account.external_account.created",
    "account.external_account.deleted",
    "account.external_account.updated",
    rank = handler
)]
pub async fn handle_account_external_account_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    mirror.crud().await
}

/// Mirrors an account.
///
/// # Errors
/// [`MirrorError`]; the event is retried.
#[stripe_receiver("account.updated", rank = handler)]
pub async fn handle_account_updated_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    mirror.update().await
}

/// Records whether an account authorizes the platform. Objects of a deauthorized account can't be
/// fetched.
///
/// # Errors
/// [`MirrorError`]; the event is retried.
#[stripe_receiver(
    "account.application.authorized",
    "account.application.deauthorized",
    rank = handler
)]
pub async fn handle_account_application_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    let event = mirror.event();
    if event.account().is_some() {
        mirror.set_authorization(*event.name() == EventName::ACCOUNT_APPLICATION_AUTHORIZED);
    }
    Ok(())
}
