//! A scope: one account in one mode.

use crate::client::{Client, Priority, Request};

/// One account in one mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The account in whose rows the objects stand: a connected account, or the client's own one.
    pub(crate) account: String,
    /// Whether it is live mode.
    pub(crate) livemode: bool,
    is_own: bool,
}

impl Scope {
    /// The scope of an account, which the client reads in this mode.
    pub(crate) fn new(client: &Client, account: &str, livemode: bool) -> Self {
        Self {
            account: account.to_owned(),
            livemode,
            is_own: account == client.own_account(),
        }
    }

    /// The scope of the client's own account.
    pub(crate) fn own(client: &Client, livemode: bool) -> Self {
        Self::new(client, client.own_account(), livemode)
    }

    /// Whether this is the client's own account, and not a connected one.
    pub(crate) fn is_own(&self) -> bool {
        self.is_own
    }

    /// The request in this scope, behind all live work in the rate budget.
    pub(crate) fn bind(&self, request: Request) -> Request {
        request
            .account(self.account.clone())
            .livemode(self.livemode)
            .priority(Priority::Backfill)
    }
}
