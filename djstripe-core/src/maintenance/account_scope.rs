//! The accounts whose objects a job covers.

use crate::client::{Client, ClientError, Clients};

/// The accounts whose objects a job covers.
///
/// ```
/// use djstripe_core::AccountScope;
/// use djstripe_core::sync::SyncOptions;
///
/// let mut options = SyncOptions::default();
/// assert_eq!(options.accounts, AccountScope::Platform);
/// options.accounts = AccountScope::Named(vec!["acct_1".to_owned()]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountScope {
    /// The application's own account.
    #[default]
    Platform,
    /// These connected accounts.
    Named(Vec<String>),
    /// The application's own account and all accounts that are connected to it.
    All,
}

impl AccountScope {
    /// The clients that a job for these accounts uses in turn: that of this own account, or all.
    ///
    /// # Errors
    /// [`ClientError::NoKeyOf`] and [`ClientError::WhichAccount`].
    pub(crate) fn clients<'c>(
        &self,
        clients: &'c Clients,
        own_account: Option<&str>,
    ) -> Result<Vec<&'c Client>, ClientError> {
        clients.select(own_account, matches!(self, Self::Named(_)))
    }
}
