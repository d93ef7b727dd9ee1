//! What the checks have in common.

use crate::app::Builder;
use crate::client::Client;
use crate::receiver::registry::Registry;

pub(super) struct CheckContext<'s> {
    pub(super) builder: &'s Builder,
    pub(super) registry: &'s Registry,
    /// The client, if Stripe accepts one of its keys.
    pub(super) client: Option<&'s Client>,
    /// The modes in which Stripe accepts the key.
    pub(super) modes: &'s [bool],
}
