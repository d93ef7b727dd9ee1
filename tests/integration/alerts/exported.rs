//! The series that a started program exports.

use std::collections::BTreeMap;

use djstripe_core::metrics::{self, Kind};
use djstripe_core::testing::FakeStripe;
use djstripe_tests::TestDatabase;

use super::rules::Rule;
use crate::watch::{SECRET, Watched};

pub(super) const PAGE: &str = include_str!("../../../djstripe-core/docs/operating.md");

/// Series with their values, as `/metrics` has them.
pub(super) struct Exported {
    pub(super) series: BTreeMap<String, String>,
}

impl Exported {
    /// Of a program that has received nothing.
    pub(super) async fn at_the_start() -> Self {
        let (_database, _stripe, program) = start().await;
        Self::parse(&program.metrics("djstripe_paused 0").await)
    }

    /// Of a program that has received an event and run a receiver for it.
    pub(super) async fn after_an_event() -> Self {
        let (_database, _stripe, program) = start().await;
        assert_eq!(program.deliver("evt_1", SECRET).await, 200);
        let ran =
            r#"djstripe_receiver_runs_total{receiver="counter::count",outcome="succeeded"} 1"#;
        Self::parse(&program.metrics(ran).await)
    }

    fn parse(text: &str) -> Self {
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let series = lines.map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.to_owned())
        });
        Self {
            series: series.collect(),
        }
    }

    pub(super) fn value(&self, series: &str) -> Option<&str> {
        self.series.get(series).map(String::as_str)
    }

    /// The number of series whose name begins so.
    pub(super) fn names_of(&self, metric: &str) -> usize {
        self.series
            .keys()
            .filter(|it| it.starts_with(metric))
            .count()
    }

    /// Fails if a rule reads a metric that the program doesn't export.
    pub(super) fn check_rules(&self, rules: &[Rule]) {
        for rule in rules {
            let metrics = rule.metrics();
            assert!(!metrics.is_empty(), "{}", rule.alert);
            for metric in metrics {
                let is_exported = self.series.keys().any(|series| name(series) == metric);
                assert!(is_exported, "{}: `{metric}` is not exported", rule.alert);
            }
        }
    }
}

/// The name of a series' metric.
pub(super) fn name(series: &str) -> &str {
    series.split('{').next().unwrap()
}

/// It compares with Stripe's events, and has a key of each mode.
async fn start() -> (TestDatabase, FakeStripe, Watched) {
    let (database, stripe) = (TestDatabase::sqlite(), FakeStripe::start().await.unwrap());
    let keys = format!("{},sk_live_fake", stripe.api_key());
    let more = [
        ("DJSTRIPE_RECONCILE", "1h"),
        ("STRIPE_SECRET_KEY", keys.as_str()),
    ];
    let program = Watched::start_with(database.url(), &stripe, more);
    (database, stripe, program)
}

/// The counters with all values of their labels, as the page has them. `receivers` are some of those
/// that the program has.
pub(super) fn counters_of_the_page(receivers: &[&str]) -> Vec<String> {
    let mut counters = Vec::new();
    for (name, kind, _) in metrics::ALL {
        if kind != Kind::Counter {
            continue;
        }
        let row = PAGE
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` |")));
        let labels = row.expect(name).split('|').nth(2).unwrap().trim();
        let values = labels.rsplit_once("`: ").map_or("", |(_, values)| values);
        let series = |labels: &str| format!("{name}{{{labels}}}");
        match labels {
            "" => counters.push(name.to_owned()),
            _ if labels.starts_with("`receiver`, `outcome`") => {
                for receiver in receivers {
                    let outcomes = values.split(", ");
                    counters.extend(outcomes.map(|outcome| {
                        series(&format!(r#"receiver="{receiver}",outcome="{outcome}""#))
                    }));
                }
            }
            _ if labels.starts_with("`outcome`") => counters.extend(
                values
                    .split(", ")
                    .map(|it| series(&format!(r#"outcome="{it}""#))),
            ),
            _ if labels.starts_with("`reason`") => counters.extend(
                metrics::REASONS
                    .iter()
                    .map(|it| series(&format!(r#"reason="{it}""#))),
            ),
            _ if labels.starts_with("`status`") => {
                // The program has asked Stripe whose its keys are, so there are others already.
                let statuses = ["none", "401", "403", "429", "500"];
                counters.extend(statuses.map(|it| series(&format!(r#"status="{it}""#))));
            }
            other => panic!("{name} has labels that this test doesn't know: {other}"),
        }
    }
    counters
}

/// The metrics of the process that the page names.
pub(super) fn process_metrics_of_the_page() -> Vec<&'static str> {
    let words = PAGE.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    let named: Vec<&str> = words.filter(|word| word.starts_with("process_")).collect();
    assert!(named.len() > 5, "{named:?}");
    named
}
