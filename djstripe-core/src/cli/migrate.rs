//! `migrate`: brings the database's tables up to date.

use super::exit::{CommandError, ExitStatus};
use super::output::print;
use super::settings::DatabaseArgs;
use crate::app::Builder;

pub(super) async fn run(
    builder: Builder,
    database: DatabaseArgs,
) -> Result<ExitStatus, CommandError> {
    let store = database.apply(builder).open_store().await?;
    let applied = store.migrate().await?;

    for name in &applied {
        print(format_args!("applied {name}"))?;
    }
    if applied.is_empty() {
        print("up to date")?;
    }
    Ok(ExitStatus::Success)
}
