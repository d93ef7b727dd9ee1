//! The one integration binary.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod store;
mod ui;
