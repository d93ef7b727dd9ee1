//! Events, deliveries and runs as applications and operators read them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::store::error::StoreError;
use crate::timestamp::Timestamp;
use crate::webhook::event::{DecodeError, Event, EventKinds, Stored, ThinHead};

/// A delivery as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryRecord {
    /// Position in the record.
    pub id: i64,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Id of the event that it contained; `None` for a refused one.
    pub event_id: Option<String>,
    /// Why it was refused; `None` for an accepted one.
    pub reason: Option<String>,
    /// How it differs from its endpoint's settings although it was accepted.
    pub remark: Option<String>,
    /// Address of the sender.
    pub remote_address: Option<String>,
    /// Id of the endpoint that it came to; `None` for the one that has no row.
    pub endpoint: Option<String>,
    /// The headers of a refused one, as a JSON array of pairs.
    pub headers: Option<String>,
    /// The body of a refused one.
    pub body: Option<Vec<u8>>,
}

/// The state of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventState {
    /// Stored; no worker has claimed it yet.
    Pending,
    /// A worker has claimed it.
    Processing,
    /// All its receivers are done.
    Processed,
    /// A receiver failed and will be retried.
    Retrying,
    /// A receiver failed and its retries are used up.
    Dead,
}

impl EventState {
    /// All states, in the order in which an event goes through them.
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

    fn from_str(word: &str) -> Result<Self, StoreError> {
        StoreError::known_word("state", word, Self::ALL, Self::as_str)
    }
}

/// An event as stored, without its payload.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// `evt_…`.
    pub id: String,
    /// The connected account; `None` for the platform's own.
    pub account: Option<String>,
    /// The declared own account that it was received for; `None` for the one that is not declared.
    pub own_account: Option<String>,
    /// `customer.updated`.
    pub name: String,
    /// API version of its data.
    pub api_version: Option<String>,
    /// When Stripe created it, in Unix seconds.
    pub created: i64,
    /// Whether it is of live mode.
    pub livemode: bool,
    /// API request that caused it.
    pub request_id: Option<String>,
    /// Idempotency key of that request.
    pub idempotency_key: Option<String>,
    /// Id of its object. Events of one object run one after another.
    pub object_id: Option<String>,
    /// Its state.
    pub state: EventState,
    /// How often a worker claimed it.
    pub attempts: i32,
    /// When a worker may claim it: on arrival, after its backoff, or when the current lease
    /// expires.
    pub next_attempt_at: Option<Timestamp>,
    /// The last error.
    pub last_error: Option<String>,
    /// When it was stored.
    pub received_at: Timestamp,
    /// When its last receiver finished.
    pub processed_at: Option<Timestamp>,
    /// How many of the effects that its receivers requested are dead.
    pub dead_effects: i64,
    /// Whether Stripe has sent it as a snapshot event.
    pub is_snapshot: bool,
    /// Whether Stripe has sent it as a thin event.
    pub is_thin: bool,
    /// The thin event itself.
    pub thin: Option<ThinHead>,
}

impl StoredEvent {
    /// The event with this payload, which is stored with it.
    ///
    /// # Errors
    /// [`DecodeError`] if the payload is not an event.
    pub(crate) fn decode(&self, payload: &str) -> Result<Event, DecodeError> {
        let stored = Stored {
            own_account: self.own_account.as_deref(),
            account: self.account.as_deref(),
            kinds: EventKinds {
                snapshot: self.is_snapshot,
                thin: self.is_thin,
            },
            thin: self.thin.as_ref(),
        };
        Event::from_stored(payload, stored)
    }
}

/// Which events to list.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only those in this state.
    pub state: Option<EventState>,
    /// Only those that are dead, or have dead effects.
    pub dead: bool,
    /// Only those with this name; `invoice.*` stands for all names that begin with `invoice.`.
    pub name: Option<String>,
    /// Only those of this connected account, or of this declared own one.
    pub account: Option<String>,
    /// Only those of this mode.
    pub livemode: Option<bool>,
    /// Only those about the object with this id.
    pub object_id: Option<String>,
    /// Only those about the customer with this id, or about a mirrored object that names it. Of objects
    /// that do, the 200 of each type that were observed last are looked at, at most 1,000.
    pub customer: Option<String>,
    /// Only those for which the receiver with this id has run; with `error`, for which it failed so.
    pub receiver: Option<String>,
    /// Only those with an error that contains this, in upper or lower case. `…` stands for any id or
    /// number.
    pub error: Option<String>,
    /// Only those whose receivers requested effects, or requested none.
    pub has_effects: Option<bool>,
    /// Only those that arrived at this time or later.
    pub since: Option<Timestamp>,
    /// Only those that arrived before this time.
    pub until: Option<Timestamp>,
    /// Maximum number of events. Default 100.
    pub limit: Option<u32>,
    /// Only those after this one, newest first: the `received_at` and `id` of the last event of the
    /// previous page.
    pub after: Option<(Timestamp, String)>,
}

/// How a run of a receiver ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// The receiver succeeded. It never runs for this event again.
    Succeeded,
    /// A built-in receiver wrote no row for the event's object, and no retry would change that.
    NotMirrored {
        /// Why there is no row, for people.
        reason: String,
        /// Whether Stripe no longer has the object.
        is_gone: bool,
    },
    /// The receiver failed.
    Failed {
        /// The error.
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

    /// Whether the receiver doesn't run for this event again: it succeeded, or has nothing to mirror.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Succeeded | Self::NotMirrored { .. })
    }

    /// The outcome as a word: `not_mirrored`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::NotMirrored { .. } => "not_mirrored",
            Self::Failed { .. } => "failed",
        }
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

    /// Whether a built-in receiver found that Stripe no longer has the event's object.
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::NotMirrored { is_gone: true, .. })
    }

    /// The error, or why there is no row; `None` if it succeeded.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Succeeded => None,
            Self::NotMirrored { reason, .. } => Some(reason),
            Self::Failed { error, .. } => Some(error),
        }
    }
}

/// For people: `succeeded`, the error, or the error after `permanent: ` or `not mirrored: `.
impl fmt::Display for RunOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Succeeded => formatter.write_str("succeeded"),
            Self::NotMirrored { reason, .. } => write!(formatter, "not mirrored: {reason}"),
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
    /// What it answered to the delivery, as JSON.
    pub reply: Option<String>,
    /// When it finished.
    pub finished_at: Timestamp,
    /// How long the receiver's function ran the last time. `None` where that is not known: if it was not
    /// called, if it recorded the run itself with a [`Checkpoint`](crate::Checkpoint), if the database
    /// refused what it wrote, and in records of older programs.
    pub took: Option<Duration>,
}

/// Which receivers to run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rerun {
    /// Receivers that have not succeeded.
    Unfinished,
    /// All receivers, including those that succeeded.
    All,
    /// The receiver with this id even if it succeeded, and the receivers that have not succeeded.
    Receiver(String),
}

/// Number of events in each state.
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
