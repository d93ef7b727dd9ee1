//! The rate budget: when the next request may be sent.
//!
//! Requests are spread evenly over time, for all objects together and for each type of object. What Stripe refuses with
//! 429 narrows exactly the limit that it names; quiet time widens it again. Live work goes first: a request of a
//! backfill is sent only into a gap that nobody else wants.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Whether somebody waits for the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// An event or a person waits.
    #[default]
    Live,
    /// Filling the mirror; may wait.
    Backfill,
}

/// What an account may ask of Stripe.
///
/// Source: [Rate limits](https://docs.stripe.com/rate-limits).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimits {
    /// Requests per second in all.
    pub per_second: f64,
    /// Requests per second for one type of object.
    pub per_resource: f64,
    /// Requests under way at a time.
    pub in_flight: usize,
}

impl RateLimits {
    /// Those of live mode.
    pub const LIVE: Self = Self {
        per_second: 100.0,
        per_resource: 25.0,
        in_flight: 64,
    };
    /// Those of test mode.
    pub const TEST: Self = Self {
        per_second: 25.0,
        per_resource: 25.0,
        in_flight: 16,
    };
}

/// Part of a limit that is used, so that two clocks that differ a little don't end in a refusal.
const USED: f64 = 0.97;
/// What a refusal leaves of a rate.
const NARROWED: f64 = 0.7;
/// Part of the limit by which a rate grows back in each quiet second.
const REGAINED: f64 = 0.02;
/// Refusals within this time count as one: the requests under way at the first one meet the same wall.
const ONE_REFUSAL: Duration = Duration::from_secs(1);

/// When requests may be sent.
pub(super) struct Budget {
    limits: RateLimits,
    state: Mutex<State>,
    /// Somebody gave back a place, or stopped waiting.
    freed: Notify,
}

struct State {
    all: Pace,
    resources: HashMap<String, Pace>,
    in_flight: usize,
    allowed_in_flight: usize,
    live_waiting: usize,
}

/// What a turn that came late may be made up for. Timers wake up to a millisecond late, which at 100 requests a second
/// would cost a tenth of them.
const MADE_UP: Duration = Duration::from_millis(5);

/// One rate: requests `1 / rate` apart.
struct Pace {
    limit: f64,
    rate: f64,
    next: Instant,
    changed: Instant,
}

impl Pace {
    fn new(limit: f64, now: Instant) -> Self {
        let limit = limit.max(0.1) * USED;
        Self {
            limit,
            rate: limit,
            next: now,
            changed: now,
        }
    }

    fn recover(&mut self, now: Instant) {
        if self.rate < self.limit && now > self.changed + ONE_REFUSAL {
            let quiet = now.duration_since(self.changed).as_secs_f64();
            self.rate = (self.rate + self.limit * REGAINED * quiet).min(self.limit);
            self.changed = now;
        }
    }

    fn take(&mut self, now: Instant) -> Instant {
        self.recover(now);
        let at = self.next.max(now.checked_sub(MADE_UP).unwrap_or(now));
        self.next = at + Duration::from_secs_f64(1.0 / self.rate);
        at
    }

    fn narrow(&mut self, now: Instant) {
        if now.duration_since(self.changed) >= ONE_REFUSAL || self.rate >= self.limit {
            self.rate = (self.rate * NARROWED).max(self.limit / 50.0);
            self.changed = now;
        }
    }
}

impl Budget {
    pub(super) fn new(limits: RateLimits) -> Self {
        let state = State {
            all: Pace::new(limits.per_second, Instant::now()),
            resources: HashMap::new(),
            in_flight: 0,
            allowed_in_flight: limits.in_flight.max(1),
            live_waiting: 0,
        };
        Self {
            limits,
            state: Mutex::new(state),
            freed: Notify::new(),
        }
    }

    /// Waits until a request for objects of this type may be sent. The permit is held until its answer is there.
    pub(super) async fn acquire(&self, resource: &str, priority: Priority) -> Permit<'_> {
        match priority {
            Priority::Live => self.acquire_live(resource).await,
            Priority::Backfill => self.acquire_gap(resource).await,
        }
    }

    async fn acquire_live(&self, resource: &str) -> Permit<'_> {
        let waiting = Waiting::new(self);
        // First the narrower limit: a turn of the whole must not be spent on waiting for it.
        let at = self
            .lock()
            .resource(resource, &self.limits)
            .take(Instant::now());
        sleep_until(at).await;
        let at = self.lock().all.take(Instant::now());
        sleep_until(at).await;
        let permit = self.place().await;
        drop(waiting);
        permit
    }

    async fn place(&self) -> Permit<'_> {
        loop {
            let freed = self.freed.notified();
            {
                let mut state = self.lock();
                if state.in_flight < state.allowed_in_flight {
                    state.in_flight += 1;
                    return Permit(self);
                }
            }
            freed.await;
        }
    }

    async fn acquire_gap(&self, resource: &str) -> Permit<'_> {
        loop {
            let freed = self.freed.notified();
            let at = {
                let mut state = self.lock();
                let now = Instant::now();
                let at = state
                    .all
                    .next
                    .max(state.resource(resource, &self.limits).next);
                let blocked = state.live_waiting > 0 || state.in_flight >= state.allowed_in_flight;
                if at <= now && !blocked {
                    state.all.take(now);
                    state.resource(resource, &self.limits).take(now);
                    state.in_flight += 1;
                    return Permit(self);
                }
                (!blocked).then_some(at)
            };
            match at {
                Some(at) => sleep_until(at).await,
                None => freed.await,
            }
        }
    }

    /// Learns from a 429. `reason` is `Stripe-Rate-Limited-Reason`.
    pub(super) fn refused(&self, resource: &str, reason: Option<&str>) {
        let now = Instant::now();
        let mut state = self.lock();
        match reason {
            Some("endpoint-rate") => state.resource(resource, &self.limits).narrow(now),
            Some("global-concurrency" | "endpoint-concurrency") => {
                state.allowed_in_flight =
                    (state.in_flight * 3 / 4).clamp(1, state.allowed_in_flight);
            }
            // A lock on one object says nothing about rates.
            Some("resource-specific") => {}
            _ => state.all.narrow(now),
        }
    }

    /// Requests a second that are allowed now, over all types of objects.
    pub(super) fn rate(&self) -> f64 {
        let mut state = self.lock();
        state.all.recover(Instant::now());
        state.all.rate
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn resource(&mut self, resource: &str, limits: &RateLimits) -> &mut Pace {
        self.resources
            .entry(resource.to_owned())
            .or_insert_with(|| Pace::new(limits.per_resource, Instant::now()))
    }
}

/// Counts a waiting live request, also if it gives up.
struct Waiting<'b>(&'b Budget);

impl<'b> Waiting<'b> {
    fn new(budget: &'b Budget) -> Self {
        budget.lock().live_waiting += 1;
        Self(budget)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().live_waiting -= 1;
        self.0.freed.notify_waiters();
    }
}

/// A request under way.
pub(super) struct Permit<'b>(&'b Budget);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.in_flight -= 1;
        // One more place for each full round without a refusal, as slowly as rates come back.
        if state.in_flight + 1 == state.allowed_in_flight
            && state.allowed_in_flight < self.0.limits.in_flight
        {
            state.allowed_in_flight += 1;
        }
        drop(state);
        self.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const LIMITS: RateLimits = RateLimits {
        per_second: 100.0,
        per_resource: 25.0,
        in_flight: 4,
    };

    async fn seconds_for(budget: &Budget, requests: usize, resources: usize) -> f64 {
        let start = Instant::now();
        for number in 0..requests {
            drop(
                budget
                    .acquire(&format!("r{}", number % resources), Priority::Live)
                    .await,
            );
        }
        start.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn requests_keep_to_both_limits() {
        let near = |seconds: f64, expected: f64| {
            assert!((seconds / expected - 1.0).abs() < 0.05, "{seconds}")
        };
        near(
            seconds_for(&Budget::new(LIMITS), 1_000, 8).await,
            10.0 / USED,
        );
        near(
            seconds_for(&Budget::new(LIMITS), 1_000, 1).await,
            40.0 / USED,
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_narrows_what_it_names_and_quiet_widens_it() {
        let check = async |reason: Option<&str>, resources: usize, expected: f64| {
            let budget = Budget::new(LIMITS);
            for _ in 0..5 {
                budget.refused("r0", reason);
            }
            let seconds = seconds_for(&budget, 20, resources).await;
            assert!(
                (seconds - expected / USED).abs() < 0.03,
                "{reason:?} {seconds}"
            );
            tokio::time::sleep(Duration::from_secs(100)).await;
            let seconds = seconds_for(&budget, 20, resources).await;
            assert!(
                (seconds - if resources == 1 { 0.76 } else { 0.19 } / USED).abs() < 0.02,
                "{reason:?} {seconds}"
            );
        };
        check(None, 20, 0.19 / NARROWED).await;
        check(Some("global-rate"), 20, 0.19 / NARROWED).await;
        check(Some("endpoint-rate"), 20, 0.19).await;
        check(Some("endpoint-rate"), 1, 0.76 / NARROWED).await;
        check(Some("resource-specific"), 20, 0.19).await;
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_under_way_than_allowed() {
        let budget = Budget::new(LIMITS);
        let mut permits = Vec::new();
        for _ in 0..4 {
            permits.push(budget.acquire("a", Priority::Live).await);
        }
        let fifth =
            tokio::time::timeout(Duration::from_secs(60), budget.acquire("a", Priority::Live));
        assert!(fifth.await.is_err());
        budget.refused("a", Some("global-concurrency"));
        permits.pop();
        let fourth = tokio::time::timeout(
            Duration::from_secs(60),
            budget.acquire("a", Priority::Backfill),
        );
        assert!(fourth.await.is_err());
        permits.clear();
        drop(budget.acquire("a", Priority::Backfill).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_backfill_uses_what_is_allowed_though_it_always_comes_late() {
        let budget = Budget::new(LIMITS);
        let start = Instant::now();
        for number in 0..970 {
            let permit = budget
                .acquire(&format!("r{}", number % 8), Priority::Backfill)
                .await;
            // As a timer of a busy machine does.
            tokio::time::sleep(Duration::from_micros(number % 4 * 700)).await;
            drop(permit);
        }
        let seconds = start.elapsed().as_secs_f64();
        assert!((9.9..10.2).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_backfill_gives_way() {
        let budget = Arc::new(Budget::new(LIMITS));
        let order = Arc::new(Mutex::new(Vec::new()));
        let run = |priority: Priority, count: usize| {
            let (budget, order) = (Arc::clone(&budget), Arc::clone(&order));
            let tasks = (0..count).map(move |_| {
                let (budget, order) = (Arc::clone(&budget), Arc::clone(&order));
                tokio::spawn(async move {
                    drop(budget.acquire("a", priority).await);
                    order.lock().unwrap().push(priority);
                })
            });
            tasks.collect::<Vec<_>>()
        };
        let mut tasks = run(Priority::Backfill, 20);
        tokio::task::yield_now().await;
        tasks.extend(run(Priority::Live, 10));
        for task in tasks {
            task.await.unwrap();
        }
        let order = order.lock().unwrap();
        let last_live = order
            .iter()
            .rposition(|priority| *priority == Priority::Live)
            .unwrap();
        assert!(last_live <= 11, "{order:?}");
    }
}
