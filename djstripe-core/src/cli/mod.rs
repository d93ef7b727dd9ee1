//! The command line that every application gets. `--help` lists the commands.
//!
//! In: a [`Builder`](crate::Builder) with the application's settings, the command line and the
//! environment. Out: an exit status.
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     djstripe_core::cli::main(djstripe_core::Djstripe::builder())
//! }
//! ```
//!
//! An application whose `main` is asynchronous calls [`run`], and one with routes of its own makes a
//! [`Cli`].

mod routes;
mod program;
mod dev_only;
mod option_groups;
mod command;
mod settings;
mod secrets;
mod environment;
mod log_fields;
mod log;
mod exit;
mod escape;
mod output;
mod count;
mod list;
mod pages;
mod confirm;
mod database;
mod audit;
mod time;
mod listen_address;
mod target_url;
mod event_name;
mod receiver_name;
mod account;
mod client;
mod limits;
mod page;
mod serve;
mod work;
mod metrics;
mod process_metrics;
mod pause;
mod post;
#[cfg(feature = "dev")]
mod demo;
mod trigger;
mod listen;
#[cfg(feature = "dev")]
mod fake_stripe;
mod events;
mod effects;
mod deliveries;
mod stats;
mod check;
mod prune;
mod redact;
mod reconcile;
mod init_customers;
mod objects;
mod receivers;
mod verify;
mod endpoints;
mod sync;
mod migrate;
mod completions;

pub use program::{Cli, main, run};
