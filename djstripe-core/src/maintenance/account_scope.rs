//! Whose objects a command is about.

/// Whose objects.
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
    /// The platform's own.
    #[default]
    Platform,
    /// Those of these connected accounts.
    Named(Vec<String>),
    /// The platform's own, and those of all accounts that are connected to it.
    All,
}
