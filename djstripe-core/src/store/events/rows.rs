//! What the inbox's operations take and give back.

use std::fmt;
use std::str::FromStr;

use crate::store::error::StoreError;
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

/// An event to store.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The event.
    pub event: Event,
    /// When its delivery arrived.
    pub received_at: Timestamp,
    /// Who delivered it.
    pub remote_address: Option<String>,
}

/// What became of an event to store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
    /// It was stored.
    New,
    /// It was there already; nothing changed but that one more delivery of it is on record.
    Duplicate,
}

/// A request that was refused, kept for the operator.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// When it arrived.
    pub received_at: Timestamp,
    /// Why it was refused.
    pub reason: String,
    /// Who sent it.
    pub remote_address: Option<String>,
    /// Its headers; whoever records it leaves out what nobody may read.
    pub headers: Vec<(String, String)>,
    /// Its body; more than [`StoreOptions::refused_body_bytes`](crate::store::StoreOptions) of it is cut off.
    pub body: Vec<u8>,
}

/// A request as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Position in the record.
    pub id: i64,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The event that it delivered; `None` for a refused one.
    pub event_id: Option<String>,
    /// Why it was refused; `None` for an accepted one.
    pub reason: Option<String>,
    /// What didn't fit its endpoint although it was accepted.
    pub remark: Option<String>,
    /// Who sent it.
    pub remote_address: Option<String>,
    /// The headers of a refused one, as a JSON array of pairs.
    pub headers: Option<String>,
    /// The body of a refused one.
    pub body: Option<Vec<u8>>,
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventState {
    /// Stored, no worker has it yet.
    Pending,
    /// A worker has it.
    Processing,
    /// All its receivers are through.
    Processed,
    /// A receiver failed; it is tried again.
    Retrying,
    /// The last try failed.
    Dead,
}

impl EventState {
    /// Every state, in the order of an event's life.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Processing,
        Self::Processed,
        Self::Retrying,
        Self::Dead,
    ];

    /// The word for it in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Processed => "processed",
            Self::Retrying => "retrying",
            Self::Dead => "dead",
        }
    }
}

impl fmt::Display for EventState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for EventState {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| StoreError::UnknownValue {
                column: "state",
                value: text.to_owned(),
            })
    }
}

/// An event as stored, without its payload.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// `evt_…`.
    pub id: String,
    /// The connected account; `None` for the platform's own.
    pub account: Option<String>,
    /// `customer.updated`.
    pub name: String,
    /// API version in which its data is written.
    pub api_version: Option<String>,
    /// When it happened, in Unix seconds.
    pub created: i64,
    /// Whether it is of live mode.
    pub livemode: bool,
    /// API request that caused it.
    pub request_id: Option<String>,
    /// Idempotency key of that request.
    pub idempotency_key: Option<String>,
    /// Object that it is about; events of one object run one after another.
    pub object_id: Option<String>,
    /// Where it stands.
    pub state: EventState,
    /// How often a worker took it.
    pub attempts: i32,
    /// When a worker may take it: since it arrived, after its backoff, or when the present lease runs out.
    pub next_attempt_at: Option<Timestamp>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was stored.
    pub received_at: Timestamp,
    /// When its last receiver was through.
    pub processed_at: Option<Timestamp>,
}

/// Which events to list.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only those in this state.
    pub state: Option<EventState>,
    /// Only those of this name.
    pub name: Option<String>,
    /// Only those of this connected account.
    pub account: Option<String>,
    /// Only those that arrived at this time or later.
    pub since: Option<Timestamp>,
    /// At most so many; 100 unless told.
    pub limit: Option<u32>,
    /// Only those that come after this one, newest first: the `received_at` and `id` of the last one seen.
    pub after: Option<(Timestamp, String)>,
}

/// An event that a worker took.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Id of the event.
    pub event_id: String,
    /// The event as received.
    pub payload: String,
    /// How often it was taken, this time included.
    pub attempts: i32,
    /// What this lease is known by; it is worth nothing once another worker took the event.
    pub fence: i64,
    /// When the event was stored.
    pub received_at: Timestamp,
}

/// One finished run of a receiver.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiverRun {
    /// Id of the event.
    pub event_id: String,
    /// Lease under which it ran, [`Claim::fence`].
    pub fence: i64,
    /// Id of the receiver.
    pub receiver: String,
    /// How often it ran for this event, this time included.
    pub attempts: i32,
    /// How it ended.
    pub outcome: RunOutcome,
    /// When it ended.
    pub finished_at: Timestamp,
}

/// How a run of a receiver ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// The receiver succeeded. It never runs for this event again.
    Succeeded,
    /// The receiver failed.
    Failed {
        /// What went wrong.
        error: String,
        /// Whether a retry is pointless: the receiver is not retried for this event.
        permanent: bool,
    },
}

impl RunOutcome {
    /// Whether the receiver succeeded.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Succeeded)
    }

    /// Whether the receiver failed and a retry is pointless.
    pub const fn is_permanent(&self) -> bool {
        matches!(
            self,
            Self::Failed {
                permanent: true,
                ..
            }
        )
    }

    /// What went wrong; `None` if nothing did.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Succeeded => None,
            Self::Failed { error, .. } => Some(error),
        }
    }
}

/// For people: `succeeded`, the error, or `permanent: ` and the error.
impl fmt::Display for RunOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Succeeded => formatter.write_str("succeeded"),
            Self::Failed {
                error,
                permanent: false,
            } => formatter.write_str(error),
            Self::Failed {
                error,
                permanent: true,
            } => write!(formatter, "permanent: {error}"),
        }
    }
}

/// The last run of a receiver for an event, as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRun {
    /// Id of the receiver.
    pub receiver: String,
    /// How often it ran.
    pub attempts: i32,
    /// How the last run ended.
    pub outcome: RunOutcome,
    /// When it ended.
    pub finished_at: Timestamp,
}

/// How a worker leaves an event that it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// Id of the event.
    pub event_id: String,
    /// Lease, [`Claim::fence`].
    pub fence: i64,
    /// Where the event stands now.
    pub outcome: Outcome,
    /// What went wrong, for the operator.
    pub error: Option<String>,
    /// The present.
    pub at: Timestamp,
}

impl Settlement {
    /// Hands an event back as it was.
    pub(crate) fn released(event_id: String, fence: i64, at: Timestamp) -> Self {
        Self {
            event_id,
            fence,
            outcome: Outcome::Released,
            error: None,
            at,
        }
    }
}

/// Where an event stands after a worker had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All receivers are through.
    Processed,
    /// A receiver failed and is tried again.
    Retrying {
        /// Not before this.
        at: Timestamp,
    },
    /// A receiver failed for the last time.
    Dead,
    /// The worker hands it back as it was: this try doesn't count.
    Released,
}

/// What to run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rerun {
    /// Receivers that have not succeeded.
    Unfinished,
    /// Every receiver, also those that succeeded.
    All,
}

/// How many events stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts([i64; EventState::ALL.len()]);

impl StateCounts {
    /// Number of events in a state.
    pub fn get(&self, state: EventState) -> i64 {
        self.0[state as usize]
    }

    pub(in crate::store) fn set(&mut self, state: EventState, count: i64) {
        self.0[state as usize] = count;
    }
}
