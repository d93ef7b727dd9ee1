//! `migrate`: brings the database's tables up to date, or prints what would.

use clap::Args;

use super::exit::{CommandError, ExitStatus};
use super::output::{note, print};
use super::settings::DatabaseArgs;
use crate::app::Builder;

#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Print the SQL of the missing migrations and change nothing; for a pipeline of your own
    #[arg(long)]
    print_sql: bool,
}

pub(super) async fn run(builder: Builder, arguments: Migrate) -> Result<ExitStatus, CommandError> {
    let builder = arguments.database.apply_or_create(builder);
    let store = builder.open_store().await?;
    let newer = store.refuse_newer().await?;
    if !newer.compatible.is_empty() {
        note(format_args!(
            "the database has migrations of a newer program, with which this one works: {}",
            newer.compatible.join(", ")
        ));
    }
    if arguments.print_sql {
        print(store.pending_sql().await?.trim_end())?;
        return Ok(ExitStatus::Success);
    }
    let applied = store.migrate().await?;

    for name in &applied {
        print(format_args!("applied {name}"))?;
    }
    if applied.is_empty() {
        print("up to date")?;
    }
    Ok(ExitStatus::Success)
}
