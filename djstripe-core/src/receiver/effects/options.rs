//! When an effect is retried, and how long it may run.

use std::borrow::Cow;
use std::time::Duration;

/// The options of an effect.
///
/// ```
/// use std::time::Duration;
/// use djstripe_core::receiver::EffectOptions;
///
/// let options = EffectOptions::DEFAULT
///     .schedule([Duration::from_secs(10), Duration::from_secs(600)])
///     .timeout(Duration::from_secs(5));
/// # let _ = options;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EffectOptions {
    #[doc(hidden)]
    pub schedule: Option<Cow<'static, [Duration]>>,
    #[doc(hidden)]
    pub timeout: Option<Duration>,
}

impl EffectOptions {
    /// The application's retry schedule, and [`DEFAULT_TIMEOUT`](crate::DEFAULT_TIMEOUT).
    pub const DEFAULT: Self = Self {
        schedule: None,
        timeout: None,
    };

    /// Sets the wait before each retry. An empty schedule means no retry.
    #[must_use]
    pub fn schedule(mut self, delays: impl IntoIterator<Item = Duration>) -> Self {
        self.schedule = Some(delays.into_iter().collect());
        self
    }

    /// Sets the time limit of one run.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}
