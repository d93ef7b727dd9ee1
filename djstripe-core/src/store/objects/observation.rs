//! Which of an object's observations is its row.
//!
//! In: observations in any order. Out: for each object the one that wins, ready to be written.
//!
//! 1. What the object's own event or fetch says beats every copy inside another object.
//! 2. Of two own observations the later one wins. If they are of the same microsecond, a deletion
//!    wins, and otherwise the one that is written last: whoever writes it has found out that it is
//!    the later one.
//! 3. Of two copies the one of the younger object wins, as people may give an id again, then the
//!    later one, then the one whose JSON is greater as a string.

use super::canonical::canonical;
use super::rows::{ObjectRow, RowSource, Upserted};
use super::unstorable::{Unstorable, UnstorableReason};
use crate::webhook::object_head::RawHead;

/// Maximum length of an id and of an account. A key of PostgreSQL holds 2704 bytes; Stripe's ids
/// have at most 255 characters.
///
/// Source:
/// [Changes Stripe considers backwards compatible](https://docs.stripe.com/upgrades#what-changes-does-stripe-consider-to-be-backwards-compatible).
const MAX_KEY_BYTES: usize = 1_024;

/// For each observation of a batch how its write ended, or why it can't be stored.
pub(super) type UpsertResults = Vec<Result<Upserted, Unstorable>>;

/// Account, mode and id.
pub(in crate::store) type Key = (String, bool, String);

/// A storable observation.
#[derive(Clone, Debug)]
pub(in crate::store) struct Observation {
    pub(in crate::store) key: Key,
    pub(in crate::store) observed_at: i64,
    /// When the object was deleted, or ended in its parent's list.
    pub(in crate::store) deleted_at: Option<i64>,
    pub(in crate::store) stripe_data: String,
    pub(in crate::store) api_version: String,
    pub(in crate::store) source: &'static str,
    pub(in crate::store) is_copy: bool,
    pub(in crate::store) incomplete: Option<String>,
    pub(in crate::store) events: Option<String>,
    pub(in crate::store) undecided: bool,
    /// Type and id of the parent.
    pub(in crate::store) parent: Option<(String, String)>,
    /// The event that brought it.
    pub(in crate::store) event_id: Option<String>,
}

/// The rank of an observation among those of its object: the greatest wins.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank<'o> {
    is_own: bool,
    /// When a copied object was created.
    created: Option<i64>,
    observed_at: i64,
    /// Whether it is a tombstone of its own. Children are ended and revived by their parents.
    is_tombstone: bool,
    /// The JSON of a copy.
    copy: &'o str,
}

impl Observation {
    pub(super) fn rank(&self) -> Rank<'_> {
        let created = |json| RawHead::parse(json).ok()?.created;
        Rank {
            is_own: !self.is_copy,
            created: self.is_copy.then(|| created(&self.stripe_data)).flatten(),
            observed_at: self.observed_at,
            is_tombstone: self.deleted_at.is_some() && self.parent.is_none(),
            copy: if self.is_copy { &self.stripe_data } else { "" },
        }
    }

    /// The event that the content takes into account, if there is only one.
    #[cfg(feature = "sqlite")]
    pub(super) fn only_event(&self) -> Option<&str> {
        self.events.as_deref().filter(|ids| !ids.contains(','))
    }

    /// Whether both say the same about the object at the same moment.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.stripe_data == other.stripe_data
            && self.observed_at == other.observed_at
            && self.deleted_at.is_some() == other.deleted_at.is_some()
            && self.api_version == other.api_version
            && self.is_copy == other.is_copy
            && self.incomplete == other.incomplete
            && self.events == other.events
            && self.undecided == other.undecided
            && (self.parent.is_none() || self.parent == other.parent)
    }
}

/// The observations to write, and how to answer for each that was given.
pub(super) struct Batch {
    /// The best observation of each object, sorted by key: two batches that share objects lock
    /// their rows in the same order, so that they can't deadlock.
    pub(super) rows: Vec<Observation>,
    /// The other observations, if versions are kept.
    pub(super) outdone: Vec<Observation>,
    pub(super) answers: Vec<Result<Answer, Unstorable>>,
}

pub(super) enum Answer {
    /// The result of the row at this index.
    Written(usize),
    /// The batch has a better or an equal observation of the same object.
    Outdone(Upserted),
}

impl Batch {
    pub(super) fn new(given: &[ObjectRow<'_>], keeps_versions: bool) -> Self {
        let mut observations: Vec<(Observation, usize)> = Vec::with_capacity(given.len());
        let mut answers: Vec<_> = given
            .iter()
            .map(|_| Ok(Answer::Outdone(Upserted::Stale)))
            .collect();
        for (index, row) in given.iter().enumerate() {
            match observation(row) {
                Ok(observation) => observations.push((observation, index)),
                Err(error) => answers[index] = Err(error),
            }
        }

        // The sort is stable: of equal ranks the last one given stays last.
        observations.sort_by(|(left, _), (right, _)| {
            (&left.key, left.rank()).cmp(&(&right.key, right.rank()))
        });
        let mut rows: Vec<Observation> = Vec::with_capacity(observations.len());
        let mut others = Vec::new();
        for same_object in observations.chunk_by(|(left, _), (right, _)| left.key == right.key) {
            let Some(((best, index), outdone)) = same_object.split_last() else {
                continue;
            };
            for (observation, index) in outdone {
                if observation.is_same(best) {
                    answers[*index] = Ok(Answer::Outdone(Upserted::Unchanged));
                }
            }
            if keeps_versions {
                others.extend(outdone.iter().map(|(observation, _)| observation.clone()));
            }
            answers[*index] = Ok(Answer::Written(rows.len()));
            rows.push(best.clone());
        }
        Self {
            rows,
            outdone: others,
            answers,
        }
    }
}

/// Answers for each observation that was given.
pub(super) fn complete(
    answers: Vec<Result<Answer, Unstorable>>,
    written: &[Upserted],
) -> UpsertResults {
    let answer = |answer| match answer {
        Answer::Written(index) => written[index],
        Answer::Outdone(upserted) => upserted,
    };
    answers.into_iter().map(|given| given.map(answer)).collect()
}

fn observation(row: &ObjectRow<'_>) -> Result<Observation, Unstorable> {
    let refuse = |reason, path: &str| {
        Err(Unstorable {
            reason,
            path: path.to_owned(),
        })
    };

    if row.id.is_empty() {
        return refuse(UnstorableReason::NoId, "id");
    }
    let parent_id = row.parent.map_or("", |parent| parent.id);
    for (value, path) in [
        (row.id, "id"),
        (row.account, "account"),
        (row.api_version.unwrap_or_default(), "api_version"),
        (parent_id, "parent_id"),
    ] {
        if value.contains('\0') {
            return refuse(UnstorableReason::Nul, path);
        }
        if value.len() > MAX_KEY_BYTES {
            return refuse(UnstorableReason::TooLong, path);
        }
    }

    let deleted_at = row.deleted.then_some(row.observed_at).or(row.ended_at);
    Ok(Observation {
        key: (row.account.to_owned(), row.livemode, row.id.to_owned()),
        observed_at: row.observed_at.micros(),
        deleted_at: deleted_at.map(|at| at.micros()),
        stripe_data: canonical(row.stripe_data)?,
        api_version: row.api_version.unwrap_or_default().to_owned(),
        source: row.source.as_str(),
        is_copy: row.source == RowSource::Copy,
        incomplete: row.incomplete.map(str::to_owned),
        events: row.events.map(str::to_owned),
        undecided: row.undecided,
        parent: row
            .parent
            .map(|parent| (parent.object.to_owned(), parent.id.to_owned())),
        event_id: row.event_id.map(str::to_owned),
    })
}

/// The versions to keep of a batch.
#[derive(Clone, Copy)]
pub(super) struct Kept<'b> {
    /// The type of the objects.
    pub(super) object: &'static str,
    /// The observations that don't become rows.
    pub(super) outdone: &'b [Observation],
}

impl<'b> Kept<'b> {
    /// `None` if no versions are kept.
    pub(super) fn of(object: Option<&'static str>, outdone: &'b [Observation]) -> Option<Self> {
        object.map(|object| Self { object, outdone })
    }
}
