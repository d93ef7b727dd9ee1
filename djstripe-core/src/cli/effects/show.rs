//! `effects show`: one effect with its input.

use clap::Args;
use serde_json::json;

use super::row;
use crate::app::Builder;
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::list::shortened;
use crate::cli::output::{OutputArgs, print, print_lines};
use crate::cli::settings::DatabaseArgs;
use crate::store::EffectState;

#[derive(Debug, Args)]
pub(super) struct Show {
    /// Key of the effect
    key: String,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, arguments: Show) -> Result<ExitStatus, CommandError> {
    let key = &*arguments.key;
    let builder = arguments.database.apply(builder);
    let handlers = builder.effect_handlers()?;
    let store = open_migrated(&builder).await?;
    let effect = store
        .effect(key)
        .await?
        .ok_or_else(|| format!("no effect {key}"))?;

    if arguments.output.json {
        let mut json = row::to_json(&effect, handlers.names());
        json["payload"] = json!(effect.payload);
        print(json)?;
    } else {
        print(shortened(&row::line(&effect, handlers.names())))?;
        print(format_args!("  attempts: {}", effect.attempts))?;
        let times = [
            ("due at", effect.next_attempt_at),
            ("done at", effect.done_at),
            ("discarded at", effect.discarded_at),
        ];
        for (what, time) in times {
            if let Some(time) = time {
                print(format_args!("  {what} {time}"))?;
            }
        }
        print_lines(&effect.payload)?;
    }
    Ok(ExitStatus::problems_found(
        effect.state == EffectState::Dead,
    ))
}
