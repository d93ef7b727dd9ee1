//! What a visitor of the page costs the worker of the same process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::database::Database;
use super::http::{Ask, Visitor};
use super::{Failure, Plan, Setting, interrupted};
use crate::load::figure::median;
use crate::load::process::run_client;

/// Views that the visitor opens in a second: as many as somebody in a hurry can look at.
const PER_SECOND: u32 = 1;

/// Deliveries at once, and as many prepared as the fastest worker could take.
const CONNECTIONS: usize = 32;
const MOST_PER_SECOND: u64 = 5_000;

/// The least that is left of the throughput.
pub(super) const BUDGET: f64 = 0.95;

/// What is left to do is none of the measurement's.
const PREPARE: &str = "DELETE FROM djstripe_pause; \
     DELETE FROM djstripe_queue WHERE next_attempt_at IS NOT NULL; CHECKPOINT;";

/// Rates of processed events, and how many requests the visitor sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Throughput {
    pub(super) without: Vec<f64>,
    pub(super) with: Vec<f64>,
    pub(super) requests: usize,
}

impl Throughput {
    /// What is left of the throughput with the page in use.
    pub(super) fn ratio(&self) -> Option<f64> {
        let without = median(self.without.iter().copied())?;
        Some(median(self.with.iter().copied())? / without)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "without_per_second": self.without, "with_per_second": self.with, "requests": self.requests,
            "ratio": self.ratio(),
        })
    }
}

/// Measures with and without a visitor in turn, so that a disturbance of the machine affects both.
/// The visitor needs a view to open.
///
/// # Errors
/// A program that fails, or an interruption.
pub(super) fn measure(
    database: &Database<'_>,
    setting: &Setting<'_>,
    plan: &Plan,
    asks: &[Ask],
) -> Result<Throughput, Failure> {
    database.run(PREPARE, &[])?;
    let round = || -> Result<f64, Failure> {
        interrupted()?;
        let seconds = plan.seconds.max(1);
        let answer = run_client(
            setting.programs,
            "full",
            &setting.server.url(),
            CONNECTIONS,
            MOST_PER_SECOND * seconds,
            seconds,
            &database.url,
        )?;
        let rate = answer["processed_per_second"].as_f64();
        rate.ok_or_else(|| "the client names no rate".into())
    };

    // Creates the rows of the mirror, and fills caches.
    round()?;
    let mut throughput = Throughput::default();
    let mut visitor = Visitor::new(&setting.server.url());
    for number in 0..plan.rounds {
        // Neither is always the first.
        for with_visitor in [number % 2 == 1, number % 2 == 0] {
            if !with_visitor {
                throughput.without.push(round()?);
                continue;
            }
            let is_over = AtomicBool::new(false);
            let requests = &mut throughput.requests;
            let (rate, visited) = std::thread::scope(|scope| {
                let visits = scope.spawn(|| visit(&mut visitor, asks, requests, &is_over));
                let rate = round();
                is_over.store(true, Ordering::Relaxed);
                (rate, visits.join())
            });
            throughput.with.push(rate?);
            // A page that nobody gets costs the worker nothing.
            visited.map_err(|_| "the visitor panicked")??;
        }
        eprintln!(
            "round {}: {:.0} events/s without a visitor, {:.0} with one",
            number + 1,
            throughput.without.last().copied().unwrap_or_default(),
            throughput.with.last().copied().unwrap_or_default()
        );
    }
    Ok(throughput)
}

/// Requests one view after another until it is over, and counts those that were answered.
///
/// # Errors
/// A view that is not answered.
fn visit(
    visitor: &mut Visitor,
    asks: &[Ask],
    requests: &mut usize,
    is_over: &AtomicBool,
) -> std::io::Result<()> {
    let pause = Duration::from_secs(1) / PER_SECOND;
    let mut due = Instant::now();
    while !is_over.load(Ordering::Relaxed) {
        visitor.ask(&asks[*requests % asks.len()])?;
        *requests += 1;
        due += pause;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_the_medians() {
        let throughput = Throughput {
            without: vec![1_000.0, 4_000.0, 2_000.0],
            with: vec![1_000.0, 1_900.0, 4_000.0],
            requests: 1,
        };
        assert_eq!(throughput.ratio(), Some(0.95));
        assert_eq!(Throughput::default().ratio(), None);
    }
}
