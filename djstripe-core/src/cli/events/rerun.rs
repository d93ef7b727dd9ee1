//! `events retry` and `events replay`: events that workers are to run again.

use clap::Args;
use serde_json::json;

use super::dry_run;
use super::selection::{Pages, Selection};
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print, warn};
use crate::cli::settings::{DatabaseArgs, StripeArgs};
use crate::receiver::registry::Registry;
use crate::store::{Rerun, Store};
use crate::timestamp::Timestamp;

#[derive(Debug, Args)]
pub(super) struct Retry {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct Replay {
    #[command(flatten)]
    selection: Selection,
    /// Show what the receivers would do, then roll it back; exit status 1 if one would fail
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    stripe: StripeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn retry(builder: Builder, arguments: Retry) -> Result<ExitStatus, CommandError> {
    let Retry {
        selection,
        database,
        output,
    } = arguments;
    let builder = database.apply(builder);
    let store = open_migrated(&builder).await?;
    let registry = builder.registry()?;

    rerun(&store, &registry, &selection, Rerun::Unfinished, output).await
}

pub(super) async fn replay(
    builder: Builder,
    arguments: Replay,
) -> Result<ExitStatus, CommandError> {
    let Replay {
        selection,
        dry_run,
        database,
        stripe,
        output,
    } = arguments;
    let builder = database.apply(builder);
    if dry_run {
        return dry_run::run(stripe.apply(builder), &selection, output).await;
    }
    let store = open_migrated(&builder).await?;
    let registry = builder.registry()?;

    let receivers = match &selection.receiver {
        Some(receiver) => Rerun::Receiver(receiver.clone()),
        None => Rerun::All,
    };
    rerun(&store, &registry, &selection, receivers, output).await
}

/// Makes the selected events due, and prints each. Events that are not stored or that a worker has
/// leased are left out, which is a problem.
async fn rerun(
    store: &Store,
    registry: &Registry,
    selection: &Selection,
    receivers: Rerun,
    output: OutputArgs,
) -> Result<ExitStatus, CommandError> {
    let mut pages = Pages::new(selection, registry)?;
    let mut status = ExitStatus::Success;
    while let Some(ids) = pages.next(store).await? {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let due = store
            .rerun(&ids, receivers.clone(), Timestamp::now())
            .await?;

        for id in ids {
            let is_due = due.iter().any(|due| due == id);
            if !is_due {
                status = ExitStatus::ProblemsFound;
            }
            if output.json {
                print(json!({ "id": id, "due": is_due }))?;
            } else if is_due {
                print(format_args!("{id}  due again"))?;
            } else {
                print(format_args!(
                    "{id}  skipped: not stored, or leased by a worker"
                ))?;
            }
        }
    }

    if store.paused_since().await?.is_some() {
        warn("the workers are paused; nothing runs until `resume`");
    }
    Ok(status)
}
