//! `events replay --dry-run`: what the receivers would do, without keeping any of it.

use serde_json::{Value, json};

use super::selection::Selection;
use crate::app::Builder;
use crate::cli::count::{quantity, separated};
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::list::shortened;
use crate::cli::output::{OutputArgs, print};
use crate::cli::pages::Selected;
use crate::processing::dry_run::{DryOutcome, DryRun};

pub(super) async fn run(
    builder: Builder,
    selection: &Selection,
    output: OutputArgs,
) -> Result<ExitStatus, CommandError> {
    // Building the app runs migrations, which a dry run must not do.
    drop(open_migrated(&builder).await?);
    let app = builder.workers_only().build().await?;

    selection.check(app.store(), app.registry()).await?;
    let mut pages = selection.pages(app.registry());
    let (mut events, mut failing) = (0, 0);
    while let Some(page) = pages.next(app.store()).await? {
        for Selected { key: id, .. } in page {
            let runs = app
                .dry_run(&id, selection.receiver.as_deref())
                .await?
                .ok_or_else(|| format!("no event {id}"))?;
            events += 1;
            failing += u64::from(runs.iter().any(fails));

            if output.json {
                print(to_json(&id, &runs))?;
            } else {
                print_runs(&id, &runs)?;
            }
        }
    }
    if output.json {
        print(json!({ "events": events, "failing": failing }))?;
    } else {
        let events = quantity(events, "event");
        let failing = separated(failing);
        print(format_args!(
            "{events} tried, {failing} would fail; nothing was kept"
        ))?;
    }
    Ok(ExitStatus::problems_found(failing > 0))
}

fn fails(run: &DryRun) -> bool {
    matches!(run.outcome, DryOutcome::Fails { .. })
}

fn to_json(id: &str, runs: &[DryRun]) -> Value {
    let runs = runs.iter().map(|run| {
        let rows = run.rows.iter().map(|row| {
            json!({
                "table": row.table.as_str(),
                "id": row.id,
                "outcome": row.upserted.as_str(),
            })
        });
        let (outcome, error) = outcome(run);
        json!({
            "receiver": run.receiver,
            "outcome": outcome,
            "error": error,
            "rows": rows.collect::<Value>(),
            "effects": run.effects,
        })
    });
    json!({ "id": id, "runs": runs.collect::<Value>() })
}

fn print_runs(id: &str, runs: &[DryRun]) -> std::io::Result<()> {
    print(id)?;
    for run in runs {
        let (outcome, error) = outcome(run);
        let error = error.unwrap_or_default();
        let line = format!("  {outcome:<8}  {}  {error}", run.receiver);
        print(shortened(&line))?;

        for row in &run.rows {
            let (outcome, table) = (row.upserted.as_str(), row.table.as_str());
            print(format_args!("    {outcome:<9}  {table} {}", row.id))?;
        }
        for effect in &run.effects {
            print(format_args!("    requests   {effect}"))?;
        }
    }
    Ok(())
}

/// The outcome in a word, and why.
fn outcome(run: &DryRun) -> (&'static str, Option<&str>) {
    match &run.outcome {
        DryOutcome::Succeeds => ("succeeds", None),
        DryOutcome::NotMirrored { reason } => ("not mirrored", Some(reason)),
        DryOutcome::Waits => ("waits", Some("the mirror would fail, and be retried first")),
        DryOutcome::Fails { error } => ("fails", Some(error)),
        DryOutcome::NotRun => ("not run", Some("it has effects that can't be rolled back")),
    }
}
