//! A scope: one account in one mode.

use crate::client::{Priority, Request};

/// One account in one mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The connected account; empty for the platform's own.
    pub(crate) account: String,
    /// Whether it is live mode.
    pub(crate) livemode: bool,
}

impl Scope {
    /// The scope of this account and mode.
    pub(crate) fn new(account: &str, livemode: bool) -> Self {
        Self {
            account: account.to_owned(),
            livemode,
        }
    }

    /// The scope of the platform's own account.
    pub(crate) fn platform(livemode: bool) -> Self {
        Self::new("", livemode)
    }

    /// Whether this is the platform's own account.
    pub(crate) fn is_platform(&self) -> bool {
        self.account.is_empty()
    }

    /// The request in this scope, behind all live work in the rate budget.
    pub(crate) fn bind(&self, request: Request) -> Request {
        request
            .account(self.account.clone())
            .livemode(self.livemode)
            .priority(Priority::Backfill)
    }
}
