//! `--account` and `--all-accounts`: which accounts' objects a command works on.

use clap::Args;

use crate::maintenance::account_scope::AccountScope;

#[derive(Clone, Debug, Args)]
pub(super) struct AccountArgs {
    /// Use this connected account instead of your own; repeatable
    #[arg(
        long = "account",
        value_name = "ACCOUNT",
        conflicts_with = "all_accounts"
    )]
    accounts: Vec<String>,
    /// Use all connected accounts too
    #[arg(long)]
    all_accounts: bool,
    /// Of several Stripe accounts of your own, use this one only [default: each that has a key]
    #[arg(long, value_name = "ACCOUNT")]
    pub(super) own_account: Option<String>,
}

impl From<AccountArgs> for AccountScope {
    fn from(arguments: AccountArgs) -> Self {
        let AccountArgs {
            accounts,
            all_accounts,
            own_account: _,
        } = arguments;
        match (accounts.is_empty(), all_accounts) {
            (_, true) => Self::All,
            (true, false) => Self::Platform,
            (false, false) => Self::Named(accounts),
        }
    }
}
