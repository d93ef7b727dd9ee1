//! `pause` and `resume`: stop and start the workers of all processes.

use clap::Args;
use serde_json::json;

use super::audit::record;
use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus};
use super::output::{OutputArgs, print};
use super::settings::DatabaseArgs;
use crate::app::Builder;
use crate::timestamp::Timestamp;

#[derive(Debug, Args)]
pub(super) struct Pause {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn pause(builder: Builder, pause: Pause) -> Result<ExitStatus, CommandError> {
    let store = open_migrated(&pause.database.apply(builder)).await?;
    let has_changed = store.pause(Timestamp::now()).await?;
    if has_changed {
        record(&store, "pause", "", None).await?;
    }
    if pause.output.json {
        print(json!({ "paused": true, "changed": has_changed }))?;
    } else {
        print(if has_changed {
            "paused"
        } else {
            "already paused"
        })?;
    }
    Ok(ExitStatus::Success)
}

pub(super) async fn resume(builder: Builder, resume: Pause) -> Result<ExitStatus, CommandError> {
    let store = open_migrated(&resume.database.apply(builder)).await?;
    let has_changed = store.resume().await?;
    if has_changed {
        record(&store, "resume", "", None).await?;
    }
    if resume.output.json {
        print(json!({ "paused": false, "changed": has_changed }))?;
    } else {
        print(if has_changed { "resumed" } else { "not paused" })?;
    }
    Ok(ExitStatus::Success)
}
