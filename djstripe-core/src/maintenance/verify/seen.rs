//! Which ids Stripe has listed: 8 bytes each, 16 while the list grows. That bounds what verifying a mirror of any size
//! takes in memory; the objects themselves are held page by page.

use std::hash::{BuildHasher, RandomState};

/// A set of ids. Two different ones are taken for the same with a chance of their number in 2^64.
#[derive(Debug, Default)]
pub(super) struct Seen {
    hashes: Vec<u64>,
    sorted: bool,
    hasher: RandomState,
}

impl Seen {
    /// Notes an id.
    pub(super) fn insert(&mut self, id: &str) {
        self.hashes.push(self.hasher.hash_one(id));
        self.sorted = false;
    }

    /// Whether the id was noted.
    pub(super) fn contains(&mut self, id: &str) -> bool {
        if !self.sorted {
            self.hashes.sort_unstable();
            self.hashes.dedup();
            self.sorted = true;
        }
        self.hashes.binary_search(&self.hasher.hash_one(id)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_known_and_nothing_else() {
        let mut seen = Seen::default();
        for number in 0..20_000 {
            seen.insert(&format!("cus_{number}"));
            seen.insert(&format!("cus_{number}"));
        }
        assert!((0..20_000).all(|number| seen.contains(&format!("cus_{number}"))));
        assert!((20_000..40_000).all(|number| !seen.contains(&format!("cus_{number}"))));
        seen.insert("cus_late");
        assert!(seen.contains("cus_late") && seen.contains("cus_7"));
    }

    #[test]
    fn an_id_takes_no_more_than_sixteen_bytes() {
        let mut seen = Seen::default();
        let count = 200_000;
        for number in 0..count {
            seen.insert(&format!("cus_with_a_rather_long_id_{number}"));
        }
        let bytes = seen.hashes.capacity() * size_of::<u64>();
        assert!(bytes <= 16 * count, "{bytes} for {count}");
    }
}
