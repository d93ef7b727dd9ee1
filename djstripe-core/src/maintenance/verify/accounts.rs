//! Whose objects are compared: the platform's, and those of connected accounts, in each mode that there is a key for.

use super::VerifyError;
use super::verifier::{Verifier, permanent};
use crate::client::{Direction, Method, Priority, Request};
use crate::maintenance::account_scope::AccountScope;
use crate::webhook::object_head::RawHead;

/// Whose objects, and of which mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// The connected account; empty for the platform's own.
    pub(super) account: String,
    pub(super) livemode: bool,
}

impl Scope {
    /// The request in this scope; whoever serves an event goes first.
    pub(super) fn ask(&self, request: Request) -> Request {
        request
            .account(self.account.clone())
            .livemode(self.livemode)
            .priority(Priority::Backfill)
    }
}

impl Verifier<'_> {
    /// The scopes that were asked for.
    pub(super) async fn scopes(&self) -> Result<Vec<Scope>, VerifyError> {
        let mut scopes = Vec::new();
        for livemode in [false, true]
            .into_iter()
            .filter(|livemode| self.client.has_key(*livemode))
        {
            let mut add = |account: &str| {
                scopes.push(Scope {
                    account: account.to_owned(),
                    livemode,
                })
            };
            match &self.options.accounts {
                AccountScope::Platform => add(""),
                AccountScope::Named(accounts) => accounts.iter().for_each(|account| add(account)),
                AccountScope::All => {
                    add("");
                    self.connected(livemode)
                        .await?
                        .iter()
                        .for_each(|account| add(account));
                }
            }
        }
        Ok(scopes)
    }

    /// Whether the key reaches the scope's account; else that is told once, not for each list.
    pub(super) async fn is_reached(&self, scope: &Scope) -> Result<bool, VerifyError> {
        if scope.account.is_empty() {
            return Ok(true);
        }
        self.report.requested();
        match self
            .client
            .send(&scope.ask(Request::new(Method::Get, "/v1/account")))
            .await
        {
            Err(error)
                if error
                    .api()
                    .is_some_and(|error| error.code.as_deref() == Some("account_invalid")) =>
            {
                self.skip_or_fail("account", scope, error)?;
                Ok(false)
            }
            // That a restricted key may not read this says nothing about the lists.
            Ok(_) => Ok(true),
            Err(error) if permanent(&error).is_some() => Ok(true),
            Err(error) => Err(self.failed("account", error)),
        }
    }

    /// The accounts that are connected and have not taken their consent back.
    async fn connected(&self, livemode: bool) -> Result<Vec<String>, VerifyError> {
        use futures_util::TryStreamExt;

        let platform = Scope {
            account: String::new(),
            livemode,
        };
        let request = platform
            .ask(Request::list("account").map_err(|error| self.failed("account", error.into()))?);
        let mut pages = std::pin::pin!(self.client.pages(request, Direction::Forwards));
        let mut connected = Vec::new();
        loop {
            let page = match pages.try_next().await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(connected),
                Err(error) => {
                    self.skip_or_fail("account", &platform, error)?;
                    return Ok(connected);
                }
            };
            self.report.requested();
            for item in page.items {
                let Ok(id) = RawHead::parse_id(item.get()) else {
                    continue;
                };
                if !self.store.is_deauthorized(&id, livemode).await? {
                    connected.push(id);
                }
            }
        }
    }
}
