//! `events`: lists and shows stored events, and runs them again.

mod row;
mod list;
mod at_stripe;
mod show;
mod failures;
mod selection;
mod plan;
mod rerun;
mod dry_run;

use clap::{Args, Subcommand};

use super::exit::{CommandError, ExitStatus};
use crate::app::Builder;

#[derive(Debug, Args)]
pub(super) struct Events {
    #[command(flatten)]
    list: list::List,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List stored events, newest first; the same as `events` alone
    List(list::List),
    /// Show an event with its runs, deliveries, effects and payload; exit status 1 if it is dead
    /// or has dead effects
    Show(show::Show),
    /// Group failures by receiver and error, each with the command that retries it
    Failures(failures::Failures),
    /// Make workers run the receivers that have not succeeded
    ///
    /// More than 10 events need a confirmation: the question says which receivers of this program would
    /// run. Workers of another program run its own receivers.
    Retry(rerun::Retry),
    /// Make workers run all receivers again, also those that have succeeded
    ///
    /// More than 10 events need a confirmation: the question says which receivers of this program would
    /// run. Workers of another program run its own receivers.
    Replay(rerun::Replay),
}

pub(super) async fn run(builder: Builder, events: Events) -> Result<ExitStatus, CommandError> {
    match events.command {
        None => list::run(builder, events.list).await,
        Some(Command::List(list)) => list::run(builder, list).await,
        Some(Command::Show(show)) => show::run(builder, show).await,
        Some(Command::Failures(failures)) => failures::run(builder, failures).await,
        Some(Command::Retry(retry)) => rerun::retry(builder, retry).await,
        Some(Command::Replay(replay)) => rerun::replay(builder, replay).await,
    }
}
