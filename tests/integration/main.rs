//! The integration tests, as one binary.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

mod accounts;
mod chaos;
mod check;
mod client;
mod columns;
mod command_line;
mod crash;
mod current_object;
mod contents;
mod dry_run;
mod endpoints;
mod filters;
mod fixtures;
mod handlers;
mod handover;
mod listen;
mod log;
mod mirror;
mod hooks;
mod init_customers;
mod inline;
mod official_sdks;
mod operate;
mod outbox;
mod outside;
mod receive;
mod reconcile;
mod registration;
mod soak;
mod store;
mod sync;
mod ui;
mod verify;
mod versions;
mod waiting;
mod watch;
mod worker;
