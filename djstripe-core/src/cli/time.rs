//! Times on the command line. All of them are UTC, unless they have an offset of their own.

use std::time::SystemTime;

use jiff::civil::Time;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;

use crate::timestamp::Timestamp;

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// What [`since`] expects.
const EXPECTED: &str = "expected a duration such as 2d, or a time such as 2026-01-31, \
                        2026-01-31T12:00 or 2026-01-31T12:00+02:00; times without an offset are UTC";

/// Parses how long ago it was, a day, or a time: `2d`, `2026-01-31`, `2026-01-31T12:00:00Z`. A day
/// means its beginning.
pub(super) fn since(argument: &str) -> Result<Timestamp, String> {
    if let Ok(ago) = humantime::parse_duration(argument) {
        let time = SystemTime::now().checked_sub(ago).map(Timestamp::from);
        return time.ok_or_else(|| "too long ago".to_owned());
    }

    let pieces = Pieces::parse(argument).map_err(|_| EXPECTED)?;
    if pieces.time_zone_annotation().is_some() {
        return Err(EXPECTED.to_owned());
    }
    let time = pieces
        .date()
        .to_datetime(pieces.time().unwrap_or(Time::midnight()));
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
    let time = offset.to_timestamp(time).map_err(|_| EXPECTED)?;
    Ok(Timestamp::from_micros(time.as_microsecond()))
}

/// As [`since`], but rounds how long ago it was down to the full hour, so that the same arguments an
/// hour later resume what they started.
pub(super) fn since_full_hour(argument: &str) -> Result<Timestamp, String> {
    let time = since(argument)?;
    let is_duration = humantime::parse_duration(argument).is_ok();
    Ok(if is_duration {
        Timestamp::from_micros(time.micros() / MICROS_PER_HOUR * MICROS_PER_HOUR)
    } else {
        time
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_utc_unless_it_has_an_offset() {
        let check = |argument: &str, expected: &str| {
            assert_eq!(since(argument).unwrap().to_string(), expected, "{argument}");
        };
        check("2026-11-26", "2026-11-26T00:00:00.000000Z");
        check("2026-11-26T12:00", "2026-11-26T12:00:00.000000Z");
        check("2026-11-26 12:00:30", "2026-11-26T12:00:30.000000Z");
        check("2026-11-26T12:00:30Z", "2026-11-26T12:00:30.000000Z");
        check("2026-11-26T12:00+02:00", "2026-11-26T10:00:00.000000Z");
        check(
            "2026-11-26T12:00:00.25-05:30",
            "2026-11-26T17:30:00.250000Z",
        );
        check("2026-03-01T00:30+01", "2026-02-28T23:30:00.000000Z");

        let ago = Timestamp::now().micros() - since("2d").unwrap().micros();
        let rest = ago - 2 * 24 * MICROS_PER_HOUR;
        assert!(rest.abs() < MICROS_PER_HOUR, "{ago}");
    }

    #[test]
    fn what_is_no_time_is_refused_with_examples() {
        for argument in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-02-30",
            "12:00",
            "2026-11-26T25:00",
            "2026-11-26T12:00[Europe/Berlin]",
            "2026-11-26T12:00+02:00[Europe/Berlin]",
        ] {
            assert_eq!(since(argument).unwrap_err(), EXPECTED, "{argument}");
        }
    }

    #[test]
    fn how_long_ago_is_taken_to_the_hour() {
        let past_the_hour =
            |argument: &str| since_full_hour(argument).unwrap().micros() % MICROS_PER_HOUR;
        assert_eq!(past_the_hour("2d"), 0);
        assert_eq!(past_the_hour("2026-01-31T12:30:00Z"), 1_800_000_000);
    }
}
