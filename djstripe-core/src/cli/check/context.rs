//! What the checks have in common.

use crate::app::Builder;
use crate::client::{Client, Clients};
use crate::receiver::registry::Registry;

pub(super) struct CheckContext<'s> {
    pub(super) builder: &'s Builder,
    pub(super) registry: &'s Registry,
    pub(super) clients: &'s Clients,
    pub(super) accepted: &'s [AcceptedKey<'s>],
    /// Whether the settings have a secret key, which may be invalid or refused by Stripe.
    pub(super) has_key: bool,
}

/// A secret key that Stripe accepts.
pub(super) struct AcceptedKey<'s> {
    pub(super) client: &'s Client,
    pub(super) livemode: bool,
}
