//! A leased event, decoded once.
//!
//! In: what a worker claims, or takes over from the inbox. Out: the event with the fence that
//! proves its lease, and the records of how its processing ended.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use crate::receiver::ReceiverInfo;
use crate::store::{
    Claim, EventOutcome, FIRST_FENCE, ReceiverRun, RunOutcome, Settlement, stored_id,
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
