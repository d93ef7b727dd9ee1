//! Keeping the gauges of unfinished work up to date.

use std::time::Duration;

use tokio::sync::watch;

use super::facade::Djstripe;
use crate::error::describe;
use crate::metrics;
use crate::store::{Backlog, EffectState, EventState, Reconciliation};
use crate::timestamp::Timestamp;

/// How often [`Djstripe::watch_backlog`] queries the database: every 15 s.
pub const BACKLOG_INTERVAL: Duration = Duration::from_secs(15);

impl Djstripe {
    /// Keeps the gauges of unfinished work up to date until `shutdown` turns true:
    /// [`EVENTS`](metrics::EVENTS), [`UNFINISHED_EFFECTS`](metrics::UNFINISHED_EFFECTS),
    /// [`OLDEST_PENDING`](metrics::OLDEST_PENDING), [`PAUSED`](metrics::PAUSED) and [`RECONCILE_AGE`](metrics::RECONCILE_AGE). The commands
    /// `serve` and `work` call this if `--metrics` is given.
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
                Ok(backlog) => set_backlog(&backlog, Timestamp::now()),
                Err(error) => tracing::warn!(
                    error = describe(&error),
                    "unfinished events could not be counted"
                ),
            }
            match self.store().reconciliations().await {
                Ok(scopes) => set_reconcile_age(&scopes, Timestamp::now()),
                Err(error) => tracing::warn!(
                    error = describe(&error),
                    "the age of the last comparison could not be read"
                ),
            }

            tokio::select! {
                () = tokio::time::sleep(BACKLOG_INTERVAL) => {}
                _ = shutdown.changed() => {}
            }
        }
    }
}

fn set_backlog(backlog: &Backlog, now: Timestamp) {
    let states = EventState::ALL.into_iter();
    for state in states.filter(|state| *state != EventState::Processed) {
        metrics::unfinished_events(state.as_str(), backlog.counts.get(state));
    }
    for state in EffectState::UNFINISHED {
        metrics::unfinished_effects(state.as_str(), backlog.effects.get(state));
    }

    let oldest = backlog.oldest_pending;
    metrics::oldest_pending(oldest.map_or(Duration::ZERO, |oldest| age(oldest, now)));
    metrics::paused(backlog.paused_since.is_some());
}

fn set_reconcile_age(scopes: &[Reconciliation], now: Timestamp) {
    let last = scopes.iter().filter_map(|scope| scope.finished_at).max();
    if let Some(last) = last {
        metrics::reconcile_age(age(last, now));
    }
}

/// The time since `then`; zero if it lies in the future.
fn age(then: Timestamp, now: Timestamp) -> Duration {
    let micros = now.micros().saturating_sub(then.micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}
