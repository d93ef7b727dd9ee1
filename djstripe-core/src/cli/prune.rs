//! `prune`: deletes old events that are finished, old refused deliveries, and old versions of objects.

use std::time::{Duration, SystemTime};

use clap::Args;
use serde_json::json;

use super::audit::record;
use super::confirm::{ConfirmArgs, FEW, MOST_COUNTED, Proposal, confirm};
use super::count::{Count, quantity, separated};
use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus, UsageError};
use super::output::{OutputArgs, print, warn};
use super::settings::DatabaseArgs;
use crate::app::Builder;
use crate::store::{self, Prunable, Store};

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
    /// Only count what would be deleted
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, prune: Prune) -> Result<ExitStatus, CommandError> {
    let before = SystemTime::now()
        .checked_sub(prune.older_than)
        .ok_or_else(|| UsageError("--older-than is too long ago".to_owned()))?;
    let is_early = prune.older_than < REDELIVERY_WINDOW;
    if is_early {
        warn("Stripe can deliver events of the last 30 days again; those deleted here run again");
    }

    let store = open_migrated(&prune.database.apply(builder)).await?;
    let delete = store::Prune {
        before: before.into(),
        dead: prune.dead,
        batch: BATCH,
    };
    if prune.dry_run {
        return dry_run(&store, &delete, prune.output).await;
    }
    let found = store.prunable(&delete, MOST_COUNTED + 1).await?;
    confirm(&proposal(found, is_early), prune.confirm)?;
    let pruned = store.prune(&delete).await?;
    let subject = format!(
        "older than {}",
        humantime::format_duration(prune.older_than)
    );
    let subject = if prune.dead {
        subject + ", dead ones too"
    } else {
        subject
    };
    let detail = format!(
        "deleted {} events with {} runs, {} effects and {} deliveries; {} refused deliveries; \
         {} versions of objects",
        pruned.events,
        pruned.runs,
        pruned.effects,
        pruned.deliveries,
        pruned.refused,
        pruned.versions
    );
    record(&store, "prune", subject, Some(detail.clone())).await?;

    if prune.output.json {
        print(json!({
            "events": pruned.events,
            "runs": pruned.runs,
            "effects": pruned.effects,
            "deliveries": pruned.deliveries,
            "refused": pruned.refused,
            "versions": pruned.versions,
        }))?;
    } else {
        print(detail)?;
    }
    Ok(ExitStatus::Success)
}

/// What would be deleted, for the operator to confirm. Events that may run again are never few.
fn proposal(found: Prunable, is_early: bool) -> Proposal {
    let events = Count::up_to(MOST_COUNTED, found.events);
    let refused = Count::up_to(MOST_COUNTED, found.refused);
    let versions = Count::up_to(MOST_COUNTED, found.versions);
    Proposal {
        lines: vec![format!(
            "{} with their records, {} and {} of objects would be deleted",
            quantity(events, "event"),
            deliveries(refused),
            quantity(versions, "version"),
        )],
        is_much: events.plus(refused).plus(versions).exceeds(FEW) || is_early && events.exceeds(0),
    }
}

fn deliveries(refused: Count) -> String {
    let noun = match refused.exact() {
        Some(1) => "delivery",
        _ => "deliveries",
    };
    format!("{refused} refused {noun}")
}

async fn dry_run(
    store: &Store,
    delete: &store::Prune,
    output: OutputArgs,
) -> Result<ExitStatus, CommandError> {
    // Nobody waits for an answer, so all are counted.
    let found = store.prunable(delete, u32::MAX).await?;
    let Prunable {
        events,
        refused,
        versions,
    } = found;
    if output.json {
        print(json!({
            "dry_run": true,
            "events": events,
            "refused": refused,
            "versions": versions,
        }))?;
    } else {
        let [events, refused, versions] = [events, refused, versions].map(separated);
        print(format_args!(
            "would delete {events} events with their records; {refused} refused deliveries; \
             {versions} versions of objects"
        ))?;
    }
    Ok(ExitStatus::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleting_much_or_early_needs_a_confirmation() {
        let check = |[events, refused, versions]: [u64; 3], is_early, expected| {
            let found = Prunable {
                events,
                refused,
                versions,
            };
            assert_eq!(
                proposal(found, is_early).is_much,
                expected,
                "{found:?} {is_early}"
            );
        };
        check([0, 0, 0], false, false);
        check([0, 10, 0], true, false);
        check([10, 0, 0], false, false);
        check([10, 1, 0], false, true);
        check([0, 11, 0], false, true);
        check([0, 0, 11], false, true);
        check([5, 3, 3], false, true);
        check([1, 0, 0], true, true);

        let many = Prunable {
            events: 10_001,
            refused: 1,
            versions: 2,
        };
        assert_eq!(
            proposal(many, false).lines,
            [
                "more than 10,000 events with their records, 1 refused delivery and 2 versions of objects \
                 would be deleted"
            ]
        );
    }
}
