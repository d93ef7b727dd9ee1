//! The options of a comparison.

use std::time::Duration;

use crate::maintenance::account_scope::AccountScope;
use crate::timestamp::Timestamp;

/// How long Stripe keeps events.
///
/// Source: [List all events](https://docs.stripe.com/api/events/list).
pub const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How late an event can appear in Stripe's list, by default: 1 h.
pub const DEFAULT_OVERLAP: Duration = Duration::from_secs(60 * 60);

/// How old an event must be to count as missing, by default: 1 min. Younger events are still being
/// delivered.
pub const DEFAULT_MIN_AGE: Duration = Duration::from_secs(60);

/// What to compare.
///
/// ```
/// use std::time::Duration;
/// use djstripe_core::AccountScope;
/// use djstripe_core::reconcile::ReconcileOptions;
///
/// let options = ReconcileOptions { accounts: AccountScope::All, ..ReconcileOptions::default() };
/// assert_eq!(options.overlap, Duration::from_secs(3600));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconcileOptions {
    /// Where to start. Default: at the end of the last comparison; without one, at the first stored
    /// event; without any event, as far back as Stripe keeps events.
    pub since: Option<Timestamp>,
    /// Of several Stripe accounts of the application's own, the one to compare. Default: each that has a
    /// key.
    pub own_account: Option<String>,
    /// The accounts whose events are compared. Default: the platform's own.
    pub accounts: AccountScope,
    /// Whether to compare live mode or test mode. Default: each mode that has a key.
    pub livemode: Option<bool>,
    /// How much of the last comparison is compared again, as events can appear late and out of
    /// order. Default: [`DEFAULT_OVERLAP`].
    pub overlap: Duration,
    /// How old an event must be to count as missing. Default: [`DEFAULT_MIN_AGE`].
    pub min_age: Duration,
    /// Whether events without a receiver are stored too. Default: no.
    pub all_events: bool,
}

impl Default for ReconcileOptions {
    fn default() -> Self {
        Self {
            since: None,
            own_account: None,
            accounts: AccountScope::Platform,
            livemode: None,
            overlap: DEFAULT_OVERLAP,
            min_age: DEFAULT_MIN_AGE,
            all_events: false,
        }
    }
}
