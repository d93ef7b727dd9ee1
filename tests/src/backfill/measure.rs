//! Measuring a sync.
