//! All metrics: their names, their labels, and the functions that record them.
//!
//! They go through the `metrics` facade, so an application sees them in the exporter that it installs;
//! without one they cost next to nothing. The commands `serve` and `work` have an exporter for
//! Prometheus: `--metrics ADDRESS`.
//!
//! [`describe`] begins the counters at 0, because an alert on a counter that appears with its first
//! increment misses that increment.
//!
//! Invariant: the values of a label are a small closed set, and a sender can't add to it.

use std::time::Duration;

use ::metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use crate::generated::event_names::API_VERSION;

/// Accepted deliveries, by `outcome`: `stored`, `duplicate`, `replied` (a receiver has answered it).
pub const RECEIVED: &str = "djstripe_deliveries_received_total";
/// Refused deliveries, by `reason`: one of [`REASONS`].
pub const REFUSED: &str = "djstripe_deliveries_refused_total";
/// Refused deliveries that were not recorded in the database because too many came.
pub const UNRECORDED: &str = "djstripe_deliveries_unrecorded_total";
/// Time from the last byte of a delivery to the answer that accepts it.
pub const ACKNOWLEDGEMENT: &str = "djstripe_acknowledgement_seconds";
/// Unfinished events, by `state`.
pub const EVENTS: &str = "djstripe_unfinished_events";
/// Age of the oldest event that no worker has taken yet; 0 if there is none.
pub const OLDEST_PENDING: &str = "djstripe_oldest_pending_seconds";
/// For how long an event has been due although no worker of any process takes events; 0 if workers
/// do, or none is due.
pub const UNATTENDED: &str = "djstripe_unattended_seconds";
/// 1 while the workers are paused, else 0.
pub const PAUSED: &str = "djstripe_paused";
/// Runs of receivers, by `receiver` and `outcome`: `succeeded`, `not_mirrored` (the event's object got
/// no row), `failed`, `panicked`, `timed_out`.
pub const RECEIVER_RUNS: &str = "djstripe_receiver_runs_total";
/// Duration of receivers' runs, by `receiver`.
pub const RECEIVER_RUN: &str = "djstripe_receiver_run_seconds";
/// Runs of effects, by `outcome`: `done`, `retrying`, `dead`.
pub const EFFECTS: &str = "djstripe_effects_total";
/// Effects that are neither done nor given up, by `state`.
pub const UNFINISHED_EFFECTS: &str = "djstripe_unfinished_effects";
/// Objects that the mirror fetched from Stripe, by `outcome`: `fetched`, `shared` with another event,
/// `gone`, `failed`.
pub const REFETCHES: &str = "djstripe_refetches_total";
/// Requests to Stripe, retries included, by `status`: the HTTP status, or `none` without an answer.
pub const REQUESTS: &str = "djstripe_stripe_requests_total";
/// Requests per second that the rate budget allows now, by `livemode`. A 429 lowers it, and it rises
/// again with time.
pub const RATE_BUDGET: &str = "djstripe_stripe_rate_budget";

/// Events that Stripe did not deliver and that reconciling found.
pub const RECONCILED: &str = "djstripe_reconciled_events_total";
/// Age of the last comparison with Stripe's events that finished, in any process. Before the first, the
/// time since a process that [reconciles](crate::Builder::reconcile_every) began to watch; absent in
/// others.
pub const RECONCILE_AGE: &str = "djstripe_reconcile_age_seconds";

/// Time since this process last read the backlog: the other gauges of unfinished work are as old.
/// Infinite once [`watch_backlog`](crate::Djstripe::watch_backlog) has ended.
pub const BACKLOG_READ_AGE: &str = "djstripe_backlog_read_age_seconds";
/// Always 1, by `version` of djstripe and by the `api_version` of Stripe that it mirrors.
pub const BUILD_INFO: &str = "djstripe_build_info";

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Durations, sorted into buckets.
    Histogram,
}

/// Every metric: its name, its kind and its description.
pub const ALL: [(&str, Kind, &str); 19] = [
    (RECEIVED, Kind::Counter, "Deliveries that were accepted."),
    (
        REFUSED,
        Kind::Counter,
        "Deliveries that were refused, by reason.",
    ),
    (
        UNRECORDED,
        Kind::Counter,
        "Refused deliveries that were not recorded because too many came.",
    ),
    (
        ACKNOWLEDGEMENT,
        Kind::Histogram,
        "Time until a delivery was accepted.",
    ),
    (EVENTS, Kind::Gauge, "Unfinished events, by state."),
    (
        OLDEST_PENDING,
        Kind::Gauge,
        "Age of the oldest event that no worker has taken yet.",
    ),
    (
        UNATTENDED,
        Kind::Gauge,
        "For how long events have waited although no worker takes any.",
    ),
    (PAUSED, Kind::Gauge, "Whether the workers are paused."),
    (
        RECEIVER_RUNS,
        Kind::Counter,
        "Runs of receivers, by receiver and outcome.",
    ),
    (
        RECEIVER_RUN,
        Kind::Histogram,
        "Duration of receivers' runs.",
    ),
    (EFFECTS, Kind::Counter, "Runs of effects, by outcome."),
    (
        UNFINISHED_EFFECTS,
        Kind::Gauge,
        "Effects that are neither done nor given up, by state.",
    ),
    (
        REFETCHES,
        Kind::Counter,
        "Objects fetched from Stripe, by outcome.",
    ),
    (REQUESTS, Kind::Counter, "Requests to Stripe, by status."),
    (
        RATE_BUDGET,
        Kind::Gauge,
        "Requests per second that the rate budget allows, by livemode.",
    ),
    (
        RECONCILED,
        Kind::Counter,
        "Events that Stripe did not deliver and that reconciling found.",
    ),
    (
        RECONCILE_AGE,
        Kind::Gauge,
        "Age of the last finished comparison with Stripe's events.",
    ),
    (
        BACKLOG_READ_AGE,
        Kind::Gauge,
        "Time since this process last read the backlog.",
    ),
    (
        BUILD_INFO,
        Kind::Gauge,
        "Always 1, by djstripe's version and Stripe's API version.",
    ),
];

/// Upper bounds of the buckets of [`ACKNOWLEDGEMENT`], in seconds. The alerts of `docs/operating.md`
/// need them.
pub const ACKNOWLEDGEMENT_BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Upper bounds of the buckets of [`RECEIVER_RUN`], in seconds. The alerts of `docs/operating.md` need
/// them.
pub const RECEIVER_RUN_BUCKETS: [f64; 12] = [
    0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0,
];

/// The values of the label `reason` of [`REFUSED`].
pub const REASONS: [&str; 14] = [
    "no_signature",
    "signature",
    "clock",
    "not_an_event",
    "too_large",
    "unknown_endpoint",
    "mismatch",
    "endpoint",
    "retrieve_budget",
    "store",
    "overloaded",
    "busy",
    "receiver_failed",
    "not_identified",
];

/// The values of the label `outcome` of [`RECEIVED`].
const DELIVERY_OUTCOMES: [&str; 3] = ["stored", "duplicate", "replied"];
/// The values of the label `outcome` of [`RECEIVER_RUNS`].
const RUN_OUTCOMES: [&str; 5] = [
    "succeeded",
    "not_mirrored",
    "failed",
    "panicked",
    "timed_out",
];
/// The values of the label `outcome` of [`EFFECTS`].
const EFFECT_OUTCOMES: [&str; 3] = ["done", "retrying", "dead"];
/// The values of the label `outcome` of [`REFETCHES`].
const REFETCH_OUTCOMES: [&str; 4] = ["fetched", "shared", "gone", "failed"];
/// The values of the label `status` of [`REQUESTS`] that Stripe documents. Another status has a series
/// from its first answer on.
///
/// Source: [Errors](https://docs.stripe.com/api/errors).
const STATUSES: [&str; 14] = [
    "none", "200", "400", "401", "402", "403", "404", "409", "424", "429", "500", "502", "503",
    "504",
];

/// Registers the descriptions of all metrics with the installed recorder, and begins the counters at
/// 0 and [`BUILD_INFO`] at 1. Call it once, after the exporter was installed and before anything is
/// received or processed.
///
/// The counters of receivers begin with [`Djstripe::work`](crate::Djstripe::work) and
/// [`Djstripe::watch_backlog`](crate::Djstripe::watch_backlog), which know the receivers.
///
/// ```
/// // After an exporter was installed:
/// djstripe_core::metrics::describe();
/// ```
pub fn describe() {
    for (name, kind, text) in ALL {
        match kind {
            Kind::Counter => describe_counter!(name, text),
            Kind::Gauge => describe_gauge!(name, text),
            Kind::Histogram => describe_histogram!(name, Unit::Seconds, text),
        }
    }

    let counters: [(_, _, &[&'static str]); 5] = [
        (RECEIVED, "outcome", &DELIVERY_OUTCOMES),
        (REFUSED, "reason", &REASONS),
        (EFFECTS, "outcome", &EFFECT_OUTCOMES),
        (REFETCHES, "outcome", &REFETCH_OUTCOMES),
        (REQUESTS, "status", &STATUSES),
    ];
    for (name, label, values) in counters {
        for value in values {
            counter!(name, label => *value).increment(0);
        }
    }
    for name in [RECONCILED, UNRECORDED] {
        counter!(name).increment(0);
    }

    // A histogram that is registered has its buckets at 0.
    let _ = histogram!(ACKNOWLEDGEMENT);
    let version = env!("CARGO_PKG_VERSION");
    gauge!(BUILD_INFO, "version" => version, "api_version" => API_VERSION).set(1.0);
}

/// Begins the counters of a receiver at 0.
pub(crate) fn begin_receiver(receiver: &'static str) {
    for outcome in RUN_OUTCOMES {
        counter!(RECEIVER_RUNS, "receiver" => receiver, "outcome" => outcome).increment(0);
    }
}

/// Counts an accepted delivery and records how long its answer took.
pub(crate) fn accepted(outcome: &'static str, took: Duration) {
    debug_assert!(DELIVERY_OUTCOMES.contains(&outcome), "{outcome}");
    counter!(RECEIVED, "outcome" => outcome).increment(1);
    histogram!(ACKNOWLEDGEMENT).record(took);
}

/// Counts a refused delivery. `reason` is one of [`REASONS`].
pub(crate) fn refused(reason: &'static str) {
    debug_assert!(REASONS.contains(&reason), "{reason}");
    counter!(REFUSED, "reason" => reason).increment(1);
}

/// Counts a refused delivery that was not recorded because too many came.
pub(crate) fn unrecorded() {
    counter!(UNRECORDED).increment(1);
}

/// Sets the number of unfinished events in `state`.
pub(crate) fn unfinished_events(state: &'static str, events: i64) {
    gauge!(EVENTS, "state" => state).set(events as f64);
}

/// Sets the number of effects in `state`.
pub(crate) fn unfinished_effects(state: &'static str, effects: i64) {
    gauge!(UNFINISHED_EFFECTS, "state" => state).set(effects as f64);
}

/// Sets the age of the oldest event that no worker has taken yet.
pub(crate) fn oldest_pending(age: Duration) {
    gauge!(OLDEST_PENDING).set(age.as_secs_f64());
}

/// Sets for how long an event has been due although no worker takes events.
pub(crate) fn unattended(time: Duration) {
    gauge!(UNATTENDED).set(time.as_secs_f64());
}

/// Sets whether the workers are paused.
pub(crate) fn paused(paused: bool) {
    gauge!(PAUSED).set(f64::from(u8::from(paused)));
}

/// Counts a run of a receiver and records how long it took.
pub(crate) fn receiver_ran(receiver: &'static str, outcome: &'static str, took: Duration) {
    debug_assert!(RUN_OUTCOMES.contains(&outcome), "{outcome}");
    counter!(RECEIVER_RUNS, "receiver" => receiver, "outcome" => outcome).increment(1);
    histogram!(RECEIVER_RUN, "receiver" => receiver).record(took);
}

/// Counts a run of an effect.
pub(crate) fn effect_ran(outcome: &'static str) {
    debug_assert!(EFFECT_OUTCOMES.contains(&outcome), "{outcome}");
    counter!(EFFECTS, "outcome" => outcome).increment(1);
}

/// Counts an object that the mirror wanted from Stripe.
pub(crate) fn refetched(outcome: &'static str) {
    debug_assert!(REFETCH_OUTCOMES.contains(&outcome), "{outcome}");
    counter!(REFETCHES, "outcome" => outcome).increment(1);
}

/// Counts a request with the HTTP status of its answer, `None` without an answer, and sets the
/// rate that the budget of its mode allows after it.
pub(crate) fn requested(status: Option<u16>, livemode: bool, rate: f64) {
    let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    counter!(REQUESTS, "status" => status).increment(1);
    rate_budget(livemode, rate);
}

/// Sets the requests per second that the rate budget of a mode allows.
pub(crate) fn rate_budget(livemode: bool, rate: f64) {
    gauge!(RATE_BUDGET, "livemode" => if livemode { "true" } else { "false" }).set(rate);
}

/// Counts events that reconciling found missing.
pub(crate) fn found_missing(events: u64) {
    counter!(RECONCILED).increment(events);
}

/// Sets the age of the last comparison with Stripe's events that finished.
pub(crate) fn reconcile_age(age: Duration) {
    gauge!(RECONCILE_AGE).set(age.as_secs_f64());
}

/// Sets the time since this process last read the backlog; `None` if it never reads it again.
pub(crate) fn backlog_read_age(age: Option<Duration>) {
    gauge!(BACKLOG_READ_AGE).set(age.map_or(f64::INFINITY, |age| age.as_secs_f64()));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PAGE: &str = include_str!("../../docs/operating.md");

    /// The metrics that the page names; histograms without the suffixes that Prometheus adds.
    fn named() -> BTreeSet<&'static str> {
        let words = PAGE.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let part = |word: &'static str| {
            let parts = ["_bucket", "_sum", "_count"]
                .into_iter()
                .find_map(|end| word.strip_suffix(end));
            parts.unwrap_or(word)
        };
        words
            .filter(|word| word.starts_with("djstripe_") && !word.starts_with("djstripe_core"))
            .map(part)
            .collect()
    }

    #[test]
    fn the_page_names_each_metric_and_no_other() {
        assert_eq!(named(), ALL.into_iter().map(|(name, ..)| name).collect());
    }

    #[test]
    fn each_alert_has_its_runbook() {
        let alerts: Vec<&str> = PAGE
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- alert: "))
            .collect();
        assert!(alerts.len() >= 10, "{alerts:?}");
        for alert in alerts {
            assert!(
                PAGE.contains(&format!("\n### {alert}\n")),
                "no runbook for {alert}"
            );
        }
    }
}
