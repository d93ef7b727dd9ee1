//! The built-in receivers: one function for each of dj-stripe's handlers, and one for all other
//! events. They run before the application's receivers, which therefore see the mirrored rows.
//!
//! | handler | difference from [`Mirror::crud`](crate::mirror::Mirror::crud) |
//! |---|---|
//! | [`handle_customer_event`] | links the customer to a subscriber; can skip unknown customers |
//! | [`handle_customer_subscription_event`] | a canceled subscription is kept, not deleted |
//! | [`handle_customer_tax_id_event`] | - |
//! | [`handle_identity_verification_session_event`] | - |
//! | [`handle_payment_method_event`] | deletes a detached card, keeps the payload of others |
//! | [`handle_account_external_account_event`] | fetches the object as part of the account |
//! | [`handle_account_updated_event`] | always an update |
//! | [`handle_account_application_event`] | records which accounts authorize the platform |
//! | [`handle_charge_event`], [`handle_charge_dispute_event`] | - |
//! | [`handle_customer_entitlements_event`] | refreshes the customer and its active entitlements |
//! | [`handle_other_event`] | a checkout session links its customer to a subscriber |
//! | [`mirror`] | every other event |
//!
//! `docs/conformance.md` of this crate maps dj-stripe's rules to the tests that check them.

mod account;
mod charge;
mod customer;
mod entitlements;
mod payment_method;
mod everything_else;
mod catch_all;

pub use account::{
    handle_account_application_event, handle_account_external_account_event,
    handle_account_updated_event,
};
pub use catch_all::mirror;
pub use charge::{handle_charge_dispute_event, handle_charge_event};
pub use customer::{
    handle_customer_event, handle_customer_subscription_event, handle_customer_tax_id_event,
    handle_identity_verification_session_event, update_customer_helper,
};
pub use entitlements::handle_customer_entitlements_event;
pub use everything_else::handle_other_event;
pub use payment_method::handle_payment_method_event;

use crate::receiver::ReceiverInfo;
use crate::receiver::info::Registration;

/// The built-in receivers, for an application that lists its receivers itself.
///
/// ```
/// use djstripe_core::{Djstripe, receivers};
///
/// let builder = Djstripe::builder().receivers(receivers::built_in());
/// assert!(builder.registry().is_ok());
/// ```
pub fn built_in() -> impl Iterator<Item = &'static ReceiverInfo> {
    inventory::iter::<Registration>()
        .map(|registration| registration.0)
        .filter(|receiver| receiver.is_built_in())
}
