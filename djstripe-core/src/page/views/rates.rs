//! Charts of what happened per minute, over an hour, a day or a month.

use std::time::Duration;

use maud::{Markup, html};

use crate::page::chart::Chart;
use crate::page::error::PageError;
use crate::page::layout::number;
use crate::page::time::span;
use crate::page::visit::Visit;
use crate::store::operator::{Bucket, Delay, MinuteCounts};
use crate::timestamp::Timestamp;

/// A span of time that charts cover, and what one bar covers.
pub(super) struct Range {
    word: &'static str,
    name: &'static str,
    length: Duration,
    bucket: Duration,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

const RANGES: [Range; 3] = [
    Range {
        word: "1h",
        name: "hour",
        length: Duration::from_secs(HOUR),
        bucket: Duration::from_secs(MINUTE),
    },
    Range {
        word: "24h",
        name: "24 hours",
        length: Duration::from_secs(24 * HOUR),
        bucket: Duration::from_secs(15 * MINUTE),
    },
    Range {
        word: "30d",
        name: "30 days",
        length: Duration::from_secs(30 * 24 * HOUR),
        bucket: Duration::from_secs(8 * HOUR),
    },
];

impl Range {
    /// The one that the address names.
    pub(super) fn of(visit: &Visit) -> &'static Self {
        let word = visit.params.get("range").unwrap_or_default();
        let range = RANGES.iter().find(|range| range.word == word);
        range.unwrap_or(&RANGES[0])
    }

    pub(super) fn from(&self, now: Timestamp) -> Timestamp {
        now - self.length
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }
}

pub(super) async fn show(visit: &Visit, range: &Range) -> Result<Markup, PageError> {
    let from = range.from(visit.now);
    let buckets = visit
        .queries()
        .minutes(from, visit.now, range.bucket)
        .await?;
    Ok(html! {
        nav.bar aria-label="Range of the charts" {
            "Last "
            @for other in &RANGES {
                a href=(visit.to("", &[("range", other.word)]))
                    aria-current=[(other.word == range.word).then_some("true")] { (other.name) }
            }
        }
        div.charts {
            (counts(&buckets, range, "Received", "s1", |counts| counts.received))
            (counts(&buckets, range, "Processed", "s2", |counts| counts.processed))
            (counts(&buckets, range, "Failed runs", "s3", |counts| counts.failed))
            (counts(&buckets, range, "Refused", "s4", |counts| counts.refused))
            (delays(&buckets, range, "Acknowledgement", "s1", |counts| counts.acknowledgement))
            (delays(&buckets, range, "From arrival to processed", "s2", |counts| counts.processing))
        }
    })
}

fn span_of(buckets: &[Bucket]) -> (Timestamp, Timestamp) {
    let zero = Timestamp::from_micros(0);
    let first = buckets.first().map_or(zero, |bucket| bucket.start);
    let last = buckets.last().map_or(zero, |bucket| bucket.start);
    // All buckets are as long as the first.
    let length = buckets
        .get(1)
        .map_or(0, |second| second.start.micros() - first.micros());
    (first, Timestamp::from_micros(last.micros() + length))
}

fn minutes_of(buckets: &[Bucket], range: &Range) -> f64 {
    let (first, last) = span_of(buckets);
    let seconds = (last.micros() - first.micros()) as f64 / 1e6;
    let bars = buckets.len().max(1) as f64;
    let length = if seconds > 0.0 {
        seconds / bars
    } else {
        range.bucket.as_secs_f64()
    };
    length / 60.0
}

fn counts(
    buckets: &[Bucket],
    range: &Range,
    title: &str,
    class: &'static str,
    count: fn(&MinuteCounts) -> u64,
) -> Markup {
    let total: u64 = buckets.iter().map(|bucket| count(&bucket.counts)).sum();
    let minutes = minutes_of(buckets, range);
    let values: Vec<f64> = buckets
        .iter()
        .map(|bucket| count(&bucket.counts) as f64 / minutes)
        .collect();
    let highest = values.iter().copied().fold(0.0, f64::max);
    let chart = Chart {
        title,
        summary: format!(
            "{} in the last {}, at most {}",
            number(total),
            range.name,
            per_minute(highest)
        ),
        class,
        span: span_of(buckets),
        values,
        label: per_minute,
    };
    chart.show()
}

fn delays(
    buckets: &[Bucket],
    range: &Range,
    title: &str,
    class: &'static str,
    delay: fn(&MinuteCounts) -> Delay,
) -> Markup {
    let longest = buckets.iter().map(|bucket| delay(&bucket.counts).max).max();
    let total: Duration = buckets
        .iter()
        .map(|bucket| delay(&bucket.counts).total)
        .sum();
    let count: u64 = buckets
        .iter()
        .map(|bucket| delay(&bucket.counts).count)
        .sum();
    let mean = |total: Duration, count: u64| total.as_secs_f64() / count.max(1) as f64;
    let summary = if count == 0 {
        format!("none in the last {}", range.name)
    } else {
        format!(
            "{} on average, at most {}",
            seconds(mean(total, count)),
            span(longest.unwrap_or_default())
        )
    };
    let values = buckets.iter().map(|bucket| {
        let delay = delay(&bucket.counts);
        mean(delay.total, delay.count)
    });
    let chart = Chart {
        title,
        summary,
        class,
        span: span_of(buckets),
        values: values.collect(),
        label: seconds,
    };
    chart.show()
}

fn per_minute(rate: f64) -> String {
    if rate > 0.0 && rate < 10.0 {
        format!("{rate:.1} per minute")
    } else {
        format!("{} per minute", number(rate.round() as u64))
    }
}

fn seconds(value: f64) -> String {
    span(Duration::from_secs_f64(value.max(0.0)))
}
