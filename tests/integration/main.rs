//! The one integration binary.

mod official_sdks;
mod receive;
mod store;
mod ui;
mod worker;
