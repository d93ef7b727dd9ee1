//! `pause` and `resume`: stop and start the workers of all processes.

use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus};
use super::output::print;
use super::settings::DatabaseArgs;
use crate::app::Builder;
use crate::timestamp::Timestamp;

pub(super) async fn pause(
    builder: Builder,
    database: DatabaseArgs,
) -> Result<ExitStatus, CommandError> {
    let store = open_migrated(&database.apply(builder)).await?;
    let is_new = store.pause(Timestamp::now()).await?;
    print(if is_new { "paused" } else { "already paused" })?;
    Ok(ExitStatus::Success)
}

pub(super) async fn resume(
    builder: Builder,
    database: DatabaseArgs,
) -> Result<ExitStatus, CommandError> {
    let store = open_migrated(&database.apply(builder)).await?;
    let was_paused = store.resume().await?;
    print(if was_paused { "resumed" } else { "not paused" })?;
    Ok(ExitStatus::Success)
}
