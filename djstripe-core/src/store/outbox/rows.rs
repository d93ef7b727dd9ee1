//! Effects as applications and operators read them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::store::error::StoreError;
use crate::timestamp::Timestamp;

/// The state of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EffectState {
    /// Requested; it has not run yet.
    Pending,
    /// A worker runs it.
    Running,
    /// It failed and will be retried.
    Retrying,
    /// It is done.
    Done,
    /// It failed and its retries are used up.
    Dead,
    /// An operator gave it up: it never runs, unless an operator retries it.
    Discarded,
}

impl EffectState {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Running,
        Self::Retrying,
        Self::Done,
        Self::Dead,
        Self::Discarded,
    ];

    /// The states that something is still to be done about.
    pub const UNFINISHED: [Self; 4] = [Self::Pending, Self::Running, Self::Retrying, Self::Dead];

    /// The word for it in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Discarded => "discarded",
        }
    }
}

impl fmt::Display for EffectState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for EffectState {
    type Err = StoreError;

    fn from_str(word: &str) -> Result<Self, StoreError> {
        StoreError::known_word("state", word, Self::ALL, Self::as_str)
    }
}

/// An effect as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEffect {
    /// Its idempotency key.
    pub key: String,
    /// Id of the event whose receiver requested it.
    pub event_id: String,
    /// Id of the receiver that requested it.
    pub receiver: String,
    /// The effect's name.
    pub effect: String,
    /// Its input, as JSON.
    pub payload: String,
    /// Its state.
    pub state: EffectState,
    /// How often it was started since it was requested, or since an operator retried it.
    pub attempts: i32,
    /// When it is due, or when the current lease expires; `None` if it is done, dead or discarded.
    pub next_attempt_at: Option<Timestamp>,
    /// The last error.
    pub last_error: Option<String>,
    /// When it was requested.
    pub created_at: Timestamp,
    /// When it was done.
    pub done_at: Option<Timestamp>,
    /// When an operator gave it up.
    pub discarded_at: Option<Timestamp>,
}

/// Which effects to list.
#[derive(Clone, Debug, Default)]
pub struct EffectFilter {
    /// Only those in this state.
    pub state: Option<EffectState>,
    /// Only those with this name.
    pub name: Option<String>,
    /// Only those that this receiver requested.
    pub receiver: Option<String>,
    /// Only those of this event.
    pub event_id: Option<String>,
    /// Only those with a last error that contains this, in upper or lower case. `…` stands for any
    /// text.
    pub error: Option<String>,
    /// Maximum number of effects. Default 100.
    pub limit: Option<u32>,
    /// Only those after this one, newest first: the `created_at` and `key` of the last effect of
    /// the previous page.
    pub after: Option<(Timestamp, String)>,
}

/// Number of effects in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EffectCounts([i64; EffectState::ALL.len()]);

impl EffectCounts {
    /// Number of effects in a state.
    pub fn get(&self, state: EffectState) -> i64 {
        self.0[state as usize]
    }

    pub(in crate::store) fn set(&mut self, state: EffectState, count: i64) {
        self.0[state as usize] = count;
    }
}

/// Effects of one name that the application can't run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnhandledEffects {
    /// The name.
    pub name: String,
    /// How many are stored and neither done nor given up.
    pub count: i64,
}

/// The names of the effects that an application can run.
#[derive(Clone, Debug, Default)]
pub struct EffectNames(Arc<BTreeSet<String>>);

impl EffectNames {
    /// These names.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Arc::new(names.into_iter().map(Into::into).collect()))
    }

    /// Whether the application can run an effect of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Whether the application can run no effect at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
