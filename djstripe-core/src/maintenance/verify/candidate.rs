//! An object that seems to differ from its row.

use super::listed_object::ListedObject;
use super::report::FindingKind;
use crate::store::ObjectContent;

/// An object that seems to differ from its row. It becomes a finding if a second look confirms it.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) kind: FindingKind,
    /// The object as Stripe returned it. Of an extra row, only the id and the time count.
    pub(super) listed: ListedObject,
    /// The top-level fields that differ.
    pub(super) fields: Vec<String>,
    /// The row. A missing object may have a tombstone.
    pub(super) row: Option<ObjectContent>,
}

impl Candidate {
    pub(super) fn key(&self) -> ObjectKey {
        ObjectKey::of(&self.listed)
    }
}

/// Identifies an object in one scope.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ObjectKey {
    object: &'static str,
    id: String,
}

impl ObjectKey {
    pub(super) fn of(listed: &ListedObject) -> Self {
        Self {
            object: listed.descriptor.object,
            id: listed.id.clone(),
        }
    }
}
