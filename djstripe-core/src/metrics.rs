//! Every metric, in one place: its name, its labels, and the call that changes it.
//!
//! They go through the `metrics` facade, so an application sees them in whatever exporter it installs; without one they
//! cost next to nothing. `serve` and `work` have one for Prometheus, `--metrics ADDRESS`.
//!
//! Invariant: a label's values are a small closed set; nothing that a sender chooses is one.

use std::future::Future;
use std::time::{Duration, Instant};

use ::metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use tokio::sync::watch;

use crate::app::Djstripe;
use crate::client::{Answer, ClientError};
use crate::endpoint::EndpointError;
use crate::error::describe as tell;
use crate::intake::{Receipt, WebhookError};
use crate::receiver::ReceiverError;
use crate::store::{Backlog, EffectOutcome, EventState, Reconciliation};
use crate::timestamp::Timestamp;
use crate::webhook::signature::SignatureError;

/// How often [`Djstripe::watch_backlog`] asks the database.
pub const REFRESH: Duration = Duration::from_secs(15);

/// Accepted deliveries, by `outcome`: `stored`, `duplicate`.
pub const RECEIVED: &str = "djstripe_deliveries_received_total";
/// Deliveries that were not acknowledged, by `reason`: one of [`REASONS`].
pub const REFUSED: &str = "djstripe_deliveries_refused_total";
/// Time from a delivery's last byte to the answer that accepts it.
pub const ACKNOWLEDGEMENT: &str = "djstripe_acknowledgement_seconds";
/// Events that are not processed, by `state`.
pub const EVENTS: &str = "djstripe_unfinished_events";
/// Age of the oldest event that no worker has had yet; 0 if there is none.
pub const OLDEST_PENDING: &str = "djstripe_oldest_pending_seconds";
/// 1 while the workers are paused, else 0.
pub const PAUSED: &str = "djstripe_paused";
/// Runs of receivers, by `receiver` and `outcome`: `succeeded`, `failed`, `panicked`, `timed_out`.
pub const RECEIVER_RUNS: &str = "djstripe_receiver_runs_total";
/// Time that runs took, by `receiver`.
pub const RECEIVER_RUN: &str = "djstripe_receiver_run_seconds";
/// Effects that were carried out, by `outcome`: `done`, `retrying`, `dead`.
pub const EFFECTS: &str = "djstripe_effects_total";
/// Objects that the mirror wanted from Stripe, by `outcome`: `fetched`, `shared` with another event, `gone`, `failed`.
pub const REFETCHES: &str = "djstripe_refetches_total";
/// Requests to Stripe, each try, by `status`: the code of HTTP, or `none` without an answer.
pub const REQUESTS: &str = "djstripe_stripe_requests_total";
/// Requests a second that the rate budget allows now, by `livemode`; a 429 narrows it, and time widens it.
pub const RATE_BUDGET: &str = "djstripe_stripe_rate_budget";

/// Events that Stripe never delivered, found by asking for them.
pub const RECONCILED: &str = "djstripe_reconciled_events_total";
/// Age of the last comparison with Stripe's events that came to its end, in whatever process; absent before the first.
pub const RECONCILE_AGE: &str = "djstripe_reconcile_age_seconds";

/// What kind of figure a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Durations, sorted into buckets.
    Histogram,
}

/// Every metric: its name, its kind, and what it says.
pub const ALL: [(&str, Kind, &str); 14] = [
    (RECEIVED, Kind::Counter, "Deliveries that were accepted."),
    (
        REFUSED,
        Kind::Counter,
        "Deliveries that were not acknowledged, by reason.",
    ),
    (
        ACKNOWLEDGEMENT,
        Kind::Histogram,
        "Time until a delivery was accepted.",
    ),
    (
        EVENTS,
        Kind::Gauge,
        "Events that are not processed, by state.",
    ),
    (
        OLDEST_PENDING,
        Kind::Gauge,
        "Age of the oldest event that no worker has had yet.",
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
        "Time that runs of receivers took.",
    ),
    (
        EFFECTS,
        Kind::Counter,
        "Effects that were carried out, by outcome.",
    ),
    (
        REFETCHES,
        Kind::Counter,
        "Objects wanted from Stripe, by outcome.",
    ),
    (REQUESTS, Kind::Counter, "Requests to Stripe, by status."),
    (
        RATE_BUDGET,
        Kind::Gauge,
        "Requests a second that the rate budget allows, by livemode.",
    ),
    (
        RECONCILED,
        Kind::Counter,
        "Events that Stripe never delivered, found by asking for them.",
    ),
    (
        RECONCILE_AGE,
        Kind::Gauge,
        "Age of the last finished comparison with Stripe's events.",
    ),
];

/// Why deliveries are not acknowledged, as the label `reason` of [`REFUSED`].
pub const REASONS: [&str; 12] = [
    "no_signature",
    "signature",
    "clock",
    "not_an_event",
    "too_large",
    "unknown_endpoint",
    "mismatch",
    "endpoint",
    "store",
    "overloaded",
    "busy",
    "receiver_failed",
];

/// Tells the installed recorder what the metrics mean.
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
}

impl Djstripe {
    /// Keeps the figures of what waits up to date until `shutdown` turns true: [`EVENTS`], [`OLDEST_PENDING`],
    /// [`PAUSED`] and [`RECONCILE_AGE`]. `serve` and `work` do this by themselves where they have `--metrics`.
    ///
    /// ```no_run
    /// # async fn main_job(app: djstripe_core::Djstripe) {
    /// let (stop, stopped) = tokio::sync::watch::channel(false);
    /// tokio::spawn(async move { app.watch_backlog(stopped).await });
    /// // …
    /// stop.send_replace(true);
    /// # }
    /// ```
    pub async fn watch_backlog(&self, mut shutdown: watch::Receiver<bool>) {
        while !*shutdown.borrow() {
            match self.store().backlog().await {
                Ok(waiting) => backlog(&waiting, Timestamp::now()),
                Err(error) => {
                    tracing::warn!(error = tell(&error), "waiting events could not be counted")
                }
            }
            match self.store().reconciliations().await {
                Ok(scopes) => reconciled(&scopes, Timestamp::now()),
                Err(error) => {
                    tracing::warn!(error = tell(&error), "comparisons could not be looked up")
                }
            }
            tokio::select! {
                () = tokio::time::sleep(REFRESH) => {}
                _ = shutdown.changed() => {}
            }
        }
    }
}

fn backlog(backlog: &Backlog, now: Timestamp) {
    for state in EventState::ALL
        .into_iter()
        .filter(|state| *state != EventState::Processed)
    {
        gauge!(EVENTS, "state" => state.as_str()).set(backlog.counts.get(state) as f64);
    }
    let age = backlog.oldest_pending.map_or(0, |oldest| {
        now.micros().saturating_sub(oldest.micros()).max(0)
    });
    gauge!(OLDEST_PENDING).set(age as f64 / 1e6);
    gauge!(PAUSED).set(f64::from(u8::from(backlog.paused_since.is_some())));
}

fn reconciled(scopes: &[Reconciliation], now: Timestamp) {
    if let Some(last) = scopes.iter().filter_map(|scope| scope.finished_at).max() {
        gauge!(RECONCILE_AGE).set(now.micros().saturating_sub(last.micros()).max(0) as f64 / 1e6);
    }
}

/// Counts events that were missing.
pub(crate) fn found_missing(events: u64) {
    counter!(RECONCILED).increment(events);
}

/// Counts a delivery, and times it if it is accepted.
pub(crate) async fn delivery(
    receiving: impl Future<Output = Result<Receipt, WebhookError>>,
) -> Result<Receipt, WebhookError> {
    let begun = Instant::now();
    let received = receiving.await;
    match &received {
        Ok(receipt) => {
            let outcome = match receipt {
                Receipt::Stored => "stored",
                Receipt::Duplicate => "duplicate",
            };
            counter!(RECEIVED, "outcome" => outcome).increment(1);
            histogram!(ACKNOWLEDGEMENT).record(begun.elapsed());
        }
        Err(error) => counter!(REFUSED, "reason" => reason(error)).increment(1),
    }
    received
}

fn reason(error: &WebhookError) -> &'static str {
    match error {
        WebhookError::Signature(SignatureError::MissingHeader) => "no_signature",
        WebhookError::Signature(SignatureError::TooOld { .. } | SignatureError::TooNew { .. }) => {
            "clock"
        }
        WebhookError::Signature(_) => "signature",
        WebhookError::Decode(_) => "not_an_event",
        WebhookError::TooLarge { .. } => "too_large",
        WebhookError::Endpoint(EndpointError::Unknown) => "unknown_endpoint",
        WebhookError::Endpoint(
            EndpointError::Mismatch(_)
            | EndpointError::NotAtStripe { .. }
            | EndpointError::Forged { .. },
        ) => "mismatch",
        WebhookError::Endpoint(_) => "endpoint",
        WebhookError::Store(_) => "store",
        WebhookError::Overloaded => "overloaded",
        WebhookError::Busy { .. } => "busy",
        WebhookError::ReceiverFailed { .. } => "receiver_failed",
    }
}

/// Counts and times a run of a receiver.
pub(crate) async fn receiver_run(
    receiver: &'static str,
    running: impl Future<Output = Result<(), ReceiverError>>,
) -> Result<(), ReceiverError> {
    let begun = Instant::now();
    let result = running.await;
    let outcome = match &result {
        Ok(()) => "succeeded",
        Err(ReceiverError::Panicked { .. }) => "panicked",
        Err(ReceiverError::TimedOut { .. }) => "timed_out",
        Err(_) => "failed",
    };
    counter!(RECEIVER_RUNS, "receiver" => receiver, "outcome" => outcome).increment(1);
    histogram!(RECEIVER_RUN, "receiver" => receiver).record(begun.elapsed());
    result
}

pub(crate) fn effect(outcome: &EffectOutcome) {
    let outcome = match outcome {
        EffectOutcome::Done => "done",
        EffectOutcome::Retrying { .. } => "retrying",
        EffectOutcome::Dead { .. } => "dead",
    };
    counter!(EFFECTS, "outcome" => outcome).increment(1);
}

/// Counts an object that was fetched.
pub(crate) fn refetched(answer: &Result<Answer, ClientError>) {
    let outcome = match answer {
        Ok(_) => "fetched",
        Err(error) if error.is_gone() => "gone",
        Err(_) => "failed",
    };
    counter!(REFETCHES, "outcome" => outcome).increment(1);
}

/// Counts an object that was fetched for another event just now.
pub(crate) fn shared_refetch() {
    counter!(REFETCHES, "outcome" => "shared").increment(1);
}

/// Counts a request that was answered with this status, or not at all, and notes what the budget allows after it.
pub(crate) fn requested(status: Option<u16>, livemode: bool, rate: f64) {
    let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    counter!(REQUESTS, "status" => status).increment(1);
    gauge!(RATE_BUDGET, "livemode" => if livemode { "true" } else { "false" }).set(rate);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::webhook::event::DecodeError;

    const PAGE: &str = include_str!("../docs/operating.md");

    /// The metrics that the page names, histograms without the ends that Prometheus gives their parts.
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

    #[test]
    fn each_refusal_has_a_reason_of_the_list() {
        let errors: [WebhookError; 7] = [
            SignatureError::MissingHeader.into(),
            SignatureError::Mismatch.into(),
            SignatureError::TooOld {
                age: Duration::ZERO,
                tolerance: Duration::ZERO,
            }
            .into(),
            DecodeError::NotAnObject.into(),
            WebhookError::TooLarge { limit: 1 },
            EndpointError::Unknown.into(),
            WebhookError::Overloaded,
        ];
        let reasons = errors.iter().map(reason).collect::<Vec<_>>();
        let expected = [
            "no_signature",
            "signature",
            "clock",
            "not_an_event",
            "too_large",
            "unknown_endpoint",
            "overloaded",
        ];
        assert_eq!(reasons, expected);
        assert!(reasons.iter().all(|reason| REASONS.contains(reason)));
    }
}
