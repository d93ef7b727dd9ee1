//! `audit`: what operators did. The commands that change something record it here.

use std::fmt::Display;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::database::open_migrated;
use super::exit::{CommandError, ExitStatus};
use super::list::{self, DEFAULT_LIMIT};
use super::output::OutputArgs;
use super::settings::DatabaseArgs;
use crate::app::Builder;
use crate::store::{Action, NewAction, Store};
use crate::telemetry::identity::user_at_host;

/// Ids that a record names; of more there is their number.
const NAMED: usize = 5;

#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(flatten)]
    list: List,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List what operators did, newest first; the same as `audit` alone
    List(List),
}

#[derive(Debug, Args)]
struct List {
    /// Show the actions after the one with this id, which is the last of the page before
    #[arg(long, value_name = "ID")]
    after: Option<i64>,
    /// Show at most this many
    #[arg(long, default_value_t = DEFAULT_LIMIT, value_name = "NUMBER")]
    limit: u32,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, audit: Audit) -> Result<ExitStatus, CommandError> {
    let List {
        after,
        limit,
        database,
        output,
    } = match audit.command {
        None => audit.list,
        Some(Command::List(list)) => list,
    };
    let store = open_migrated(&database.apply(builder)).await?;
    let actions = store.actions(after, list::one_more(limit)).await?;

    let line = |action: &Action| {
        Ok(if output.json {
            to_json(action).to_string()
        } else {
            list::shortened(&line(action))
        })
    };
    list::print_page(&actions, limit, "actions", line, async |last| {
        let counted = store
            .count_actions(list::one_more(list::MOST_COUNTED))
            .await?;
        Ok((counted, last.id.to_string()))
    })
    .await?;
    Ok(ExitStatus::Success)
}

fn line(action: &Action) -> String {
    let Action {
        at,
        actor,
        action: what,
        subject,
        detail,
        ..
    } = action;
    let subject = match &**subject {
        "" => String::new(),
        subject => format!("  {subject}"),
    };
    let detail = detail.as_deref().map(|detail| format!("  {detail}"));
    format!(
        "{at}  {actor:<20}  {what}{subject}{}",
        detail.unwrap_or_default()
    )
}

fn to_json(action: &Action) -> Value {
    json!({
        "id": action.id,
        "at": action.at.to_string(),
        "actor": action.actor,
        "action": action.action,
        "subject": action.subject,
        "detail": action.detail,
    })
}

/// Records what this command did to `subject`, which may be empty, and what came of it.
pub(super) async fn record(
    store: &Store,
    action: &str,
    subject: impl Display,
    detail: Option<String>,
) -> Result<(), CommandError> {
    let action = NewAction {
        actor: user_at_host(),
        action: action.to_owned(),
        subject: subject.to_string(),
        detail,
    };
    Ok(store.record_action(&action).await?)
}

/// Several ids, as a record names them.
pub(super) fn subject_of(ids: &[String]) -> String {
    match ids.get(NAMED..) {
        None | Some([]) => ids.join(" "),
        Some(more) => format!("{} and {} more", ids[..NAMED].join(" "), more.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_names_a_few_ids() {
        let ids = |count: usize| {
            (1..=count)
                .map(|id| format!("evt_{id}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(subject_of(&ids(0)), "");
        assert_eq!(subject_of(&ids(2)), "evt_1 evt_2");
        assert_eq!(subject_of(&ids(5)), "evt_1 evt_2 evt_3 evt_4 evt_5");
        let many = subject_of(&ids(7));
        assert_eq!(many, "evt_1 evt_2 evt_3 evt_4 evt_5 and 2 more");
    }
}
