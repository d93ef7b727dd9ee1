//! `objects`: mirrored objects of one type, the columns of their table, and what one object was before.

mod list;
mod describe;
mod history;
mod position;

use clap::{Args, Subcommand};

use super::exit::{CommandError, ExitStatus};
use crate::app::Builder;

#[derive(Debug, Args)]
pub(super) struct Objects {
    #[command(flatten)]
    list: list::List,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what one object was before: each change, when it was, and which event brought it
    ///
    /// Versions are kept of the types that `DJSTRIPE_VERSIONS` names. Exit status 1 if there is none.
    History(history::History),
}

pub(super) async fn run(builder: Builder, objects: Objects) -> Result<ExitStatus, CommandError> {
    match objects.command {
        None => list::run(builder, objects.list).await,
        Some(Command::History(history)) => history::run(builder, history).await,
    }
}
