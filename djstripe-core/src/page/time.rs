//! Times and durations for people. Does no IO.

use std::time::Duration;

use maud::{Markup, html};

use crate::timestamp::{Timestamp, age};

/// A point in time: the date, and how long ago it was.
pub(super) fn at(time: Timestamp, now: Timestamp) -> Markup {
    let exact = time.to_string();
    html! {
        time datetime=(exact) title=(exact) { (clock(time)) " " span.soft { (distance(time, now)) } }
    }
}

/// As [`at`], or a dash.
pub(super) fn at_or_none(time: Option<Timestamp>, now: Timestamp) -> Markup {
    match time {
        Some(time) => at(time, now),
        None => html! { "–" },
    }
}

/// How long ago it was, with the date as its title.
pub(super) fn ago(time: Timestamp, now: Timestamp) -> Markup {
    let exact = time.to_string();
    html! { time datetime=(exact) title=(exact) { (distance(time, now)) } }
}

/// `2026-01-31 12:00:05`, in UTC.
pub(super) fn clock(time: Timestamp) -> String {
    let exact = time.to_string();
    match exact.split_once('T') {
        Some((date, rest)) => format!("{date} {}", rest.get(..8).unwrap_or(rest)),
        None => exact,
    }
}

/// `3 min ago`, `in 5 s`.
pub(super) fn distance(time: Timestamp, now: Timestamp) -> String {
    if time > now {
        format!("in {}", span(age(now, time)))
    } else {
        match age(time, now) {
            age if age < Duration::from_secs(1) => "just now".to_owned(),
            age => format!("{} ago", span(age)),
        }
    }
}

/// A duration with one unit: `12 ms`, `3.4 s`, `5 min`, `2 h`, `3 d`.
pub(super) fn span(duration: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let seconds = duration.as_secs();
    match seconds {
        0 if duration.is_zero() => "0 s".to_owned(),
        0 if duration.as_millis() == 0 => "under 1 ms".to_owned(),
        0 => format!("{} ms", duration.as_millis()),
        1..10 => format!("{}.{} s", seconds, duration.subsec_millis() / 100),
        _ if seconds < 2 * MINUTE => format!("{seconds} s"),
        _ if seconds < 2 * HOUR => format!("{} min", seconds / MINUTE),
        _ if seconds < 2 * DAY => format!("{} h", seconds / HOUR),
        _ => format!("{} d", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_one_unit() {
        let check = |millis: u64, expected: &str| {
            assert_eq!(span(Duration::from_millis(millis)), expected);
        };
        check(0, "0 s");
        check(12, "12 ms");
        check(3_450, "3.4 s");
        check(119_000, "119 s");
        check(300_000, "5 min");
        check(7_200_000, "2 h");
        check(259_200_000, "3 d");
        assert_eq!(span(Duration::from_micros(3)), "under 1 ms");
    }

    #[test]
    fn times_are_near_or_far() {
        let now = Timestamp::from_seconds(1_700_000_000);
        let check = |seconds: i64, expected: &str| {
            let time = Timestamp::from_seconds(1_700_000_000 + seconds);
            assert_eq!(distance(time, now), expected);
        };
        check(0, "just now");
        check(-5, "5.0 s ago");
        check(-600, "10 min ago");
        check(600, "in 10 min");
        assert_eq!(clock(now), "2023-11-14 22:13:20");
        assert_eq!(clock(Timestamp::from_micros(-1)), "-1");
    }
}
