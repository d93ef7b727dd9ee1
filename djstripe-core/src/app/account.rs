//! A Stripe account of the application's own, as the builder declares it.

use std::fmt;

use secrecy::SecretString;

/// The secrets and keys of one of the application's own Stripe accounts.
/// [`Builder::account`](super::Builder::account) declares it.
///
/// Its `Debug` never shows a secret.
#[derive(Clone, Default)]
pub struct OwnAccount {
    pub(super) secrets: Vec<SecretString>,
    pub(super) secret_keys: Vec<SecretString>,
}

impl OwnAccount {
    /// Adds a signing secret, `whsec_…`, of the endpoint that has no row in the database. What it
    /// signed belongs to this account.
    #[must_use]
    pub fn webhook_secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(SecretString::from(secret.into()));
        self
    }

    /// Adds a secret key, `sk_…` or `rk_…`, at most one of each mode.
    #[must_use]
    pub fn secret_key(mut self, key: impl Into<String>) -> Self {
        self.secret_keys.push(SecretString::from(key.into()));
        self
    }
}

impl fmt::Debug for OwnAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OwnAccount")
            .field("secrets", &self.secrets.len())
            .field("secret_keys", &self.secret_keys.len())
            .finish()
    }
}
