//! `effects retry` and `effects discard`.

use clap::Args;
use serde_json::json;

use super::selection::{Pages, Selection};
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::output::{OutputArgs, print, warn};
use crate::cli::settings::DatabaseArgs;
use crate::store::UnhandledEffects;
use crate::timestamp::Timestamp;

#[derive(Debug, Args)]
pub(super) struct Change {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn retry(builder: Builder, arguments: Change) -> Result<ExitStatus, CommandError> {
    let builder = arguments.database.clone().apply(builder);
    let handlers = builder.effect_handlers()?;
    let store = open_migrated(&builder).await?;
    let mut pages = Pages::new(&arguments.selection)?;
    let mut status = ExitStatus::Success;
    while let Some(keys) = pages.next(&store).await? {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let due = store.retry_effects(&keys, Timestamp::now()).await?;
        for key in &keys {
            let is_due = due.iter().any(|due| due == key);
            report(&arguments.output, key, "due", is_due, &mut status)?;
        }
    }

    for UnhandledEffects { name, count } in store.unhandled_effects(handlers.names()).await? {
        warn(format!(
            "{count} effects `{name}` wait: nothing in this program runs them"
        ));
    }
    if store.paused_since().await?.is_some() {
        warn("the workers are paused; nothing runs until `resume`");
    }
    Ok(status)
}

pub(super) async fn discard(
    builder: Builder,
    arguments: Change,
) -> Result<ExitStatus, CommandError> {
    let store = open_migrated(&arguments.database.clone().apply(builder)).await?;
    let mut pages = Pages::new(&arguments.selection)?;
    let mut status = ExitStatus::Success;
    while let Some(keys) = pages.next(&store).await? {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let discarded = store.discard_effects(&keys, Timestamp::now()).await?;
        for key in &keys {
            let is_discarded = discarded.iter().any(|discarded| discarded == key);
            report(
                &arguments.output,
                key,
                "discarded",
                is_discarded,
                &mut status,
            )?;
        }
    }
    Ok(status)
}

/// Prints what became of one effect. One that was left out is a problem.
fn report(
    output: &OutputArgs,
    key: &str,
    change: &str,
    is_changed: bool,
    status: &mut ExitStatus,
) -> std::io::Result<()> {
    if !is_changed {
        *status = ExitStatus::ProblemsFound;
    }
    if output.json {
        print(json!({ "key": key, change: is_changed }))
    } else if is_changed {
        print(format_args!("{key}  {change}"))
    } else {
        print(format_args!(
            "{key}  skipped: not stored, done, or leased by a worker"
        ))
    }
}
