//! Connected accounts.

use crate::mirror::{Mirror, MirrorError};
use crate::webhook::event_name::EventName;
use djstripe_macros::stripe_receiver;

/// Mirrors the bank account or the card that an account is paid out to.
///
/// # Errors
/// [`MirrorError`]; the event is tried again.
#[stripe_receiver(
    "account.external_account.created", "account.external_account.deleted", "account.external_account.updated",
    rank = handler
)]
pub async fn handle_account_external_account_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    mirror.crud().await
}

/// Mirrors an account.
///
/// # Errors
/// [`MirrorError`]; the event is tried again.
#[stripe_receiver("account.updated", rank = handler)]
pub async fn handle_account_updated_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    mirror.update().await
}

/// Notes whether an account's objects may be fetched: not any more once it has taken back its consent.
///
/// # Errors
/// [`MirrorError`]; the event is tried again.
#[stripe_receiver(
    "account.application.authorized", "account.application.deauthorized",
    rank = handler
)]
pub async fn handle_account_application_event(mirror: Mirror<'_>) -> Result<(), MirrorError> {
    let event = mirror.event();
    if event.account().is_some() {
        mirror.set_authorization(*event.name() == EventName::ACCOUNT_APPLICATION_AUTHORIZED);
    }
    Ok(())
}
