//! How much is done at a time.

use std::collections::BTreeSet;

/// Ids that one statement names, and rows that it returns.
pub(super) const BATCH: usize = 200;

/// [`BATCH`] as the limit of a statement.
pub(super) const ROWS: u32 = 200;

/// The ids in groups of at most `size`.
pub(super) fn chunks(ids: &BTreeSet<String>, size: usize) -> impl Iterator<Item = Vec<&str>> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let count = ids.len().div_ceil(size);
    (0..count).map(move |number| {
        let start = number * size;
        ids[start..ids.len().min(start + size)].to_vec()
    })
}
