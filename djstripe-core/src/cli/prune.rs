//! `prune`: deletes what is old and through.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::list::{open_current, print};
use super::{CommandError, Misuse, Output};
use crate::app::Builder;
use crate::store::Prune;

/// Events that go in one transaction.
const BATCH: u32 = 1_000;

/// How long after an event somebody may still send it again: what is deleted before would run a second time then.
///
/// Source: [Process undelivered webhook events](https://docs.stripe.com/webhooks/process-undelivered-events).
const REPEATABLE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

pub(super) async fn run(
    builder: &Builder,
    older_than: Duration,
    dead: bool,
    output: Output,
) -> Result<(), CommandError> {
    let before = SystemTime::now().checked_sub(older_than);
    let before =
        before.ok_or_else(|| Misuse("--older-than reaches back before time began".to_owned()))?;
    if older_than < REPEATABLE {
        super::warn(
            "Stripe can repeat events of 30 days; one that was deleted here runs again then",
        );
    }
    let store = open_current(builder).await?;
    let pruned = store
        .prune(&Prune {
            before: before.into(),
            dead,
            batch: BATCH,
        })
        .await?;
    if output.json {
        print(format_args!(
            "{}",
            json!({
                "events": pruned.events,
                "runs": pruned.runs,
                "effects": pruned.effects,
                "deliveries": pruned.deliveries,
                "refused": pruned.refused,
            })
        ))?;
    } else {
        print(format_args!(
            "deleted {} events with {} runs, {} effects and {} deliveries; {} refused deliveries",
            pruned.events, pruned.runs, pruned.effects, pruned.deliveries, pruned.refused
        ))?;
    }
    Ok(())
}
