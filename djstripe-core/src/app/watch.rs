//! Keeping the gauges of unfinished work up to date.

use std::time::Duration;

use tokio::sync::watch;

use super::facade::Djstripe;
use super::jobs::stopped;
use crate::error::describe;
use crate::metrics;
use crate::repeats::Repeats;
use crate::store::{Backlog, EffectState, EventState, Reconciliation, StoreError};
use crate::timestamp::{Timestamp, age};

/// How often [`Djstripe::watch_backlog`] queries the database: every 15 s.
pub const BACKLOG_INTERVAL: Duration = Duration::from_secs(15);

impl Djstripe {
    /// Keeps the gauges of unfinished work up to date until `shutdown` turns true:
    /// [`EVENTS`](metrics::EVENTS), [`UNFINISHED_EFFECTS`](metrics::UNFINISHED_EFFECTS),
    /// [`OLDEST_PENDING`](metrics::OLDEST_PENDING), [`UNATTENDED`](metrics::UNATTENDED),
    /// [`PAUSED`](metrics::PAUSED) and [`RECONCILE_AGE`](metrics::RECONCILE_AGE). The commands
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
        // The interval stays: only the lines grow rarer.
        let job = "counting unfinished events";
        let mut repeats = Repeats::new(job, BACKLOG_INTERVAL, BACKLOG_INTERVAL);
        loop {
            match self.set_gauges().await {
                Ok(()) => {
                    repeats.succeeded();
                }
                Err(error) => {
                    repeats.failed(&describe(&error));
                }
            }

            tokio::select! {
                () = tokio::time::sleep(BACKLOG_INTERVAL) => {}
                () = stopped(&mut shutdown) => return,
            }
        }
    }
}

impl Djstripe {
    async fn set_gauges(&self) -> Result<(), StoreError> {
        set_backlog(&self.store().backlog().await?, Timestamp::now());
        set_reconcile_age(&self.store().reconciliations().await?, Timestamp::now());
        Ok(())
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
    let unattended = backlog.unattended_since;
    metrics::unattended(unattended.map_or(Duration::ZERO, |since| age(since, now)));
}

fn set_reconcile_age(scopes: &[Reconciliation], now: Timestamp) {
    let last = scopes.iter().filter_map(|scope| scope.finished_at).max();
    if let Some(last) = last {
        metrics::reconcile_age(age(last, now));
    }
}
