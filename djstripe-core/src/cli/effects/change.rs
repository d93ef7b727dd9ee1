//! `effects retry` and `effects discard`.

use std::collections::{BTreeMap, HashSet};

use clap::Args;
use serde_json::json;

use super::selection::Selection;
use crate::app::Builder;
use crate::cli::audit::record;
use crate::cli::confirm::{ConfirmArgs, FEW, MOST_COUNTED, Proposal, confirm};
use crate::cli::count::{Count, quantity};
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::list::shortened;
use crate::cli::output::{OutputArgs, Printer, warn};
use crate::cli::pages::Pages;
use crate::cli::settings::DatabaseArgs;
use crate::store::{Store, StoreError, UnhandledEffects};
use crate::timestamp::Timestamp;

#[derive(Debug, Args)]
pub(super) struct Change {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The words of a change.
struct Words {
    /// What is printed of one effect, and its field in JSON.
    of_one: &'static str,
    of_all: &'static str,
    command: &'static str,
}

pub(super) async fn retry(builder: Builder, arguments: Change) -> Result<ExitStatus, CommandError> {
    let builder = arguments.database.clone().apply(builder);
    let handlers = builder.effect_handlers()?;
    let store = open_migrated(&builder).await?;
    let words = Words {
        of_one: "due",
        of_all: "retried",
        command: "effects retry",
    };
    let status = change(&builder, &store, &arguments, words, async |keys| {
        store.retry_effects(keys, Timestamp::now()).await
    })
    .await?;

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
    let builder = arguments.database.clone().apply(builder);
    let store = open_migrated(&builder).await?;
    let words = Words {
        of_one: "discarded",
        of_all: "discarded",
        command: "effects discard",
    };
    change(&builder, &store, &arguments, words, async |keys| {
        store.discard_effects(keys, Timestamp::now()).await
    })
    .await
}

/// Changes the selected effects page by page. One that was left out is a problem.
async fn change(
    builder: &Builder,
    store: &Store,
    arguments: &Change,
    words: Words,
    apply: impl AsyncFn(&[&str]) -> Result<Vec<String>, StoreError>,
) -> Result<ExitStatus, CommandError> {
    let selection = &arguments.selection;
    selection.check(builder, store).await?;
    let (proposal, newest) = propose(store, selection, words.of_all).await?;
    confirm(&proposal, arguments.confirm)?;

    let mut printer = Printer::new();
    let (mut changed, mut skipped) = (0, 0);
    let mut pages = Pages::new(selection).until(newest);
    while let Some(page) = pages.next(store).await? {
        let keys: Vec<&str> = page.iter().map(|selected| &*selected.key).collect();
        let done = apply(&keys).await?;
        let done: HashSet<&str> = done.iter().map(String::as_str).collect();

        for key in keys {
            let is_changed = done.contains(key);
            *(if is_changed {
                &mut changed
            } else {
                &mut skipped
            }) += 1;
            if arguments.output.json {
                printer.line(json!({ "key": key, (words.of_one): is_changed }));
            } else if !is_changed {
                printer.line(format_args!(
                    "{}  skipped: not stored, done, or leased by a worker",
                    shortened(key)
                ));
            } else if !proposal.is_much {
                printer.line(format_args!("{}  {}", shortened(key), words.of_one));
            }
        }
    }

    let all = words.of_all;
    if changed > 0 {
        let detail = format!("{all} {changed}, skipped {skipped}");
        record(store, words.command, selection.describe(), Some(detail)).await?;
    }
    printer.line(match (arguments.output.json, skipped) {
        (true, _) => json!({ all: changed, "skipped": skipped }).to_string(),
        (false, 0) => format!("{all} {}", quantity(changed, "effect")),
        (false, _) => format!("{all} {}, skipped {skipped}", quantity(changed, "effect")),
    });
    printer.finish()?;
    Ok(ExitStatus::problems_found(skipped > 0))
}

/// What would be changed, by name, and when the newest effect was requested.
async fn propose(
    store: &Store,
    selection: &Selection,
    verb: &str,
) -> Result<(Proposal, Option<Timestamp>), CommandError> {
    let mut names: BTreeMap<String, u64> = BTreeMap::new();
    let mut count = Count::up_to(MOST_COUNTED, 0);
    let mut newest = None;
    let mut pages = Pages::new(selection);
    while count.exact().is_some()
        && let Some(page) = pages.next(store).await?
    {
        for selected in page {
            let effect = match selected.row {
                Some(effect) => Some(effect),
                None => store.effect(&selected.key).await?,
            };
            if let Some(effect) = effect {
                count = count.plus(Count::up_to(MOST_COUNTED, 1));
                newest = newest.or(Some(effect.created_at));
                *names.entry(effect.effect).or_default() += 1;
            }
        }
    }

    let mut lines = vec![format!("{} would be {verb}", quantity(count, "effect"))];
    // Beyond the bound nobody knows the numbers.
    if count.exact().is_some() {
        let names = names.iter();
        lines.extend(names.map(|(name, of)| format!("  {name}: {}", quantity(*of, "effect"))));
    }
    let is_much = count.exceeds(FEW);
    Ok((Proposal { lines, is_much }, newest))
}
