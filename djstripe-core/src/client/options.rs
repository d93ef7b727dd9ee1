//! The settings of a client.

use std::time::Duration;

use super::budget::RateLimits;

/// The base URL of Stripe's API.
pub const DEFAULT_API_BASE: &str = "https://api.stripe.com";

/// Settings of a [`Client`](super::Client). The defaults suit a server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientOptions {
    /// The base URL of the API. Default: [`DEFAULT_API_BASE`].
    pub base: String,
    /// Timeout of one attempt, including the time to connect. Default: 30 s.
    pub timeout: Duration,
    /// Retries after the first attempt. Default: 4.
    pub retries: usize,
    /// Delay before the first retry. It doubles with each retry, with jitter. Default: 500 ms.
    pub min_delay: Duration,
    /// Longest delay before a retry, unless Stripe requests a longer one. Default: 8 s.
    pub max_delay: Duration,
    /// Rate limits of live keys. Default: 100 requests/s in total, 25/s for each type of object.
    pub live: RateLimits,
    /// Rate limits of test keys. Default: 25 requests/s.
    pub test: RateLimits,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            base: DEFAULT_API_BASE.to_owned(),
            timeout: Duration::from_secs(30),
            retries: 4,
            min_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(8),
            live: RateLimits::LIVE,
            test: RateLimits::TEST,
        }
    }
}
