//! Times on the command line.

use std::time::SystemTime;

use crate::timestamp::Timestamp;

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// Parses a time, or how long ago it was: `2026-01-31T12:00:00Z` or `2d`.
pub(super) fn since(argument: &str) -> Result<Timestamp, String> {
    if let Ok(time) = humantime::parse_rfc3339_weak(argument) {
        return Ok(time.into());
    }

    let ago = humantime::parse_duration(argument)
        .map_err(|_| "expected a duration such as 2d or a time such as 2026-01-31T12:00:00Z")?;
    SystemTime::now()
        .checked_sub(ago)
        .map(Timestamp::from)
        .ok_or_else(|| "too long ago".to_owned())
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
    fn how_long_ago_is_taken_to_the_hour() {
        let past_the_hour =
            |argument: &str| since_full_hour(argument).unwrap().micros() % MICROS_PER_HOUR;
        assert_eq!(past_the_hour("2d"), 0);
        assert_eq!(past_the_hour("2026-01-31T12:30:00Z"), 1_800_000_000);
    }
}
