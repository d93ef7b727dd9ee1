//! Points in time as the database holds them.

use std::fmt;
use std::ops::Add;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point in time in Unix microseconds.
///
/// ```
/// use std::time::Duration;
/// use djstripe_core::store::Timestamp;
///
/// let start = Timestamp::from_seconds(1_700_000_000);
/// assert_eq!((start + Duration::from_millis(5)).micros(), 1_700_000_000_005_000);
/// assert_eq!(start.to_string(), "2023-11-14T22:13:20.000000Z");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The present.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// From Unix microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From Unix seconds, the unit of Stripe's own times.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// In Unix microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let whole = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(
            time.duration_since(UNIX_EPOCH)
                .map_or_else(|before| -whole(before.duration()), whole),
        )
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

/// RFC 3339, in UTC; plain microseconds where that can't write the year.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 9999-12-31T23:59:59.999999Z
        match u64::try_from(self.0) {
            Ok(micros) if micros <= 253_402_300_799_999_999 => {
                humantime::format_rfc3339_micros(UNIX_EPOCH + Duration::from_micros(micros))
                    .fmt(formatter)
            }
            _ => self.0.fmt(formatter),
        }
    }
}
/// Whole seconds since 1970, negative before.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    let whole = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    time.duration_since(UNIX_EPOCH)
        .map_or_else(|before| -whole(before.duration()), whole)
}
