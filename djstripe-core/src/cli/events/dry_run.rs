//! `events replay --dry-run`: what the receivers would do, without keeping any of it.

use serde_json::{Value, json};

use super::selection::{Pages, Selection};
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print};
use crate::processing::dry_run::{DryOutcome, DryRun};

pub(super) async fn run(
    builder: Builder,
    selection: &Selection,
    output: OutputArgs,
) -> Result<ExitStatus, CommandError> {
    // Building the app runs migrations, which a dry run must not do.
    drop(open_migrated(&builder).await?);
    let app = builder.workers_only().build().await?;

    let mut pages = Pages::new(selection, app.registry())?;
    let mut status = ExitStatus::Success;
    while let Some(ids) = pages.next(app.store()).await? {
        for id in ids {
            let runs = app
                .dry_run(&id, selection.receiver.as_deref())
                .await?
                .ok_or_else(|| format!("no event {id}"))?;
            if runs.iter().any(fails) {
                status = ExitStatus::ProblemsFound;
            }

            if output.json {
                print(to_json(&id, &runs))?;
            } else {
                print_runs(&id, &runs)?;
            }
        }
    }
    Ok(status)
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
        })
    });
    json!({ "id": id, "runs": runs.collect::<Value>() })
}

fn print_runs(id: &str, runs: &[DryRun]) -> std::io::Result<()> {
    print(id)?;
    for run in runs {
        let (outcome, error) = outcome(run);
        let error = error.unwrap_or_default();
        print(format_args!("  {outcome:<8}  {}  {error}", run.receiver))?;

        for row in &run.rows {
            let (outcome, table) = (row.upserted.as_str(), row.table.as_str());
            print(format_args!("    {outcome:<9}  {table} {}", row.id))?;
        }
    }
    Ok(())
}

/// The outcome in a word, and why.
fn outcome(run: &DryRun) -> (&'static str, Option<&str>) {
    match &run.outcome {
        DryOutcome::Succeeds => ("succeeds", None),
        DryOutcome::NotMirrored { reason } => ("not mirrored", Some(reason)),
        DryOutcome::Fails { error } => ("fails", Some(error)),
        DryOutcome::NotRun => ("not run", Some("it has effects that can't be rolled back")),
    }
}
