//! The options of creating customers.

/// Which customers to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitOptions {
    /// Whether to use live mode instead of test mode. Default: no.
    pub livemode: bool,
    /// Of several Stripe accounts of the application's own, the one whose customers are created. Default:
    /// the one without a declaration, or the only one with a key.
    pub own_account: Option<String>,
    /// Reports the steps without taking them. Default: no.
    pub dry_run: bool,
    /// Only links mirrored customers, and makes no request to Stripe. Default: no.
    pub link_only: bool,
    /// Most customers to create. Default: no limit.
    pub limit: Option<u64>,
    /// Searches Stripe for a customer that isn't mirrored before creating one, which is one more
    /// request per user. Default: no.
    pub search: bool,
    /// Users that are processed concurrently. Default: 8.
    pub concurrency: usize,
}

impl Default for InitOptions {
    fn default() -> Self {
        Self {
            livemode: false,
            own_account: None,
            dry_run: false,
            link_only: false,
            limit: None,
            search: false,
            concurrency: 8,
        }
    }
}
