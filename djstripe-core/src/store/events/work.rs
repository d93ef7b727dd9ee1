//! The values that the inbox and the workers exchange with the queue.

use std::time::Duration;

use uuid::Uuid;

use super::rows::RunOutcome;
use crate::timestamp::Timestamp;
use crate::webhook::event::{Event, ThinHead};

/// An event to store.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The event.
    pub event: Event,
    /// When its delivery arrived.
    pub received_at: Timestamp,
    /// Address of the sender; `None` for an event that this program stores itself.
    pub remote_address: Option<String>,
    /// The endpoint of the database that it was delivered to.
    pub endpoint: Option<Uuid>,
}

/// How the insertion of an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
    /// It is new and leased to the inserting worker, with the fence `FIRST_FENCE`.
    Leased,
    /// It is new and waits for a claim.
    Waiting,
    /// It was stored before; only the delivery was recorded.
    Duplicate,
}

impl Insertion {
    /// Whether the event was stored now.
    pub const fn is_new(self) -> bool {
        !matches!(self, Self::Duplicate)
    }
}

/// A refused request to record for the operator.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// When it arrived.
    pub received_at: Timestamp,
    /// Why it was refused.
    pub reason: String,
    /// Address of the sender.
    pub remote_address: Option<String>,
    /// The endpoint of the database that it was delivered to.
    pub endpoint: Option<Uuid>,
    /// Its headers, without confidential ones.
    pub headers: Vec<(String, String)>,
    /// Its body. [`StoreOptions::refused_body_bytes`](crate::store::StoreOptions) of it are kept.
    pub body: Vec<u8>,
}

/// A worker's lease of events.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Id of the worker.
    pub worker: String,
    /// The current time.
    pub now: Timestamp,
    /// When the lease expires.
    pub until: Timestamp,
    /// Whether the statement that stores events first waits for a claim that is running. Without
    /// it, events that are stored during a claim are not leased.
    pub waits_for_claims: bool,
}

/// Fence of an event's first lease.
pub(crate) const FIRST_FENCE: i64 = 1;

/// A claimed event.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Id of the event.
    pub event_id: String,
    /// The event as received.
    pub payload: String,
    /// The connected account whose event it is.
    pub account: Option<String>,
    /// The declared own account that it was received for.
    pub own_account: Option<String>,
    /// How often it was claimed, including this time.
    pub attempts: i32,
    /// Identifies the lease. Writes that name it are refused once another worker has claimed the
    /// event.
    pub fence: i64,
    /// Whether Stripe has sent it as a snapshot event.
    pub is_snapshot: bool,
    /// Whether Stripe has sent it as a thin event.
    pub is_thin: bool,
    /// The thin event itself.
    pub thin: Option<ThinHead>,
    /// When the event was stored.
    pub received_at: Timestamp,
}

/// The place of an event among those of its object, which run in this order: that in which they
/// happened, as far as it is known. What is known to the second only counts as its start.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place<'e> {
    /// In Unix seconds.
    pub(crate) created: i64,
    pub(crate) exact: Option<Timestamp>,
    pub(crate) received_at: Timestamp,
    pub(crate) event_id: &'e str,
}

/// One finished run of a receiver.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiverRun {
    /// Id of the event.
    pub event_id: String,
    /// The [`Claim::fence`] under which it ran.
    pub fence: i64,
    /// Id of the receiver.
    pub receiver: String,
    /// How often it ran for this event, including this time.
    pub attempts: i32,
    /// How it ended.
    pub outcome: RunOutcome,
    /// When it finished.
    pub finished_at: Timestamp,
    /// How long its function ran. `None` where that is not known: if it was not called, or records the run
    /// itself.
    pub took: Option<Duration>,
}

impl ReceiverRun {
    /// The run as it ends now, having taken so long.
    pub(crate) fn finished(self, took: Duration) -> Self {
        Self {
            finished_at: Timestamp::now(),
            took: Some(took),
            ..self
        }
    }
}

/// The state in which a worker leaves an event that it claimed.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// Id of the event.
    pub event_id: String,
    /// The [`Claim::fence`].
    pub fence: i64,
    /// How the event ended.
    pub outcome: EventOutcome,
    /// The error, for the operator.
    pub error: Option<String>,
    /// The current time.
    pub at: Timestamp,
}

impl Settlement {
    /// Releases an event unchanged.
    pub(crate) fn released(event_id: String, fence: i64, at: Timestamp) -> Self {
        Self {
            event_id,
            fence,
            outcome: EventOutcome::Released,
            error: None,
            at,
        }
    }
}

/// How a worker's turn with an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// All receivers are done.
    Processed,
    /// A receiver failed and will be retried.
    Retrying {
        /// The earliest time of the retry.
        at: Timestamp,
    },
    /// A receiver failed and its retries are used up.
    Dead,
    /// The worker releases the event unchanged: the attempt doesn't count.
    Released,
}
