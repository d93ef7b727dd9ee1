//! `effects list`: effects, newest first.

use clap::Args;

use super::row;
use super::selection::Criteria;
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus, UsageError};
use crate::cli::list::{self, DEFAULT_LIMIT};
use crate::cli::output::OutputArgs;
use crate::cli::settings::DatabaseArgs;
use crate::store::{EffectFilter, Store, StoredEffect};
use crate::timestamp::Timestamp;

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    criteria: Criteria,
    /// Show the effects after the one with this key, which is the last of the page before
    #[arg(long, value_name = "KEY")]
    after: Option<String>,
    /// Show at most this many
    #[arg(long, default_value_t = DEFAULT_LIMIT, value_name = "NUMBER")]
    limit: u32,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, arguments: List) -> Result<ExitStatus, CommandError> {
    let builder = arguments.database.apply(builder);
    let handlers = builder.effect_handlers()?;
    let store = open_migrated(&builder).await?;
    arguments.criteria.check(&builder, &store).await?;
    let filter = EffectFilter {
        limit: Some(list::one_more(arguments.limit)),
        ..arguments.criteria.filter()
    };
    let page = EffectFilter {
        after: match &arguments.after {
            Some(key) => Some(position(&store, key).await?),
            None => None,
        },
        ..filter.clone()
    };
    let effects = store.list_effects(&page).await?;

    let line = |effect: &StoredEffect| {
        Ok(if arguments.output.json {
            row::to_json(effect, handlers.names()).to_string()
        } else {
            list::shortened(&row::line(effect, handlers.names()))
        })
    };
    list::print_page(&effects, arguments.limit, "effects", line, async |last| {
        let limit = list::one_more(list::MOST_COUNTED);
        let all = store.count_listed_effects(&filter, limit).await?;
        Ok((all, last.key.clone()))
    })
    .await?;
    Ok(ExitStatus::Success)
}

/// Where a stored effect stands in the list.
async fn position(store: &Store, key: &str) -> Result<(Timestamp, String), CommandError> {
    let effect = store.effect(key).await?;
    let effect = effect.ok_or_else(|| UsageError(format!("no effect {key} to list after")))?;
    Ok((effect.created_at, effect.key))
}
