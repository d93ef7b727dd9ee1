//! `events failures`: failures by receiver and error, and how to retry each group.

use clap::Args;
use serde_json::{Value, json};

use crate::app::Builder;
use crate::cli::count::{quantity, separated};
use crate::cli::database::open_migrated;
use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::list::shortened;
use crate::cli::output::{OutputArgs, note, print};
use crate::cli::receiver_name::check_receiver;
use crate::cli::settings::DatabaseArgs;
use crate::store::{EffectState, FailureGroup};

/// How many different errors are read. Those that differ only in ids count each.
const MOST_ERRORS: u32 = 50_000;

#[derive(Debug, Args)]
pub(super) struct Failures {
    /// Show the failures of this receiver only
    #[arg(long, value_name = "RECEIVER")]
    receiver: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn run(builder: Builder, arguments: Failures) -> Result<ExitStatus, CommandError> {
    let builder = arguments.database.apply(builder);
    let store = open_migrated(&builder).await?;
    let receiver = arguments.receiver.as_deref();
    if let Some(id) = receiver {
        check_receiver(&store, &builder.registry()?, id).await?;
    }
    let failures = store.failures(receiver, MOST_ERRORS).await?;
    let program = std::env::args().next().unwrap_or_else(|| "…".to_owned());

    for group in &failures.groups {
        let command = retry_command(&program, group);
        if arguments.output.json {
            print(to_json(group, &command))?;
            continue;
        }
        for line in lines(group) {
            print(shortened(&line))?;
        }
        print(format_args!("  {command}"))?;
        let others = also_selected(group, &failures.groups);
        if others > 0 {
            let others = quantity(others, "event");
            print(format_args!(
                "  (retries {others} of other groups too, whose errors contain this one)"
            ))?;
        }
    }
    if failures.groups.is_empty() && !arguments.output.json {
        print("no failures")?;
    }
    let effects = store.unfinished_effects().await?;
    let (dead, retrying) = (EffectState::Dead, EffectState::Retrying);
    let (dead, retrying) = (effects.get(dead), effects.get(retrying));
    if dead + retrying > 0 && receiver.is_none() {
        note(format_args!(
            "effects fail too, {dead} are dead and {retrying} are retried: see `effects list --dead`"
        ));
    }
    if failures.are_more {
        let most = separated(MOST_ERRORS.into());
        note(format_args!(
            "there are more than {most} different errors; the counts are those of the latest ones"
        ));
    }
    Ok(ExitStatus::Success)
}

fn lines(group: &FailureGroup) -> [String; 3] {
    let receiver = group.receiver.as_deref().unwrap_or("before any receiver");
    let states = [(group.retrying, "retrying"), (group.dead, "dead")];
    let states: Vec<String> = states
        .into_iter()
        .filter(|(events, _)| *events > 0)
        .map(|(events, state)| format!("{} {state}", separated(events)))
        .collect();
    let states = if states.is_empty() {
        String::new()
    } else {
        format!(" ({})", states.join(", "))
    };
    [
        format!("{}  {receiver}{states}", quantity(group.events, "event")),
        format!("  {}", group.error),
        format!(
            "  first at {}, last at {}, for example {}",
            group.first_at, group.last_at, group.example
        ),
    ]
}

fn to_json(group: &FailureGroup, command: &str) -> Value {
    json!({
        "receiver": group.receiver,
        "error": group.error,
        "events": group.events,
        "retrying": group.retrying,
        "dead": group.dead,
        "first_at": group.first_at.to_string(),
        "last_at": group.last_at.to_string(),
        "example": group.example,
        "retry": command,
    })
}

/// How many events of other groups the command of this one selects.
fn also_selected(group: &FailureGroup, groups: &[FailureGroup]) -> u64 {
    let text = group.error.to_lowercase();
    let others = groups.iter().filter(|other| {
        *other != group
            && (group.receiver.is_none() || group.receiver == other.receiver)
            && other.error.to_lowercase().contains(&text)
    });
    others.map(|other| other.events).sum()
}

/// The command that retries the events of a group.
fn retry_command(program: &str, group: &FailureGroup) -> String {
    let mut command = format!("{} events retry", quoted(program));
    if let Some(receiver) = &group.receiver {
        command.push_str(" --receiver ");
        command.push_str(&quoted(receiver));
    }
    command.push_str(" --error ");
    command.push_str(&quoted(&group.error));
    command
}

/// A word of a command line, as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '/' | ':' | '…')
    };
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::Timestamp;

    fn group(receiver: Option<&str>, error: &str) -> FailureGroup {
        FailureGroup {
            receiver: receiver.map(str::to_owned),
            error: error.to_owned(),
            events: 2,
            dead: 1,
            retrying: 1,
            first_at: Timestamp::from_seconds(1_700_000_000),
            last_at: Timestamp::from_seconds(1_700_000_001),
            example: "evt_1".to_owned(),
        }
    }

    #[test]
    fn the_command_is_one_for_a_shell() {
        let check = |receiver, error: &str, expected: &str| {
            assert_eq!(retry_command("shop", &group(receiver, error)), expected);
        };
        check(
            Some("shop::ship"),
            "no invoice",
            "shop events retry --receiver shop::ship --error 'no invoice'",
        );
        check(None, "it's -1", r"shop events retry --error 'it'\''s -1'");
        check(None, "$(reboot)", "shop events retry --error '$(reboot)'");
        check(None, "…", "shop events retry --error …");
        check(None, "", "shop events retry --error ''");
    }

    #[test]
    fn a_group_says_whose_events_its_command_selects_too() {
        let groups = [
            group(Some("shop::ship"), "no invoice"),
            group(Some("shop::ship"), "No invoice of …"),
            group(Some("shop::thank"), "no invoice"),
        ];
        let also = |index: usize| also_selected(&groups[index], &groups);
        assert_eq!([also(0), also(1), also(2)], [2, 0, 0]);
    }
}
