//! One view's row of the table.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

/// The table's head.
pub(super) const HEAD: &str =
    "| view | p50 ms | p95 ms | worst ms | CPU ms | kB |\n|---|---|---|---|---|---|";

/// The longest p95.
const BUDGET_MS: f64 = 100.0;

/// The longest p95 of a search, which reads up to 100,000 payloads.
const SEARCH_BUDGET_MS: f64 = 1_000.0;

/// What the names of searches in payloads begin with.
const SEARCH: &str = "search: ";

/// How long requests for a view took.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
    pub(super) max_ms: f64,
    /// CPU time of PostgreSQL and the server for one request. Other work on the machine disturbs it less.
    pub(super) cpu_ms: f64,
    /// The size of the largest response.
    pub(super) bytes: usize,
}

impl Figure {
    pub(super) fn new(name: &str, mut times: Vec<Duration>, cpu: f64, bytes: usize) -> Self {
        times.sort_unstable();
        Self {
            name: name.to_owned(),
            p50_ms: percentile(&times, 50),
            p95_ms: percentile(&times, 95),
            max_ms: percentile(&times, 100),
            cpu_ms: rounded(cpu * 1e3 / times.len().max(1) as f64),
            bytes,
        }
    }

    pub(super) fn budget_ms(&self) -> f64 {
        match self.name.starts_with(SEARCH) {
            true => SEARCH_BUDGET_MS,
            false => BUDGET_MS,
        }
    }

    pub(super) fn is_slow(&self) -> bool {
        self.p95_ms > self.budget_ms()
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "name": self.name, "p50_ms": self.p50_ms, "p95_ms": self.p95_ms, "max_ms": self.max_ms,
            "cpu_ms": self.cpu_ms, "bytes": self.bytes,
        })
    }
}

/// The time that this percentage of the requests doesn't exceed.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    let time = sorted.get(rank - 1).copied().unwrap_or_default();
    rounded(time.as_secs_f64() * 1e3)
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            p50_ms,
            p95_ms,
            max_ms,
            cpu_ms,
            bytes,
        } = self;
        let kilobytes = *bytes as f64 / 1e3;
        write!(
            formatter,
            "| {name} | {p50_ms:.1} | {p95_ms:.1} | {max_ms:.1} | {cpu_ms:.1} | {kilobytes:.0} |"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_time_that_so_many_requests_keep() {
        let times = (1..=40).rev().map(Duration::from_millis).collect();
        let figure = Figure::new("events", times, 0.1, 12_000);
        assert_eq!(
            figure.to_string(),
            "| events | 20.0 | 38.0 | 40.0 | 2.5 | 12 |"
        );
        assert!(!figure.is_slow());

        let one = Figure::new("events", vec![Duration::from_millis(101)], 0.0, 0);
        assert_eq!((one.p50_ms, one.p95_ms), (101.0, 101.0));
        assert!(one.is_slow());
        let search = Figure::new("search: an order", vec![Duration::from_millis(101)], 0.0, 0);
        assert!(!search.is_slow());
        assert_eq!(Figure::new("events", Vec::new(), 0.0, 0).p95_ms, 0.0);
    }
}
