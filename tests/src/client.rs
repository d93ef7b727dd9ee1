//! Settings of the Stripe client for the fake Stripe.

use std::time::Duration;

use djstripe_core::client::{ClientOptions, RateLimits};

/// Retries within milliseconds, and no rate limit that a test could reach: an application's
/// `client_options`.
pub fn fast(options: &mut ClientOptions) {
    options.min_delay = Duration::from_millis(5);
    options.max_delay = Duration::from_millis(50);
    options.test = unlimited(64);
}

/// Rate limits that only bound the requests in flight.
pub fn unlimited(in_flight: usize) -> RateLimits {
    RateLimits {
        per_second: 1e6,
        per_resource: 1e6,
        in_flight,
    }
}
