//! Keeping the gauges of unfinished work up to date.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::facade::Djstripe;
use super::jobs::stopped;
use crate::error::describe;
use crate::store::{Backlog, EffectState, EventState, StoreError};
use crate::telemetry::metrics;
use crate::telemetry::repeats::Repeats;
use crate::timestamp::{Timestamp, age};

/// How often [`Djstripe::watch_backlog`] queries the database: every 15 s.
pub const BACKLOG_INTERVAL: Duration = Duration::from_secs(15);

/// Time limit of one reading. The age has to grow while the database accepts connections and does not
/// answer, too.
const READ_LIMIT: Duration = Duration::from_secs(15);

impl Djstripe {
    /// Keeps the gauges of unfinished work up to date until `shutdown` turns true:
    /// [`EVENTS`](metrics::EVENTS), [`UNFINISHED_EFFECTS`](metrics::UNFINISHED_EFFECTS),
    /// [`OLDEST_PENDING`](metrics::OLDEST_PENDING), [`UNATTENDED`](metrics::UNATTENDED),
    /// [`PAUSED`](metrics::PAUSED), [`RECONCILE_AGE`](metrics::RECONCILE_AGE) and
    /// [`RATE_BUDGET`](metrics::RATE_BUDGET). The commands `serve` and `work` call this if `--metrics`
    /// is given.
    ///
    /// While the database can't be read, they keep their values and
    /// [`BACKLOG_READ_AGE`](metrics::BACKLOG_READ_AGE) grows. Once this future ends or is dropped, that
    /// is infinite.
    ///
    /// ```no_run
    /// # async fn main_job(app: djstripe_core::Djstripe) {
    /// let (stop, stopped) = tokio::sync::watch::channel(false);
    /// tokio::spawn(async move { app.watch_backlog(stopped).await });
    /// // …
    /// stop.send_replace(true);
    /// # }
    /// ```
    pub async fn watch_backlog(&self, shutdown: watch::Receiver<bool>) {
        self.watch_backlog_every(BACKLOG_INTERVAL, shutdown).await;
    }

    /// As [`watch_backlog`](Self::watch_backlog), with an interval that a test doesn't have to wait for.
    #[doc(hidden)]
    pub async fn watch_backlog_every(&self, interval: Duration, shutdown: watch::Receiver<bool>) {
        let watch = self.watch_backlog_until(interval, shutdown.clone());
        self.vitals().until("backlog", &shutdown, watch).await;
    }

    async fn watch_backlog_until(&self, interval: Duration, mut shutdown: watch::Receiver<bool>) {
        let started = Timestamp::now();
        let mut read_age = ReadAge::start();
        self.begin_counters();
        let mut reconciled = self.reconciling.as_ref().map(|_| started);
        // The interval stays: only the lines grow rarer.
        let mut repeats = Repeats::new("reading the backlog", interval, interval);
        loop {
            match tokio::time::timeout(READ_LIMIT, self.read_backlog()).await {
                Ok(Ok((backlog, finished))) => {
                    set_backlog(&backlog, Timestamp::now());
                    reconciled = finished.or(reconciled);
                    read_age.reset();
                    repeats.succeeded();
                }
                Ok(Err(error)) => {
                    repeats.failed(&describe(&error));
                }
                Err(_) => {
                    repeats.failed("the database did not answer in time");
                }
            }
            read_age.publish();
            set_reconcile_age(reconciled, Timestamp::now());
            self.set_rate_budgets();

            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = stopped(&mut shutdown) => return,
            }
        }
    }

    /// Begins the counters of the receivers at 0.
    pub(super) fn begin_counters(&self) {
        for receiver in self.registry().receivers() {
            metrics::begin_receiver(receiver.id);
        }
    }

    /// The backlog, and when a comparison with Stripe's events last finished.
    async fn read_backlog(&self) -> Result<(Backlog, Option<Timestamp>), StoreError> {
        let backlog = self.store().backlog().await?;
        let scopes = self.store().reconciliations().await?;
        let finished = scopes.iter().filter_map(|scope| scope.finished_at).max();
        Ok((backlog, finished))
    }

    /// Budgets recover without requests. Of several accounts, the narrowest budget counts.
    fn set_rate_budgets(&self) {
        for livemode in [false, true] {
            let clients = self.services.clients.iter();
            let clients = clients.filter(|client| client.has_key(livemode));
            let rates = clients.map(|client| client.allowed_rate(livemode));
            if let Some(rate) = rates.min_by(f64::total_cmp) {
                metrics::rate_budget(livemode, rate);
            }
        }
    }
}

/// How long ago the backlog was read, or the watch began. Infinite from its end on, however it ends:
/// nothing else would say that the gauges are no longer updated.
struct ReadAge(Instant);

impl ReadAge {
    fn start() -> Self {
        let read_age = Self(Instant::now());
        read_age.publish();
        read_age
    }

    fn reset(&mut self) {
        self.0 = Instant::now();
    }

    fn publish(&self) {
        metrics::backlog_read_age(Some(self.0.elapsed()));
    }
}

impl Drop for ReadAge {
    fn drop(&mut self) {
        metrics::backlog_read_age(None);
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

/// Before the first comparison, its age is that of the watch: one that never finishes is noticed too.
fn set_reconcile_age(last: Option<Timestamp>, now: Timestamp) {
    if let Some(last) = last {
        metrics::reconcile_age(age(last, now));
    }
}
