//! `events retry` and `events replay`: events that workers are to run again.

use std::collections::HashSet;

use clap::Args;
use serde_json::json;

use super::dry_run;
use super::plan::Plan;
use super::selection::Selection;
use crate::app::Builder;
use crate::cli::audit::record;
use crate::cli::confirm::{ConfirmArgs, confirm};
use crate::cli::count::quantity;
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::list::shortened;
use crate::cli::output::{OutputArgs, Printer, warn};
use crate::cli::settings::{DatabaseArgs, StripeArgs};
use crate::receiver::registry::Registry;
use crate::store::{Rerun, Store};
use crate::timestamp::Timestamp;

#[derive(Debug, Args)]
pub(super) struct Retry {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    confirm: ConfirmArgs,
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
    confirm: ConfirmArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    stripe: StripeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// A rerun as an operator requests it.
struct Request<'s> {
    selection: &'s Selection,
    receivers: Rerun,
    /// `retried` or `replayed`.
    verb: &'static str,
    /// `events retry` or `events replay`.
    command: &'static str,
    confirm: ConfirmArgs,
    output: OutputArgs,
}

pub(super) async fn retry(builder: Builder, arguments: Retry) -> Result<ExitStatus, CommandError> {
    let Retry {
        selection,
        confirm,
        database,
        output,
    } = arguments;
    let builder = database.apply(builder);
    let store = open_migrated(&builder).await?;
    let registry = builder.registry()?;

    let request = Request {
        selection: &selection,
        receivers: Rerun::Unfinished,
        verb: "retried",
        command: "events retry",
        confirm,
        output,
    };
    rerun(&store, &registry, request).await
}

pub(super) async fn replay(
    builder: Builder,
    arguments: Replay,
) -> Result<ExitStatus, CommandError> {
    let Replay {
        selection,
        dry_run,
        confirm,
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
    let request = Request {
        selection: &selection,
        receivers,
        verb: "replayed",
        command: "events replay",
        confirm,
        output,
    };
    rerun(&store, &registry, request).await
}

/// Makes the selected events due, and prints how many. Events that are not stored or that a worker has
/// leased are left out, which is a problem.
async fn rerun(
    store: &Store,
    registry: &Registry,
    request: Request<'_>,
) -> Result<ExitStatus, CommandError> {
    let Request {
        selection,
        receivers,
        verb,
        command,
        confirm: arguments,
        output,
    } = request;
    selection.check(store, registry).await?;
    let plan = Plan::make(store, registry, selection, &receivers).await?;
    let proposal = plan.proposal(verb);
    confirm(&proposal, arguments)?;

    let mut printer = Printer::new();
    let (mut due_again, mut skipped) = (0, 0);
    let mut pages = selection.pages(registry).until(plan.newest);
    while let Some(page) = pages.next(store).await? {
        let ids: Vec<&str> = page.iter().map(|selected| &*selected.key).collect();
        let due = store
            .rerun(&ids, receivers.clone(), Timestamp::now())
            .await?;
        let due: HashSet<&str> = due.iter().map(String::as_str).collect();

        for id in ids {
            let is_due = due.contains(id);
            *(if is_due { &mut due_again } else { &mut skipped }) += 1;
            if output.json {
                printer.line(json!({ "id": id, "due": is_due }));
            } else if !is_due {
                let id = shortened(id);
                printer.line(format_args!(
                    "{id}  skipped: not stored, or leased by a worker"
                ));
            } else if !proposal.is_much {
                printer.line(format_args!("{}  due again", shortened(id)));
            }
        }
    }

    if due_again > 0 {
        let detail = format!("{verb} {due_again}, skipped {skipped}");
        record(store, command, selection.describe(), Some(detail)).await?;
    }
    printer.line(match (output.json, skipped) {
        (true, _) => json!({ verb: due_again, "skipped": skipped }).to_string(),
        (false, 0) => format!("{verb} {}", quantity(due_again, "event")),
        (false, _) => format!("{verb} {}, skipped {skipped}", quantity(due_again, "event")),
    });
    if store.paused_since().await?.is_some() {
        warn("the workers are paused; nothing runs until `resume`");
    }
    printer.finish()?;
    Ok(ExitStatus::problems_found(skipped > 0))
}
