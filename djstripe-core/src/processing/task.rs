//! A claimed event.
//!
//! In: what a claim or the inbox hands over. Out: the event, read once, with the fence by which its lease is known, and
//! the records of how it ended.

use tokio::sync::OwnedSemaphorePermit;

use crate::receiver::ReceiverInfo;
use crate::store::{Claim, FIRST_FENCE, Outcome, ReceiverRun, RunOutcome, Settlement, stored_id};
use crate::timestamp::Timestamp;
use crate::webhook::delivery::Delivery;
use crate::webhook::event::{DecodeError, Event};

/// A claimed event, read once.
pub(crate) struct Task {
    pub(crate) event_id: String,
    /// What the lease is known by.
    pub(crate) fence: i64,
    pub(crate) attempts: i32,
    pub(crate) event: Result<Event, DecodeError>,
    /// By our clock, before which it was stored: what is fetched from then on has seen what it tells of.
    pub(crate) claimed_at: Timestamp,
    /// The request that waits for the answer, inline.
    pub(crate) delivery: Option<Delivery>,
    /// Its place among those that one worker has at a time, given back with it.
    pub(crate) _place: Option<OwnedSemaphorePermit>,
}

impl Task {
    pub(crate) fn read(claim: Claim, place: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            event: Event::from_json(&claim.payload),
            event_id: claim.event_id,
            fence: claim.fence,
            attempts: claim.attempts,
            claimed_at: Timestamp::now(),
            delivery: None,
            _place: place,
        }
    }

    /// An event that was taken while it was stored.
    pub(crate) fn taken(event: Event, place: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            event_id: stored_id(event.id()).into_owned(),
            fence: FIRST_FENCE,
            attempts: 1,
            event: Ok(event),
            claimed_at: Timestamp::now(),
            delivery: None,
            _place: place,
        }
    }

    /// Account and id of the object that it is about.
    pub(crate) fn object(&self) -> Option<ObjectKey> {
        let event = self.event.as_ref().ok()?;
        Some((
            event.account().unwrap_or_default().to_owned(),
            event.object_head().id?,
        ))
    }
}

/// Account and id of an object.
pub(crate) type ObjectKey = (String, String);

pub(crate) fn settlement(task: &Task, outcome: Outcome, error: Option<String>) -> Settlement {
    Settlement {
        event_id: task.event_id.clone(),
        fence: task.fence,
        outcome,
        error,
        at: Timestamp::now(),
    }
}

pub(crate) fn finished(
    task: &Task,
    receiver: &ReceiverInfo,
    attempts: i32,
    outcome: RunOutcome,
) -> ReceiverRun {
    ReceiverRun {
        event_id: task.event_id.clone(),
        fence: task.fence,
        receiver: receiver.id.to_owned(),
        attempts,
        outcome,
        finished_at: Timestamp::now(),
    }
}
