//! The secrets and keys of a builder: of the account without a declaration, and of each declared one.

use std::collections::BTreeMap;
use std::sync::Arc;
#[cfg(feature = "cli")]
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::build_error::BuildError;
use super::builder::Builder;
use crate::client::{ApiKeys, Client, Clients};
use crate::intake::AccountSecrets;
#[cfg(feature = "cli")]
use crate::webhook::signature::DEFAULT_TOLERANCE;
use crate::webhook::signature::{SecretError, SigningSecrets};

impl Builder {
    /// Whether the signing secrets of the endpoint without a row can be used.
    #[cfg(feature = "cli")]
    pub(crate) fn check_secrets(&self) -> Result<(), SecretError> {
        match self.signing_secrets()?.is_empty() {
            true => Err(SecretError::Missing),
            false => Ok(()),
        }
    }

    #[cfg(feature = "cli")]
    pub(crate) fn first_secret(&self, own_account: Option<&str>) -> Option<&str> {
        let declared = |id: &str| self.accounts.get(id).map(|account| &account.secrets);
        let secrets = match own_account {
            Some(account) => declared(account)?,
            None if self.secrets.is_empty() => &self.accounts.values().next()?.secrets,
            None => &self.secrets,
        };
        secrets.first().map(ExposeSecret::expose_secret)
    }

    /// How far the time of a signature may differ from this machine's clock.
    #[cfg(feature = "cli")]
    pub(crate) fn signature_tolerance(&self) -> Duration {
        self.tolerance.unwrap_or(DEFAULT_TOLERANCE)
    }

    /// Number of signing secrets that are given outside of declarations.
    #[cfg(feature = "cli")]
    pub(crate) fn undeclared_secrets(&self) -> usize {
        self.secrets.len()
    }

    /// The client that the built application will have; `None` without a secret key. Of several own
    /// accounts, it is that of the account without a declaration. If no key or option of the client
    /// changes before [`build`](Self::build), both share one rate budget.
    ///
    /// # Errors
    /// [`BuildError::Key`], [`BuildError::AccountId`], [`BuildError::Client`] and [`BuildError::Setting`].
    pub fn client(&self) -> Result<Option<Client>, BuildError> {
        Ok(self.clients()?.main().cloned())
    }

    /// The clients of all own accounts.
    pub(crate) fn clients(&self) -> Result<Clients, BuildError> {
        if let Some(opened) = self.opened_clients.get() {
            return Ok(opened.clone());
        }
        let clients = self.open_clients()?;
        Ok(self.opened_clients.get_or_init(|| clients).clone())
    }

    /// The same settings; the clients of the ones before have other keys or options.
    pub(super) fn without_clients(mut self) -> Self {
        self.opened_clients = Arc::default();
        self
    }

    fn open_clients(&self) -> Result<Clients, BuildError> {
        if let Some(error) = &self.unread_setting {
            return Err(error.clone().into());
        }
        let undeclared = self.client_of("", &self.secret_keys)?;
        let mut declared = BTreeMap::new();
        for (id, account) in &self.accounts {
            check_account_id(id)?;
            declared.insert(id.clone(), self.client_of(id, &account.secret_keys)?);
        }
        Ok(Clients::new(undeclared, declared))
    }

    fn client_of(&self, id: &str, keys: &[SecretString]) -> Result<Option<Client>, BuildError> {
        let keys = ApiKeys::new(keys.iter().map(ExposeSecret::expose_secret))?;
        if keys.is_empty() {
            return Ok(None);
        }
        let options = self.client_options.clone();
        Ok(Some(Client::of_own_account(id, keys, options)?))
    }

    /// The signing secrets of the endpoint without a row, for each own account that has some.
    pub(crate) fn signing_secrets(&self) -> Result<Vec<AccountSecrets>, SecretError> {
        let declared = self.accounts.iter();
        let declared = declared.map(|(id, account)| (Some(id.clone()), &account.secrets));
        let all = std::iter::once((None, &self.secrets)).chain(declared);

        let mut opened = Vec::new();
        for (own_account, secrets) in all {
            match SigningSecrets::new(secrets.iter().map(ExposeSecret::expose_secret)) {
                Ok(secrets) => opened.push(AccountSecrets {
                    own_account,
                    secrets,
                }),
                Err(SecretError::Missing) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(opened)
    }
}

/// Checks that this is the id of a Stripe account.
pub(crate) fn check_account_id(id: &str) -> Result<(), BuildError> {
    match id.strip_prefix("acct_") {
        None | Some("") => Err(BuildError::AccountId),
        Some(_) => Ok(()),
    }
}
