//! What a verification has counted so far, of all scopes, for whoever watches it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The counts. A verification adds to them.
#[derive(Debug, Default)]
pub(crate) struct Totals(Mutex<TotalCounts>);

/// The counts at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TotalCounts {
    pub(super) compared: u64,
    pub(super) missing: u64,
    pub(super) differing: u64,
    pub(super) extra: u64,
    pub(super) repaired: u64,
    pub(super) skipped: u64,
}

impl Totals {
    pub(super) fn add(&self, add: impl FnOnce(&mut TotalCounts)) {
        add(&mut self.lock());
    }

    pub(super) fn counts(&self) -> TotalCounts {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, TotalCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
