//! A subscription business, small and whole: users sign up, pay, use what they paid for, dispute, and
//! cancel.
//!
//! - `users` has the application's users, and how Stripe's customers belong to them.
//! - `receivers` keep the application's own tables in step with Stripe.
//! - `routes` are the pages; they read the mirror and the application's tables.
//! - `mail` is an effect outside the database.
//!
//! No receiver depends on the order of events: `Object` is the object as it is now, and each row is
//! determined by one object. `tests/any_order.rs` checks that.

mod mail;
mod receivers;
mod routes;
mod tables;
mod users;

use djstripe_core::mirror::{LinkBy, MirrorSettings};
use djstripe_core::{Builder, Djstripe};

pub use mail::{Mail, Mailer};
pub use routes::{Plan, routes};
pub use users::{User, Users};

/// The settings of the application, without keys and database, which come from the command line or
/// from a test.
pub fn builder(mailer: Mailer) -> Builder {
    Djstripe::builder()
        .migrations(tables::migrations())
        .mirror(mirror())
        .state(mailer)
}

/// How Stripe's customers belong to the application's users.
pub fn mirror() -> MirrorSettings {
    MirrorSettings::default()
        .subscriber_key("user_id")
        .subscribers(Users)
        .link_by([LinkBy::ClientReferenceId, LinkBy::Metadata])
}
