//! What differs between two JSON texts, field by field. Does no IO.
//!
//! Objects are compared by their keys, in whatever order they are. Elements of an array are matched by
//! their `id` if all of them have one, else by their position, so that an element in front does not
//! change all others. Numbers are compared by their value and returned as they are written.

mod field_path;

use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;

use crate::store::objects::number::write_number;
use crate::store::objects::unstorable::MAX_DEPTH;
pub use field_path::{FieldPath, PathSegment};

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Its place.
    pub path: FieldPath,
    /// What became of it.
    pub change: ValueChange,
}

/// What became of a field. Values are JSON, as it is written in the texts that were compared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueChange {
    /// Only the later text has it.
    Added {
        /// Its value.
        new: String,
    },
    /// Only the earlier text has it.
    Removed {
        /// Its value.
        old: String,
    },
    /// Both have it, with another value.
    Replaced {
        /// Its value in the earlier text.
        old: String,
        /// Its value in the later text.
        new: String,
    },
    /// An array has the same elements in another order, among those that both texts have.
    Reordered {
        /// The ids of the elements, as a JSON array, in the earlier text.
        old: String,
        /// The ids of the elements, as a JSON array, in the later text.
        new: String,
    },
}

impl ValueChange {
    /// The variant as a word: `added`, `removed`, `replaced`, `reordered`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Added { .. } => "added",
            Self::Removed { .. } => "removed",
            Self::Replaced { .. } => "replaced",
            Self::Reordered { .. } => "reordered",
        }
    }

    /// The value before the change, if there was one.
    pub fn before(&self) -> Option<&str> {
        match self {
            Self::Added { .. } => None,
            Self::Removed { old } | Self::Replaced { old, .. } | Self::Reordered { old, .. } => {
                Some(old)
            }
        }
    }

    /// The value after the change, if there is one.
    pub fn after(&self) -> Option<&str> {
        match self {
            Self::Removed { .. } => None,
            Self::Added { new } | Self::Replaced { new, .. } | Self::Reordered { new, .. } => {
                Some(new)
            }
        }
    }
}

/// A text that was to be compared is not JSON.
#[derive(Debug, thiserror::Error)]
#[error("the {which} text is not JSON")]
pub struct DifferenceError {
    /// `earlier` or `later`.
    which: &'static str,
    source: serde_json::Error,
}

/// What differs between two JSON texts, in the order of the fields' names. Texts that only differ in
/// the order of keys, in white space, or in how a number or a string is written, have no difference.
///
/// ```
/// use djstripe_core::store::difference;
///
/// let before = r#"{"id":"cus_1","balance":-500,"metadata":{"plan":"gold"}}"#;
/// let after = r#"{"metadata":{},"balance":-250.50,"id":"cus_1"}"#;
/// let changes = difference(before, after)?;
/// let paths: Vec<String> = changes.iter().map(|change| change.path.to_string()).collect();
/// assert_eq!(paths, ["balance", "metadata.plan"]);
/// assert_eq!(changes[0].change.after(), Some("-250.50"));
/// assert_eq!(changes[1].change.as_str(), "removed");
/// # Ok::<(), djstripe_core::store::DifferenceError>(())
/// ```
///
/// # Errors
/// [`DifferenceError`] if a text is not JSON.
pub fn difference(earlier: &str, later: &str) -> Result<Vec<FieldChange>, DifferenceError> {
    let parse = |json, which| {
        serde_json::from_str::<&RawValue>(json).map_err(|source| DifferenceError { which, source })
    };
    let (earlier, later) = (parse(earlier, "earlier")?, parse(later, "later")?);

    let mut comparison = Comparison::default();
    comparison.compare(earlier, later);
    Ok(comparison.changes)
}

#[derive(Default)]
struct Comparison {
    /// The place of what is compared now.
    path: Vec<PathSegment>,
    changes: Vec<FieldChange>,
}

impl Comparison {
    fn compare(&mut self, old: &RawValue, new: &RawValue) {
        if old.get() == new.get() {
            return;
        }

        // What is nested deeper than rows can be is compared as it is written.
        if self.path.len() < MAX_DEPTH {
            if let (Some(old), Some(new)) = (members(old), members(new)) {
                return self.compare_objects(&old, &new);
            }
            if let (Some(old), Some(new)) = (elements(old), elements(new)) {
                return self.compare_arrays(&old, &new);
            }
        }
        if !is_same_scalar(old.get(), new.get()) {
            self.add(ValueChange::Replaced {
                old: old.get().to_owned(),
                new: new.get().to_owned(),
            });
        }
    }

    fn compare_objects(
        &mut self,
        old: &BTreeMap<String, &RawValue>,
        new: &BTreeMap<String, &RawValue>,
    ) {
        let added = new.keys().filter(|key| !old.contains_key(*key));
        let mut keys: Vec<&String> = old.keys().chain(added).collect();
        keys.sort_unstable();

        for key in keys {
            let segment = PathSegment::Field(key.clone());
            self.compare_entries(segment, old.get(key).copied(), new.get(key).copied());
        }
    }

    fn compare_arrays(&mut self, old: &[&RawValue], new: &[&RawValue]) {
        match (ids(old), ids(new)) {
            (Some(old_ids), Some(new_ids)) if !(old.is_empty() && new.is_empty()) => {
                self.compare_by_id(&with_ids(old_ids, old), &with_ids(new_ids, new));
            }
            _ => self.compare_by_position(old, new),
        }
    }

    fn compare_by_id(&mut self, old: &[Element<'_>], new: &[Element<'_>]) {
        let (old_by_id, new_by_id) = (by_id(old), by_id(new));
        for (id, value) in old {
            if !new_by_id.contains_key(&**id) {
                self.compare_entries(PathSegment::Id(id.clone()), Some(value), None);
            }
        }
        for (id, value) in new {
            let before = old_by_id.get(&**id).copied();
            self.compare_entries(PathSegment::Id(id.clone()), before, Some(value));
        }

        let (old, new) = (common_ids(old, &new_by_id), common_ids(new, &old_by_id));
        if old != new {
            let json = |ids: Vec<&str>| serde_json::Value::from(ids).to_string();
            self.add(ValueChange::Reordered {
                old: json(old),
                new: json(new),
            });
        }
    }

    /// What both arrays begin and end with is the same; of the rest, elements at the same place are
    /// compared.
    fn compare_by_position(&mut self, old: &[&RawValue], new: &[&RawValue]) {
        let (start, end) = self.common_ends(old, new);
        let (old, new) = (&old[start..old.len() - end], &new[start..new.len() - end]);

        for index in 0..old.len().max(new.len()) {
            let segment = PathSegment::Position(start + index);
            self.compare_entries(segment, old.get(index).copied(), new.get(index).copied());
        }
    }

    /// How many elements at the start and at the end are the same. Of arrays of one length all elements
    /// keep their places, so nothing is gained by looking.
    fn common_ends(&self, old: &[&RawValue], new: &[&RawValue]) -> (usize, usize) {
        if old.len() == new.len() {
            return (0, 0);
        }
        let depth = self.path.len() + 1;
        let is_same = |(old, new): &(&&RawValue, &&RawValue)| is_same(old, new, depth);
        let start = old.iter().zip(new).take_while(is_same).count();
        let (old, new) = (old[start..].iter().rev(), new[start..].iter().rev());
        (start, old.zip(new).take_while(is_same).count())
    }

    /// Compares what two values have at the same place.
    fn compare_entries(
        &mut self,
        segment: PathSegment,
        old: Option<&RawValue>,
        new: Option<&RawValue>,
    ) {
        let text = |value: &RawValue| value.get().to_owned();
        self.path.push(segment);
        match (old, new) {
            (Some(old), Some(new)) => self.compare(old, new),
            (Some(old), None) => self.add(ValueChange::Removed { old: text(old) }),
            (None, Some(new)) => self.add(ValueChange::Added { new: text(new) }),
            (None, None) => {}
        }
        self.path.pop();
    }

    fn add(&mut self, change: ValueChange) {
        let path = FieldPath(self.path.clone());
        self.changes.push(FieldChange { path, change });
    }
}

/// The members of a JSON object; of equal keys the last one counts. `None` if it is something else.
fn members(value: &RawValue) -> Option<BTreeMap<String, &RawValue>> {
    let json = value.get();
    json.starts_with('{')
        .then(|| serde_json::from_str(json).ok())
        .flatten()
}

/// The elements of a JSON array; `None` if it is something else.
fn elements(value: &RawValue) -> Option<Vec<&RawValue>> {
    let json = value.get();
    json.starts_with('[')
        .then(|| serde_json::from_str(json).ok())
        .flatten()
}

/// The ids of the elements, if each of them has one of its own.
fn ids(elements: &[&RawValue]) -> Option<Vec<String>> {
    let id = |element: &&RawValue| {
        let members = members(element)?;
        serde_json::from_str::<String>(members.get("id")?.get()).ok()
    };
    let ids: Vec<String> = elements.iter().map(id).collect::<Option<_>>()?;
    let mut sorted: Vec<&String> = ids.iter().collect();
    sorted.sort_unstable();
    let is_unique = sorted.windows(2).all(|pair| pair[0] != pair[1]);
    is_unique.then_some(ids)
}

/// An element of an array, and its id.
type Element<'v> = (String, &'v RawValue);

fn with_ids<'v>(ids: Vec<String>, elements: &[&'v RawValue]) -> Vec<Element<'v>> {
    ids.into_iter().zip(elements.iter().copied()).collect()
}

fn by_id<'v>(elements: &'v [Element<'v>]) -> HashMap<&'v str, &'v RawValue> {
    let pairs = elements.iter().map(|(id, value)| (&**id, *value));
    pairs.collect()
}

/// The ids of the elements that the other array has too.
fn common_ids<'v>(elements: &'v [Element<'v>], other: &HashMap<&str, &RawValue>) -> Vec<&'v str> {
    let ids = elements.iter().map(|(id, _)| &**id);
    ids.filter(|id| other.contains_key(id)).collect()
}

/// Whether two values that are nested this deeply have no difference.
fn is_same(old: &RawValue, new: &RawValue, depth: usize) -> bool {
    if old.get() == new.get() {
        return true;
    }

    if depth < MAX_DEPTH {
        if let (Some(old), Some(new)) = (members(old), members(new)) {
            let mut both = old.iter().zip(&new);
            return old.len() == new.len()
                && both.all(|((key, old), (other, new))| {
                    key == other && is_same(old, new, depth + 1)
                });
        }
        if let (Some(old), Some(new)) = (elements(old), elements(new)) {
            let mut both = old.iter().zip(&new);
            return old.len() == new.len() && both.all(|(old, new)| is_same(old, new, depth + 1));
        }
    }
    is_same_scalar(old.get(), new.get())
}

/// Whether two numbers or two strings are the same, however they are written.
fn is_same_scalar(old: &str, new: &str) -> bool {
    let number = |json: &str| {
        let mut written = String::new();
        write_number(json, &mut written).ok().map(|()| written)
    };
    if let (Some(old), Some(new)) = (number(old), number(new)) {
        return old == new;
    }
    let string = |json| serde_json::from_str::<String>(json).ok();
    matches!((string(old), string(new)), (Some(old), Some(new)) if old == new)
}

#[cfg(test)]
mod tests;
