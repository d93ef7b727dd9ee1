//! `migrate`: brings the database's tables up to date, or prints what would.

use clap::Args;
use serde_json::json;

use super::exit::{CommandError, ExitStatus};
use super::output::{OutputArgs, note, print, print_lines};
use super::settings::DatabaseArgs;
use crate::app::Builder;

#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Print the SQL of the missing migrations and change nothing; for a pipeline of your own
    #[arg(long, conflicts_with = "json")]
    print_sql: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, arguments: Migrate) -> Result<ExitStatus, CommandError> {
    let builder = arguments.database.apply_or_create(builder);
    let store = builder.open_store().await?;
    let (_, newer) = store.compatible_migrations().await?;
    if !newer.is_empty() {
        note(format_args!(
            "the database has migrations of a newer program, with which this one works: {}",
            newer.join(", ")
        ));
    }
    if arguments.print_sql {
        print_lines(store.pending_sql().await?.trim_end())?;
        return Ok(ExitStatus::Success);
    }
    let applied = store.migrate().await?;

    if arguments.output.json {
        print(json!({ "applied": applied }))?;
        return Ok(ExitStatus::Success);
    }
    for name in &applied {
        print(format_args!("applied {name}"))?;
    }
    if applied.is_empty() {
        print("up to date")?;
    }
    Ok(ExitStatus::Success)
}
