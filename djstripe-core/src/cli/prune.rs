//! `prune`: deletes old events that are finished, and old refused deliveries.

use std::time::{Duration, SystemTime};

use clap::Args;
use serde_json::json;

use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus, UsageError};
use super::output::{OutputArgs, print, warn};
use super::settings::DatabaseArgs;
use crate::app::Builder;
use crate::store;

/// Events that are deleted in one transaction.
const BATCH: u32 = 1_000;

/// How long after an event Stripe can deliver it again: an event that is deleted earlier would run a
/// second time.
///
/// Source: [Process undelivered webhook events](https://docs.stripe.com/webhooks/process-undelivered-events).
const REDELIVERY_WINDOW: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[derive(Debug, Args)]
pub(super) struct Prune {
    /// Delete only what is older than this: 90d
    #[arg(long, value_parser = humantime::parse_duration, value_name = "DURATION")]
    older_than: Duration,
    /// Delete dead events too
    #[arg(long)]
    dead: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, prune: Prune) -> Result<ExitStatus, CommandError> {
    let before = SystemTime::now()
        .checked_sub(prune.older_than)
        .ok_or_else(|| UsageError("--older-than is too long ago".to_owned()))?;
    if prune.older_than < REDELIVERY_WINDOW {
        warn("Stripe can deliver events of the last 30 days again; those deleted here run again");
    }

    let store = open_migrated(&prune.database.apply(builder)).await?;
    let pruned = store
        .prune(&store::Prune {
            before: before.into(),
            dead: prune.dead,
            batch: BATCH,
        })
        .await?;

    if prune.output.json {
        print(json!({
            "events": pruned.events,
            "runs": pruned.runs,
            "effects": pruned.effects,
            "deliveries": pruned.deliveries,
            "refused": pruned.refused,
        }))?;
    } else {
        print(format_args!(
            "deleted {} events with {} runs, {} effects and {} deliveries; {} refused deliveries",
            pruned.events, pruned.runs, pruned.effects, pruned.deliveries, pruned.refused
        ))?;
    }
    Ok(ExitStatus::Success)
}
