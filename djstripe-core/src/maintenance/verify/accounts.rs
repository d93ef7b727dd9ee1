//! The scopes that are compared: the platform and connected accounts, in each mode that has a key.

use futures_util::TryStreamExt;

use super::error::VerifyError;
use super::verifier::Verifier;
use crate::client::{Direction, Method, Request};
use crate::maintenance::account_scope::AccountScope;
use crate::maintenance::lists::ACCOUNT;
use crate::maintenance::refusal::Refusal;
use crate::maintenance::scope::Scope;
use crate::webhook::object_head::RawHead;

impl Verifier<'_> {
    /// The scopes that the options name.
    pub(super) async fn scopes(&self) -> Result<Vec<Scope>, VerifyError> {
        let mut scopes = Vec::new();
        for livemode in [false, true] {
            if !self.client.has_key(livemode) {
                continue;
            }

            match &self.options.accounts {
                AccountScope::Platform => scopes.push(Scope::own(self.client, livemode)),
                AccountScope::Named(accounts) => {
                    let accounts = accounts.iter();
                    scopes
                        .extend(accounts.map(|account| Scope::new(self.client, account, livemode)));
                }
                AccountScope::All => {
                    scopes.push(Scope::own(self.client, livemode));
                    scopes.extend(self.connected(livemode).await?);
                }
            }
        }
        Ok(scopes)
    }

    /// Whether the key has access to the scope's account. If not, that is reported once, and not
    /// for each list.
    pub(super) async fn is_accessible(&self, scope: &Scope) -> Result<bool, VerifyError> {
        if scope.is_own() {
            return Ok(true);
        }

        self.report.requested();
        let request = scope.bind(Request::new(Method::Get, "/v1/account"));
        let Err(error) = self.client.send(&request).await else {
            return Ok(true);
        };
        let code = error.api().and_then(|error| error.code.as_deref());
        if code == Some("account_invalid") {
            self.skip_or_fail(ACCOUNT, scope, error)?;
            return Ok(false);
        }
        // A restricted key that may not read the account may still read the lists.
        match Refusal::of(&error) {
            Some(_) => Ok(true),
            None => Err(self.failed(ACCOUNT, error)),
        }
    }

    /// The connected accounts, without those that have revoked their access.
    async fn connected(&self, livemode: bool) -> Result<Vec<Scope>, VerifyError> {
        let platform = Scope::own(self.client, livemode);
        let list = Request::list(ACCOUNT).map_err(|error| self.failed(ACCOUNT, error.into()))?;
        let pages = self.client.pages(platform.bind(list), Direction::Forwards);
        let mut pages = std::pin::pin!(pages);

        let own_account = self.client.own_account();
        let mut connected = Vec::new();
        loop {
            let page = match pages.try_next().await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(connected),
                Err(error) => {
                    self.skip_or_fail(ACCOUNT, &platform, error)?;
                    return Ok(connected);
                }
            };

            self.report.requested();
            for item in page.items {
                let Ok(id) = RawHead::parse_id(item.get()) else {
                    continue;
                };
                if !self
                    .store
                    .is_deauthorized(own_account, &id, livemode)
                    .await?
                {
                    connected.push(Scope::new(self.client, &id, livemode));
                }
            }
        }
    }
}
