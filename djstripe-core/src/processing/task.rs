//! A leased event, decoded once.
//!
//! In: what a worker claims, or takes over from the inbox. Out: the event with the fence that
//! proves its lease, and the records of how its processing ended.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use crate::receiver::ReceiverInfo;
use crate::store::{
    Claim, EventOutcome, FIRST_FENCE, Place, ReceiverRun, RunOutcome, Settlement, stored_id,
};
use crate::timestamp::{Timestamp, age};
use crate::webhook::delivery::Delivery;
use crate::webhook::event::{DecodeError, Event, EventKinds, Stored};

/// A leased event.
pub(crate) struct Task {
    pub(super) event_id: String,
    pub(super) fence: i64,
    pub(super) attempts: i32,
    pub(super) event: Result<Event, DecodeError>,
    /// By our clock. The event was stored before, so an object fetched from now on includes the
    /// change that the event reports.
    pub(super) claimed_at: Timestamp,
    /// When its delivery arrived.
    received_at: Timestamp,
    /// The request that waits for its answer, in inline mode.
    pub(super) delivery: Option<Delivery>,
    /// Counts against the worker's capacity until the task is dropped.
    pub(super) _permit: Option<OwnedSemaphorePermit>,
}

impl Task {
    /// An event that a worker claimed.
    pub(super) fn claimed(claim: Claim, permit: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            event: event_of(&claim),
            event_id: claim.event_id,
            fence: claim.fence,
            attempts: claim.attempts,
            claimed_at: Timestamp::now(),
            received_at: claim.received_at,
            delivery: None,
            _permit: permit,
        }
    }

    /// An event that was leased by the statement that stored it.
    pub(super) fn handed_over(
        event: Event,
        received_at: Timestamp,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            event_id: stored_id(event.id()).into_owned(),
            fence: FIRST_FENCE,
            attempts: 1,
            event: Ok(event),
            claimed_at: Timestamp::now(),
            received_at,
            delivery: None,
            _permit: permit,
        }
    }

    /// The time since the event arrived; `None` if it was run again since then. Fences are counted from
    /// one up, but for that of an event that is run again, which is the time of that.
    pub(super) fn since_arrival(&self) -> Option<Duration> {
        let is_first = self.fence < self.received_at.micros();
        is_first.then(|| age(self.received_at, Timestamp::now()))
    }

    /// The event's id and fence, which identify its lease.
    pub(super) fn lease(&self) -> LeaseKey {
        LeaseKey {
            event_id: self.event_id.clone(),
            fence: self.fence,
        }
    }

    /// The object that the event is about, if it has an id.
    pub(super) fn object(&self) -> Option<ObjectKey> {
        let event = self.event.as_ref().ok()?;
        Some(ObjectKey {
            account: event.mirror_account().to_owned(),
            id: event.object_head().id?,
        })
    }

    /// Its place among the events of its object. One that can't be read has no object, and any place.
    pub(super) fn place(&self) -> Place<'_> {
        let event = self.event.as_ref().ok();
        Place {
            created: event.map_or(0, Event::created),
            exact: event.and_then(Event::thin_created),
            received_at: self.received_at,
            event_id: &self.event_id,
        }
    }

    /// The record that ends the processing of the event for now.
    pub(super) fn settlement(&self, outcome: EventOutcome, error: Option<String>) -> Settlement {
        Settlement {
            event_id: self.event_id.clone(),
            fence: self.fence,
            outcome,
            error,
            at: Timestamp::now(),
        }
    }

    /// The record of a receiver's run.
    pub(super) fn receiver_run(
        &self,
        receiver: &ReceiverInfo,
        attempts: i32,
        outcome: RunOutcome,
    ) -> ReceiverRun {
        ReceiverRun {
            event_id: self.event_id.clone(),
            fence: self.fence,
            receiver: receiver.id.to_owned(),
            attempts,
            outcome,
            finished_at: Timestamp::now(),
            took: None,
        }
    }
}

/// What identifies a lease: the event, and the fence that the claim gave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeaseKey {
    pub(crate) event_id: String,
    pub(crate) fence: i64,
}

/// What identifies an object: events of one object run one after another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ObjectKey {
    /// The connected account; empty for the platform's own objects.
    pub(crate) account: String,
    pub(crate) id: String,
}

fn event_of(claim: &Claim) -> Result<Event, DecodeError> {
    let stored = Stored {
        own_account: claim.own_account.as_deref(),
        account: claim.account.as_deref(),
        kinds: EventKinds {
            snapshot: claim.is_snapshot,
            thin: claim.is_thin,
        },
        thin: claim.thin.as_ref(),
    };
    Event::from_stored(&claim.payload, stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, created: i64) -> Event {
        let json = format!(r#"{{"id":"{id}","type":"coupon.updated","created":{created}}}"#);
        Event::from_json(&json).unwrap()
    }

    fn claimed(id: &str, created: i64, received_at: i64) -> Task {
        let claim = Claim {
            event_id: id.to_owned(),
            payload: event(id, created).json().to_owned(),
            account: None,
            own_account: None,
            attempts: 1,
            fence: FIRST_FENCE,
            is_snapshot: true,
            is_thin: false,
            thin: None,
            received_at: Timestamp::from_micros(received_at),
        };
        Task::claimed(claim, None)
    }

    fn handed_over(id: &str, created: i64, received_at: i64) -> Task {
        let received_at = Timestamp::from_micros(received_at);
        Task::handed_over(event(id, created), received_at, None)
    }

    #[test]
    fn claimed_and_handed_over_events_have_one_order() {
        let mut tasks = [
            handed_over("evt_5", 10, 4),
            handed_over("evt_3", 10, 2),
            claimed("evt_4", 10, 3),
            claimed("evt_2", 10, 2),
            claimed("evt_1", 9, 5),
        ];
        tasks.sort_unstable_by(|left, right| left.place().cmp(&right.place()));
        assert_eq!(
            tasks.map(|task| task.event_id),
            ["evt_1", "evt_2", "evt_3", "evt_4", "evt_5"]
        );
    }
}
