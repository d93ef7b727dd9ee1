//! The options of a verification.

use std::time::Duration;

use crate::maintenance::account_scope::AccountScope;

/// What to compare, and whether to repair it.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// Types of object, such as `customer`; all that Stripe lists if empty.
    pub objects: Vec<String>,
    /// Of several Stripe accounts of the application's own, the one to compare. Default: each that has a
    /// key.
    pub own_account: Option<String>,
    /// The accounts whose objects are compared. Default: the platform's own.
    pub accounts: AccountScope,
    /// Compares only a random sample of about this many rows and this many listed objects of each
    /// type. Default: everything is compared.
    pub sample: Option<u32>,
    /// Overwrites wrong rows with Stripe's objects. Default: no.
    pub repair: bool,
    /// How long after the first look an object that seems wrong is compared again. A webhook may be
    /// on its way for so long. Default: 2 s.
    pub recheck_after: Duration,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self {
            objects: Vec::new(),
            own_account: None,
            accounts: AccountScope::default(),
            sample: None,
            repair: false,
            recheck_after: Duration::from_secs(2),
        }
    }
}
