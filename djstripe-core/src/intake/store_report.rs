//! What the log says of events that the database did not store.
//!
//! In: the outcome of each batch. Out: a line for a batch that failed, at growing intervals while the
//! database is away, and one line when it stores events again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::shortened::shortened;
use crate::error::describe;
use crate::processing::wake::Wake;
use crate::store::{NewEvent, StoreError};
use crate::telemetry::repeats::Repeats;

/// Ids in a line.
const SHOWN_IDS: usize = 10;

pub(super) struct StoreReport {
    wake: Arc<Wake>,
    state: Mutex<State>,
}

struct State {
    batches: Repeats,
    /// Deliveries that no line has counted yet.
    uncounted: usize,
}

impl StoreReport {
    pub(super) fn new(wake: Arc<Wake>) -> Self {
        let state = State {
            // Deliveries come when they come: nothing waits here.
            batches: Repeats::new("storing deliveries", Duration::ZERO, Duration::ZERO),
            uncounted: 0,
        };
        Self {
            wake,
            state: Mutex::new(state),
        }
    }

    /// A batch was stored.
    pub(super) fn stored(&self) {
        if self.lock().batches.succeeded() {
            self.wake.database_works();
        }
    }

    /// A batch was not stored.
    pub(super) fn failed(&self, events: &[NewEvent], error: &StoreError) {
        let mut state = self.lock();
        state.uncounted += events.len();
        let failed = state.batches.failed_at(Instant::now());
        if !failed.is_logged {
            return;
        }

        let count = std::mem::take(&mut state.uncounted);
        let seconds = (failed.failures > 1).then_some(failed.lasted.as_secs());
        tracing::error!(
            error = describe(error),
            count,
            events = ids(events),
            seconds,
            "deliveries could not be stored and are answered with 503; Stripe sends them again"
        );
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ids of the first events.
fn ids(events: &[NewEvent]) -> String {
    let shown = events.iter().take(SHOWN_IDS);
    let shown: Vec<String> = shown.map(|new| shortened(new.event.id())).collect();
    let shown = shown.join(" ");
    match events.len().saturating_sub(SHOWN_IDS) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::Timestamp;
    use crate::webhook::event::Event;

    #[test]
    fn a_line_names_some_events_and_counts_the_others() {
        let event = |number: usize| {
            let json = format!(r#"{{"id":"evt_{number}","type":"ping"}}"#);
            NewEvent {
                event: Event::from_json(&json).unwrap(),
                received_at: Timestamp::from_seconds(0),
                remote_address: None,
                endpoint: None,
            }
        };
        let events: Vec<NewEvent> = (0..12).map(event).collect();
        assert_eq!(ids(&events[..2]), "evt_0 evt_1");
        let expected = "evt_0 evt_1 evt_2 evt_3 evt_4 evt_5 evt_6 evt_7 evt_8 evt_9 and 2 more";
        assert_eq!(ids(&events), expected);
    }
}
