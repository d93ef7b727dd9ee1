//! The rate budget: when the next request may be sent.
//!
//! In: the type of object and the [`Priority`] of a request. Out: a [`Permit`], as soon as the
//! request may be sent.
//!
//! Requests are spread evenly over time, both in total and for each type of object. A response with
//! status 429 lowers exactly the limit that it names; the limit recovers while there are no further
//! refusals. Requests of live work have precedence: a request of a backfill is sent only if no live
//! request is waiting.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// How urgent a request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// An event or a person is waiting for the response.
    #[default]
    Live,
    /// The request fills the mirror and can wait.
    Backfill,
}

/// How many requests an account may send.
///
/// Source: [Rate limits](https://docs.stripe.com/rate-limits).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimits {
    /// Requests per second in total.
    pub per_second: f64,
    /// Requests per second for one type of object.
    pub per_resource: f64,
    /// Concurrent requests.
    pub in_flight: usize,
}

impl RateLimits {
    /// The limits of live mode.
    pub const LIVE: Self = Self {
        per_second: 100.0,
        per_resource: 25.0,
        in_flight: 64,
    };
    /// The limits of test mode.
    pub const TEST: Self = Self {
        per_second: 25.0,
        per_resource: 25.0,
        in_flight: 16,
    };
}

/// Share of a limit that is used, so that a small difference between two clocks doesn't cause
/// refusals.
const UTILIZATION: f64 = 0.97;
/// A refusal multiplies a rate by this.
const BACKOFF_FACTOR: f64 = 0.7;
/// Share of the limit by which a rate recovers in each second without a refusal.
const RECOVERY_PER_SECOND: f64 = 0.02;
/// Refusals within this time count as one: the requests in flight at the first refusal are refused
/// for the same reason.
const REFUSAL_WINDOW: Duration = Duration::from_secs(1);

/// The rate budget of one mode.
pub(super) struct Budget {
    limits: RateLimits,
    /// Responses with status 429.
    refusals: AtomicU64,
    state: Mutex<State>,
    /// Notified when a request finishes, and when a live request stops waiting.
    freed: Notify,
}

struct State {
    all: RateLimit,
    resources: HashMap<String, RateLimit>,
    in_flight: usize,
    allowed_in_flight: usize,
    live_waiting: usize,
}

/// Largest delay that a request can catch up on. Timers fire up to a millisecond late, which would
/// lose a tenth of the requests at 100 requests a second.
const MAX_CATCH_UP: Duration = Duration::from_millis(5);

/// One rate limit: requests are sent `1 / rate` seconds apart.
struct RateLimit {
    limit: f64,
    rate: f64,
    next: Instant,
    changed: Instant,
}

impl RateLimit {
    fn new(limit: f64, now: Instant) -> Self {
        let limit = limit.max(0.1) * UTILIZATION;
        Self {
            limit,
            rate: limit,
            next: now,
            changed: now,
        }
    }

    /// Raises the rate by what it has recovered since the last change.
    fn recover(&mut self, now: Instant) {
        if self.rate < self.limit && now > self.changed + REFUSAL_WINDOW {
            let quiet = now.duration_since(self.changed).as_secs_f64();
            self.rate = (self.rate + self.limit * RECOVERY_PER_SECOND * quiet).min(self.limit);
            self.changed = now;
        }
    }

    /// Reserves the next turn and returns its time.
    fn reserve(&mut self, now: Instant) -> Instant {
        self.recover(now);
        let at = self.next.max(now.checked_sub(MAX_CATCH_UP).unwrap_or(now));
        self.next = at + Duration::from_secs_f64(1.0 / self.rate);
        at
    }

    /// Lowers the rate after a refusal.
    fn back_off(&mut self, now: Instant) {
        if now.duration_since(self.changed) >= REFUSAL_WINDOW || self.rate >= self.limit {
            self.rate = (self.rate * BACKOFF_FACTOR).max(self.limit / 50.0);
            self.changed = now;
        }
    }
}

impl Budget {
    pub(super) fn new(limits: RateLimits) -> Self {
        let state = State {
            all: RateLimit::new(limits.per_second, Instant::now()),
            resources: HashMap::new(),
            in_flight: 0,
            allowed_in_flight: limits.in_flight.max(1),
            live_waiting: 0,
        };
        Self {
            limits,
            refusals: AtomicU64::new(0),
            state: Mutex::new(state),
            freed: Notify::new(),
        }
    }

    /// Waits until a request for objects of this type may be sent. The caller holds the permit
    /// until it has the response.
    pub(super) async fn acquire(&self, resource: &str, priority: Priority) -> Permit<'_> {
        match priority {
            Priority::Live => self.acquire_live(resource).await,
            Priority::Backfill => self.acquire_backfill(resource).await,
        }
    }

    async fn acquire_live(&self, resource: &str) -> Permit<'_> {
        let waiter = LiveWaiter::new(self);

        // The limit for the type comes first: while a request waits for it, others can use the
        // turns of the total limit.
        let at = self
            .lock()
            .resource(resource, &self.limits)
            .reserve(Instant::now());
        sleep_until(at).await;

        let at = self.lock().all.reserve(Instant::now());
        sleep_until(at).await;

        let permit = self.acquire_slot().await;
        drop(waiter);
        permit
    }

    /// Waits until fewer requests are in flight than allowed.
    async fn acquire_slot(&self) -> Permit<'_> {
        loop {
            // Created before the check, so that a notification between the check and the `await` is
            // not lost.
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

    /// Waits until the request can be sent at once without delaying a live one.
    async fn acquire_backfill(&self, resource: &str) -> Permit<'_> {
        loop {
            // Created before the check, so that a notification between the check and the `await` is
            // not lost.
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
                    state.all.reserve(now);
                    state.resource(resource, &self.limits).reserve(now);
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

    /// Records a response with status 429. `reason` is its header `Stripe-Rate-Limited-Reason`.
    pub(super) fn refused(&self, resource: &str, reason: Option<&str>) {
        self.refusals.fetch_add(1, Ordering::Relaxed);
        let now = Instant::now();
        let mut state = self.lock();
        match reason {
            Some("endpoint-rate") => state.resource(resource, &self.limits).back_off(now),
            Some("global-concurrency" | "endpoint-concurrency") => {
                state.allowed_in_flight =
                    (state.in_flight * 3 / 4).clamp(1, state.allowed_in_flight);
            }
            // This is about a lock on one object, not about rates.
            Some("resource-specific") => {}
            _ => state.all.back_off(now),
        }
    }

    /// The requests per second that are allowed now, in total.
    pub(super) fn rate(&self) -> f64 {
        let mut state = self.lock();
        state.all.recover(Instant::now());
        state.all.rate
    }

    /// How many responses had status 429.
    #[cfg(feature = "page")]
    pub(super) fn refusals(&self) -> u64 {
        self.refusals.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock can't leave the state inconsistent, so a poisoned lock is safe to
        // use.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn resource(&mut self, resource: &str, limits: &RateLimits) -> &mut RateLimit {
        self.resources
            .entry(resource.to_owned())
            .or_insert_with(|| RateLimit::new(limits.per_resource, Instant::now()))
    }
}

/// Counts a live request as waiting until it is dropped, even if the request is cancelled.
struct LiveWaiter<'b>(&'b Budget);

impl<'b> LiveWaiter<'b> {
    fn new(budget: &'b Budget) -> Self {
        budget.lock().live_waiting += 1;
        Self(budget)
    }
}

impl Drop for LiveWaiter<'_> {
    fn drop(&mut self) {
        self.0.lock().live_waiting -= 1;
        self.0.freed.notify_waiters();
    }
}

/// Permission for one request, held while it is in flight.
pub(super) struct Permit<'b>(&'b Budget);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.in_flight -= 1;

        // Concurrency recovers slowly, as rates do: by one each time that all allowed requests were
        // in flight.
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
            10.0 / UTILIZATION,
        );
        near(
            seconds_for(&Budget::new(LIMITS), 1_000, 1).await,
            40.0 / UTILIZATION,
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
                (seconds - expected / UTILIZATION).abs() < 0.03,
                "{reason:?} {seconds}"
            );

            tokio::time::sleep(Duration::from_secs(100)).await;
            let seconds = seconds_for(&budget, 20, resources).await;

            assert!(
                (seconds - if resources == 1 { 0.76 } else { 0.19 } / UTILIZATION).abs() < 0.02,
                "{reason:?} {seconds}"
            );
        };

        check(None, 20, 0.19 / BACKOFF_FACTOR).await;
        check(Some("global-rate"), 20, 0.19 / BACKOFF_FACTOR).await;
        check(Some("endpoint-rate"), 20, 0.19).await;
        check(Some("endpoint-rate"), 1, 0.76 / BACKOFF_FACTOR).await;
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
            // Late, as on a busy machine.
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
