//! The application's own Stripe accounts, each with its client.

use std::collections::BTreeMap;

use super::error::ClientError;
use super::stripe_client::Client;
use crate::webhook::event::Event;

/// The clients of the application's own accounts: of the one that is not declared, and of the
/// declared ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clients {
    undeclared: Option<Client>,
    /// By the account's id; `None` for an account without a key.
    declared: BTreeMap<String, Option<Client>>,
}

impl Clients {
    /// The accounts, and their clients where they have keys.
    pub(crate) fn new(
        undeclared: Option<Client>,
        declared: BTreeMap<String, Option<Client>>,
    ) -> Self {
        Self {
            undeclared,
            declared,
        }
    }

    /// The client of an own account; `None` stands for the one that is not declared.
    pub(crate) fn of(&self, own_account: Option<&str>) -> Option<&Client> {
        match own_account {
            None => self.undeclared.as_ref(),
            Some(account) => self.declared.get(account)?.as_ref(),
        }
    }

    /// The client of the account that is not declared or, if that has none, of the only account
    /// with a key.
    pub(crate) fn main(&self) -> Option<&Client> {
        let mut all = self.iter();
        match (all.next(), all.next()) {
            (only, None) => only,
            _ => self.undeclared.as_ref(),
        }
    }

    /// The clients that a job uses in turn: that of this own account, or all of them. `names_connected`
    /// tells that the job is given connected accounts, which belong to one own account.
    ///
    /// # Errors
    /// [`ClientError::NoKeyOf`] and [`ClientError::WhichAccount`].
    pub(crate) fn select(
        &self,
        own_account: Option<&str>,
        names_connected: bool,
    ) -> Result<Vec<&Client>, ClientError> {
        let Some(account) = own_account else {
            let all: Vec<&Client> = self.iter().collect();
            return match names_connected && all.len() > 1 {
                true => Err(ClientError::WhichAccount),
                false => Ok(all),
            };
        };

        let of = self.of(Some(account).filter(|account| !account.is_empty()));
        let client = of.ok_or_else(|| ClientError::NoKeyOf {
            account: account.to_owned(),
        })?;
        Ok(vec![client])
    }

    /// All clients, first that of the account that is not declared.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Client> {
        let declared = self.declared.values().flatten();
        self.undeclared.iter().chain(declared)
    }

    /// Whether there is no key.
    pub(crate) fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether the account with this id is declared.
    pub(crate) fn is_declared(&self, account: &str) -> bool {
        self.declared.contains_key(account)
    }

    /// An event that an endpoint of this own account received. An event that names another own
    /// account, as those of an organization do, is that account's.
    pub(crate) fn assign(&self, event: Event, own_account: Option<&str>) -> Event {
        let named = event.account().map(str::to_owned);
        let named = named.as_deref();
        let livemode = event.livemode();
        let is_undeclared = |account: &str| {
            let client = self.undeclared.as_ref();
            client.is_some_and(|client| client.stripe_account(livemode) == Some(account))
        };

        match named {
            Some(account) if self.is_declared(account) || own_account == Some(account) => {
                event.received_for(named, None)
            }
            Some(account) if own_account.is_none() && is_undeclared(account) => {
                event.received_for(None, None)
            }
            connected => event.received_for(own_account, connected),
        }
    }
}
