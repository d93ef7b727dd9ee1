//! One row of the table.

use std::fmt;

use serde_json::{Value, json};

/// The table's head.
pub(super) const HEAD: &str = "| what | connections | per second | p50 ms | p99 ms | PostgreSQL CPU µs | server CPU µs | server MiB |\n\
                               |---|---|---|---|---|---|---|---|";

/// The result of one measurement.
#[derive(Clone, Debug, Default)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) connections: usize,
    pub(super) per_second: f64,
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    /// CPU time of PostgreSQL per event.
    pub(super) postgres_cpu_us: Option<f64>,
    /// CPU time of all servers together per event.
    pub(super) server_cpu_us: Option<f64>,
    /// Largest resident memory of a server.
    pub(super) server_rss_mib: Option<f64>,
}

impl Figure {
    pub(super) fn json(&self) -> Value {
        json!({
            "name": self.name, "connections": self.connections, "per_second": self.per_second.round(),
            "p50_ms": self.p50_ms, "p99_ms": self.p99_ms,
            "postgres_cpu_us": self.postgres_cpu_us.map(f64::round), "server_cpu_us": self.server_cpu_us.map(f64::round),
            "server_rss_mib": self.server_rss_mib,
        })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cell = |value: Option<f64>, digits| {
            value.map_or_else(String::new, |value| format!("{value:.digits$}"))
        };
        write!(
            formatter,
            "| {} | {} | {:.0} | {} | {} | {} | {} | {} |",
            self.name,
            self.connections,
            self.per_second,
            cell(self.p50_ms, 2),
            cell(self.p99_ms, 2),
            cell(self.postgres_cpu_us, 0),
            cell(self.server_cpu_us, 0),
            cell(self.server_rss_mib, 1),
        )
    }
}

/// The middle value; of an even number of values the upper of the two.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
