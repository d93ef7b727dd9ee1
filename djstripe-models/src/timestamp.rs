//! Points in time: Stripe's Unix seconds and the database's microseconds as one type.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::json::{Decoder, FromJson};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// 9999-12-31T23:59:59.999999Z, the last moment that RFC 3339 can write.
const LAST_WRITABLE_MICROS: u64 = 253_402_300_799_999_999;

/// A point in time, in microseconds since the Unix epoch.
///
/// Objects of API v1 carry whole seconds, those of API v2 RFC 3339, the database carries microseconds; all are this type. A time out of range
/// (about 292 000 years before or after 1970) becomes the nearest one in range.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use djstripe_models::Timestamp;
///
/// let created = Timestamp::from_seconds(1_700_000_000);
/// assert_eq!((created + Duration::from_millis(5)).micros(), 1_700_000_000_005_000);
/// assert_eq!((created - Duration::from_millis(5)).seconds(), 1_699_999_999);
/// assert_eq!(created.to_string(), "2023-11-14T22:13:20.000000Z");
///
/// let time: SystemTime = created.into();
/// assert_eq!(Timestamp::from(time), created);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    micros: i64,
}

impl Timestamp {
    /// The current time.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// The time that is this many seconds after the Unix epoch, as Stripe writes times.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_micros(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// The time that is this many microseconds after the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self { micros }
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.micros.div_euclid(MICROS_PER_SECOND)
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.micros
    }
}

/// Unix seconds, or RFC 3339 as API v2 writes times.
impl FromJson for Timestamp {
    fn from_json(value: &Value, decoder: &mut Decoder) -> Option<Self> {
        let Value::String(text) = value else {
            return i64::from_json(value, decoder).map(Self::from_seconds);
        };
        match humantime::parse_rfc3339(text) {
            Ok(time) => Some(time.into()),
            Err(_) => decoder.fail("an integer or a time in RFC 3339", value),
        }
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let micros = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => micros_of(after),
            Err(before) => -micros_of(before.duration()),
        };
        Self::from_micros(micros)
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let distance = Duration::from_micros(time.micros.unsigned_abs());
        if time.micros < 0 {
            UNIX_EPOCH - distance
        } else {
            UNIX_EPOCH + distance
        }
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self::from_micros(self.micros.saturating_add(micros_of(duration)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self::from_micros(self.micros.saturating_sub(micros_of(duration)))
    }
}

/// RFC 3339 in UTC. Times before 1970 and after the year 9999 are written as plain microseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u64::try_from(self.micros) {
            Ok(micros) if micros <= LAST_WRITABLE_MICROS => {
                let time = UNIX_EPOCH + Duration::from_micros(micros);
                humantime::format_rfc3339_micros(time).fmt(formatter)
            }
            _ => self.micros.fmt(formatter),
        }
    }
}

fn micros_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_down() {
        let check = |micros: i64, seconds: i64| {
            assert_eq!(Timestamp::from_micros(micros).seconds(), seconds);
        };
        check(1_999_999, 1);
        check(0, 0);
        check(-1, -1);
        check(-1_000_000, -1);
    }

    #[test]
    fn times_out_of_range_become_the_nearest_in_range() {
        let (first, last) = (
            Timestamp::from_micros(i64::MIN),
            Timestamp::from_micros(i64::MAX),
        );

        assert_eq!(Timestamp::from_seconds(i64::MAX), last);
        assert_eq!(Timestamp::from_seconds(i64::MIN), first);
        assert_eq!(last + Duration::MAX, last);
        assert_eq!(first - Duration::MAX, first);
    }

    #[test]
    fn system_time_and_back() {
        for micros in [0, 1, -1, 1_700_000_000_123_456, -1_700_000_000_123_456] {
            let time = Timestamp::from_micros(micros);
            assert_eq!(Timestamp::from(SystemTime::from(time)), time);
        }
    }

    #[test]
    fn years_that_rfc_3339_cannot_write_are_microseconds() {
        let check = |micros: i64, expected: &str| {
            assert_eq!(Timestamp::from_micros(micros).to_string(), expected);
        };
        check(0, "1970-01-01T00:00:00.000000Z");
        check(253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z");
        check(253_402_300_800_000_000, "253402300800000000");
        check(-1, "-1");
    }
}
