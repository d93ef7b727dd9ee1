//! The built-in receivers. They run before the application's own, which therefore see the mirrored rows.

mod mirror;

pub use mirror::{MirrorError, mirror};
