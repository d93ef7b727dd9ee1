//! Waiting for something that another task or process does.

use std::panic::Location;
use std::time::{Duration, Instant};

use djstripe_core::Djstripe;
use djstripe_core::store::EventState;

/// How long [`until`] waits.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits until the condition holds.
///
/// # Panics
/// If it does not hold within 30 seconds. The message names the line that waits.
#[track_caller]
pub fn until(condition: impl AsyncFn() -> bool) -> impl Future<Output = ()> {
    let waiting = Location::caller();
    async move {
        let start = Instant::now();
        while !condition().await {
            assert!(
                start.elapsed() < LIMIT,
                "{waiting}: the condition did not hold within {LIMIT:?}"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Waits until no event is pending, processing or retrying.
///
/// # Errors
/// If there still is one after `limit`.
pub async fn until_processed(app: &Djstripe, limit: Duration) -> Result<(), String> {
    const OPEN: [EventState; 3] = [
        EventState::Pending,
        EventState::Processing,
        EventState::Retrying,
    ];

    let start = Instant::now();
    loop {
        // The connections of the application may be among those that a test cuts.
        if let Ok(counts) = app.store().state_counts().await {
            let open = OPEN.map(|state| counts.get(state));
            if open.iter().sum::<i64>() == 0 {
                return Ok(());
            }
            if start.elapsed() > limit {
                return Err(format!(
                    "after {limit:?} there are {open:?} pending, processing and retrying events"
                ));
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
