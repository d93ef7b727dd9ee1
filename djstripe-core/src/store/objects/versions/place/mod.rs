//! Where in an object's history an observation belongs. Does no IO.
//!
//! In: an observation, and the versions around its time. Out: what changes in the history.
//!
//! A version begins when its content was first observed and lasts until the next one begins. Of the
//! later observations of the same content only the last one is known, as `confirmed`: an observation
//! of something else that comes late then splits the version instead of seeming to follow it.

use crate::store::objects::observation::Observation;

/// A stored version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) at: i64,
    /// Its place among those of the same moment.
    pub(super) number: i32,
    pub(super) event_id: Option<String>,
    pub(super) content: String,
    pub(super) is_deleted: bool,
    pub(super) confirmed: Confirmed,
}

/// The last time that an object is known to have been as a version says, and the event that said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Confirmed {
    pub(super) at: i64,
    pub(super) event_id: Option<String>,
}

/// An observation to place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observed<'o> {
    pub(super) at: i64,
    pub(super) event_id: Option<&'o str>,
    pub(super) content: &'o str,
    pub(super) is_deleted: bool,
    /// Whether it is a child, which is ended by its parent's list.
    pub(super) is_child: bool,
}

/// One change of an object's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Insert(Version),
    /// The version at this place was seen again.
    Confirm {
        at: i64,
        number: i32,
        until: Confirmed,
    },
    /// The version at this place began earlier.
    Begin {
        at: i64,
        number: i32,
        earlier: i64,
        new_number: i32,
        event_id: Option<String>,
        until: Confirmed,
    },
    /// The version at this place makes room for another one of the same moment.
    Renumber {
        at: i64,
        number: i32,
        new: i32,
    },
    /// The end of a child shows another content.
    Rewrite {
        at: i64,
        number: i32,
        content: String,
    },
}

/// The versions around a moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Neighbours {
    /// Those of the moment itself, the last one first.
    pub(super) of_moment: Vec<Version>,
    pub(super) before: Option<Version>,
    pub(super) after: Option<Version>,
    /// When the object's row was observed, if it is no copy, and holds something else than the
    /// observation that is to be placed.
    pub(super) row: Option<Confirmed>,
}

/// Whether the object's row holds the observation that is to be placed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Row {
    Holds,
    HoldsOther,
}

impl<'o> Observed<'o> {
    pub(super) fn of(row: &'o Observation) -> Self {
        Self {
            at: row.observed_at,
            event_id: row.event_id.as_deref(),
            content: &row.stripe_data,
            // A child that ended later was there.
            is_deleted: row.deleted_at.is_some_and(|at| at <= row.observed_at),
            is_child: row.parent.is_some(),
        }
    }

    /// Whether it is the deletion of an object that a version still has.
    fn deletes(&self, version: &Version) -> bool {
        self.is_deleted && !self.is_child && !version.is_deleted
    }

    /// The end of a child that was observed before it ended.
    pub(super) fn end_of(row: &'o Observation) -> Option<Self> {
        let ended_at = row.deleted_at.filter(|at| *at > row.observed_at)?;
        Some(Self {
            at: ended_at,
            is_deleted: true,
            ..Self::of(row)
        })
    }
}

impl Version {
    fn new(observed: &Observed<'_>, number: i32) -> Self {
        Self {
            at: observed.at,
            number,
            event_id: observed.event_id.map(str::to_owned),
            content: observed.content.to_owned(),
            is_deleted: observed.is_deleted,
            confirmed: Confirmed {
                at: observed.at,
                event_id: None,
            },
        }
    }

    fn says_the_same(&self, observed: &Observed<'_>) -> bool {
        self.is_deleted == observed.is_deleted && self.content == observed.content
    }

    fn confirm(&self, until: Confirmed) -> Change {
        Change::Confirm {
            at: self.at,
            number: self.number,
            until,
        }
    }
}

/// Adds what a row holds now to the end of the history. `seen` is when the row was observed before.
/// `None` if the observation is older than the last version and has to be [inserted](insert).
#[cfg(any(feature = "sqlite", test))]
pub(super) fn append(
    latest: Option<&Version>,
    observed: &Observed<'_>,
    seen: Option<Confirmed>,
) -> Option<Vec<Change>> {
    let Some(latest) = latest else {
        return Some(vec![Change::Insert(Version::new(observed, 0))]);
    };
    if latest.says_the_same(observed) {
        return Some(Vec::new());
    }
    if latest.at > observed.at {
        return None;
    }

    let is_same_moment = latest.at == observed.at;
    let number = if is_same_moment { latest.number + 1 } else { 0 };
    let is_news = |seen: &Confirmed| seen.at > latest.confirmed.at && seen.at < observed.at;
    let mut changes = vec![Change::Insert(Version::new(observed, number))];
    changes.extend(seen.filter(is_news).map(|seen| latest.confirm(seen)));
    Some(changes)
}

/// Puts an observation that is not what the row holds into its place.
pub(super) fn insert(around: &Neighbours, observed: &Observed<'_>) -> Vec<Change> {
    let after = around.after.as_ref();
    let (before, number) = match (around.of_moment.split_first(), &around.before) {
        // Of one moment, a deletion is the last.
        (Some((last, others)), _) if observed.deletes(last) => {
            if others.iter().any(|version| version.says_the_same(observed)) {
                return Vec::new();
            }
            (last, last.number + 1)
        }
        (Some((last, others)), before) => {
            return insert_within_moment(last, others, before.as_ref(), observed);
        }
        (None, Some(before)) => (before, 0),
        (None, None) => return begin_or_insert(after, observed, 0),
    };

    let until = known_until(before, around);
    if before.says_the_same(observed) {
        // Only the last version is confirmed by the row.
        let is_news = after.is_some() && observed.at > until.at;
        let until = Confirmed {
            at: observed.at,
            event_id: observed.event_id.map(str::to_owned),
        };
        return is_news.then(|| before.confirm(until)).into_iter().collect();
    }

    // Of one moment, what the version says was written last, unless the object was deleted then.
    let is_followed = before.at < observed.at && !observed.deletes(before);
    if until.at > observed.at || until.at == observed.at && is_followed {
        return split(before, until, observed, number);
    }
    match after {
        Some(after) if ends_child(before, after, observed) => vec![
            Change::Insert(Version::new(observed, number)),
            Change::Rewrite {
                at: after.at,
                number: after.number,
                content: observed.content.to_owned(),
            },
        ],
        after => begin_or_insert(after, observed, number),
    }
}

/// Of the observations of one moment the last one that was written is the latest, and stays it.
fn insert_within_moment(
    last: &Version,
    others: &[Version],
    before: Option<&Version>,
    observed: &Observed<'_>,
) -> Vec<Change> {
    let previous = others.first().or(before);
    let mut known = std::iter::once(last).chain(others).chain(previous);
    if known.any(|version| version.says_the_same(observed)) {
        return Vec::new();
    }
    vec![
        Change::Renumber {
            at: last.at,
            number: last.number,
            new: last.number + 1,
        },
        Change::Insert(Version::new(observed, last.number)),
    ]
}

/// Whether the version after an observation is the end of a child, which has the content that the
/// child had before.
fn ends_child(before: &Version, after: &Version, observed: &Observed<'_>) -> bool {
    observed.is_child && !observed.is_deleted && after.is_deleted && before.content == after.content
}

/// The last time before the next version at which the object is known to have been as a version says.
fn known_until(version: &Version, around: &Neighbours) -> Confirmed {
    let ends = around.after.as_ref().map_or(i64::MAX, |after| after.at);
    let row = around.row.as_ref();
    let seen = row.filter(|row| row.at > version.confirmed.at && row.at < ends);
    let confirmed = seen.unwrap_or(&version.confirmed);
    if confirmed.at < ends {
        return confirmed.clone();
    }
    Confirmed {
        at: version.at,
        event_id: None,
    }
}

/// What the observation says lies between two times of which a version says the same.
fn split(before: &Version, until: Confirmed, observed: &Observed<'_>, number: i32) -> Vec<Change> {
    let again = Version {
        at: until.at,
        number: i32::from(until.at == observed.at),
        event_id: until.event_id.clone(),
        confirmed: Confirmed {
            event_id: None,
            ..until
        },
        ..before.clone()
    };
    let first = Confirmed {
        at: before.at,
        event_id: None,
    };
    vec![
        before.confirm(first),
        Change::Insert(Version::new(observed, number)),
        Change::Insert(again),
    ]
}

/// The next version begins earlier than it seemed to, or the observation becomes one.
fn begin_or_insert(
    after: Option<&Version>,
    observed: &Observed<'_>,
    new_number: i32,
) -> Vec<Change> {
    let Some(after) = after.filter(|after| after.says_the_same(observed)) else {
        return vec![Change::Insert(Version::new(observed, new_number))];
    };
    let until = if after.confirmed.at > after.at {
        after.confirmed.clone()
    } else {
        Confirmed {
            at: after.at,
            event_id: after.event_id.clone(),
        }
    };
    vec![Change::Begin {
        at: after.at,
        number: after.number,
        earlier: observed.at,
        new_number,
        event_id: observed.event_id.map(str::to_owned),
        until,
    }]
}

#[cfg(test)]
mod tests;
