//! `effects list`: effects, newest first.

use clap::Args;

use super::row;
use super::selection::Criteria;
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::list::{self, DEFAULT_LIMIT};
use crate::cli::output::OutputArgs;
use crate::cli::settings::DatabaseArgs;
use crate::store::EffectFilter;

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    criteria: Criteria,
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
    let filter = EffectFilter {
        limit: Some(list::one_more(arguments.limit)),
        ..arguments.criteria.filter()
    };
    let effects = store.list_effects(&filter).await?;

    list::print_rows(&effects, arguments.limit, "effects", |effect| {
        Ok(if arguments.output.json {
            row::to_json(effect, handlers.names()).to_string()
        } else {
            row::line(effect, handlers.names())
        })
    })?;
    Ok(ExitStatus::Success)
}
