//! `effects`: lists and shows effects outside the database, retries them and gives them up.

mod row;
mod list;
mod show;
mod selection;
mod change;

use clap::{Args, Subcommand};

use super::exit::{CommandError, ExitStatus};
use crate::app::Builder;

#[derive(Debug, Args)]
pub(super) struct Effects {
    #[command(flatten)]
    list: list::List,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List effects, newest first; the same as `effects` alone
    List(list::List),
    /// Show an effect with its input; exit status 1 if it is dead
    Show(show::Show),
    /// Make workers run effects, starting with the first attempt
    ///
    /// Exit status 1 if a key names an effect that is done, that a worker runs, or that is not stored.
    Retry(change::Change),
    /// Give effects up: they never run, unless they are retried
    ///
    /// Exit status 1 if a key names an effect that is done, that a worker runs, or that is not stored.
    Discard(change::Change),
}

pub(super) async fn run(builder: Builder, effects: Effects) -> Result<ExitStatus, CommandError> {
    match effects.command {
        None => list::run(builder, effects.list).await,
        Some(Command::List(list)) => list::run(builder, list).await,
        Some(Command::Show(show)) => show::run(builder, show).await,
        Some(Command::Retry(change)) => change::retry(builder, change).await,
        Some(Command::Discard(change)) => change::discard(builder, change).await,
    }
}
