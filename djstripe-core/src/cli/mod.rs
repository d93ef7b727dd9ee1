//! The command line that every application gets. `--help` lists the commands.
//!
//! In: a [`Builder`] with the application's settings, the command line and the environment. Out: an
//! exit status.
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     djstripe_core::cli::main(djstripe_core::Djstripe::builder())
//! }
//! ```

mod command;
mod settings;
mod log;
mod exit;
mod output;
mod list;
mod database;
mod time;
mod event_name;
mod account;
mod shutdown;
mod serve;
mod work;
mod metrics;
mod pause;
mod post;
mod demo;
mod trigger;
mod listen;
mod fake_stripe;
mod events;
mod deliveries;
mod stats;
mod check;
mod prune;
mod reconcile;
mod init_customers;
mod objects;
mod receivers;
mod verify;
mod endpoints;
mod sync;
mod migrate;

use std::process::ExitCode;

use clap::Parser;

use crate::app::Builder;
use command::{Cli, Command};

/// Parses the command line and the environment, and runs the command.
///
/// Exit status: 0 on success, 1 on failure or if problems were found, 2 on incorrect usage or, for
/// `verify`, if the comparison could not be completed.
///
/// Settings on the command line replace those in the environment, which replace those of `builder`.
pub fn main(builder: Builder) -> ExitCode {
    let Cli { command } = Cli::parse();
    let command = command.unwrap_or(Command::Demo);

    let log = command.log();
    log::init(log);

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(command.run(builder)),
        Err(error) => Err(error.into()),
    };
    exit::exit_code(result, log.format)
}
