//! Points in time: [`Timestamp`], and whole seconds where Stripe's protocol has those.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use djstripe_models::Timestamp;

/// The time since `then`; zero if it lies in the future.
pub(crate) fn age(then: Timestamp, now: Timestamp) -> Duration {
    let micros = now.micros().saturating_sub(then.micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

/// A duration in microseconds; one that is too long becomes the longest.
pub(crate) fn micros(duration: Duration) -> i64 {
    (Timestamp::from_micros(0) + duration).micros()
}

/// Whole seconds since the Unix epoch; negative before it.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    let whole = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    time.duration_since(UNIX_EPOCH)
        .map_or_else(|before| -whole(before.duration()), whole)
}
