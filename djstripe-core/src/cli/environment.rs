//! Environment variables that are set to nothing: they count as not set.

use clap::builder::{OsStr, Resettable};
use clap::{Arg, Command};

/// The same command, which takes no empty variable for a value. A container sets variables that
/// somebody left empty, and only a command that needs the value shall miss it.
pub(super) fn without_empty_variables(command: Command) -> Command {
    command
        .mut_args(without_empty_variable)
        .mut_subcommands(without_empty_variables)
}

fn without_empty_variable(argument: Arg) -> Arg {
    let variable = argument.get_env().and_then(std::env::var_os);
    match variable {
        Some(value) if value.to_string_lossy().trim().is_empty() => {
            argument.env(Resettable::<OsStr>::Reset)
        }
        _ => argument,
    }
}
