//! The ids that Stripe has listed in one scope.
//!
//! An id takes 8 bytes, 16 while the set grows. That bounds the memory of verifying a mirror of any
//! size; the objects themselves are held page by page.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use super::listed_object::ListedObject;

/// The ids that the lists of one scope have shown, by type of object.
#[derive(Default)]
pub(super) struct SeenIds {
    ids: Mutex<BTreeMap<&'static str, IdSet>>,
    /// Types whose lists could not be read to the end.
    skipped: Mutex<HashSet<&'static str>>,
}

impl SeenIds {
    /// Adds the ids of these objects.
    pub(super) fn add(&self, listed: &[ListedObject]) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        for object in listed {
            ids.entry(object.descriptor.object)
                .or_default()
                .insert(&object.id);
        }
    }

    /// Keeps only the objects that no list has shown.
    pub(super) fn retain_unseen(&self, listed: &mut Vec<ListedObject>) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        listed.retain(|object| {
            let ids = ids.entry(object.descriptor.object).or_default();
            !ids.contains(&object.id)
        });
    }

    /// Those of `candidates` that no list has shown.
    pub(super) fn unseen(&self, object: &'static str, mut candidates: Vec<String>) -> Vec<String> {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let ids = ids.entry(object).or_default();
        candidates.retain(|id| !ids.contains(id));
        candidates
    }

    /// Records that the list of this type could not be read to the end.
    pub(super) fn skip(&self, object: &'static str) {
        let mut skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        skipped.insert(object);
    }

    /// Whether the list of this type could not be read to the end.
    pub(super) fn is_skipped(&self, object: &str) -> bool {
        let skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        skipped.contains(object)
    }
}

/// A set of ids, as hashes. The chance that an id is taken for another one is the number of ids
/// divided by 2^64.
#[derive(Debug, Default)]
struct IdSet {
    hashes: Vec<u64>,
    is_sorted: bool,
    hasher: RandomState,
}

impl IdSet {
    fn insert(&mut self, id: &str) {
        self.hashes.push(self.hasher.hash_one(id));
        self.is_sorted = false;
    }

    fn contains(&mut self, id: &str) -> bool {
        if !self.is_sorted {
            self.hashes.sort_unstable();
            self.hashes.dedup();
            self.is_sorted = true;
        }
        self.hashes.binary_search(&self.hasher.hash_one(id)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_known_and_nothing_else() {
        let mut ids = IdSet::default();
        for number in 0..20_000 {
            ids.insert(&format!("cus_{number}"));
            ids.insert(&format!("cus_{number}"));
        }

        assert!((0..20_000).all(|number| ids.contains(&format!("cus_{number}"))));
        assert!((20_000..40_000).all(|number| !ids.contains(&format!("cus_{number}"))));

        ids.insert("cus_late");
        assert!(ids.contains("cus_late") && ids.contains("cus_7"));
    }

    #[test]
    fn an_id_takes_no_more_than_sixteen_bytes() {
        let mut ids = IdSet::default();
        let count = 200_000;
        for number in 0..count {
            ids.insert(&format!("cus_with_a_rather_long_id_{number}"));
        }

        let bytes = ids.hashes.capacity() * size_of::<u64>();
        assert!(bytes <= 16 * count, "{bytes} for {count}");
    }
}
