//! `--account` and `--all-accounts`: which accounts' objects a command works on.

use clap::Args;

use crate::maintenance::account_scope::AccountScope;

#[derive(Clone, Debug, Args)]
pub(super) struct AccountArgs {
    /// Use this connected account instead of the platform's own; repeatable
    #[arg(
        long = "account",
        value_name = "ACCOUNT",
        conflicts_with = "all_accounts"
    )]
    accounts: Vec<String>,
    /// Use all connected accounts too
    #[arg(long)]
    all_accounts: bool,
}

impl From<AccountArgs> for AccountScope {
    fn from(arguments: AccountArgs) -> Self {
        let AccountArgs {
            accounts,
            all_accounts,
        } = arguments;
        match (accounts.is_empty(), all_accounts) {
            (_, true) => Self::All,
            (true, false) => Self::Platform,
            (false, false) => Self::Named(accounts),
        }
    }
}
