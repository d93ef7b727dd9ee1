//! The way back, from any step.

use std::collections::BTreeSet;

use serde_json::json;

use super::Move;
use crate::cli::endpoints::parts::gone;
use crate::cli::endpoints::tools::Tools;
use crate::cli::endpoints::{at_stripe, make};
use crate::cli::exit::CommandError;
use crate::cli::output::print;
use crate::endpoint::{Endpoint, TakeOver, abbreviate};
use crate::receiver::needed_events::is_thin;
use crate::webhook::event_name::{ALL, EventName, is_sent};

pub(super) async fn run(migration: Move<'_>, new: Option<Endpoint>) -> Result<(), CommandError> {
    let id = migration.old.id;
    migration.delete_left_overs().await?;
    let mut unsent = Vec::new();
    if let Some(new) = &new {
        // The old endpoint first: at any moment one of the two delivers.
        if let Some(from) = &new.take_over {
            unsent = restore(&migration, new, from).await?;
        }
        for stripe_id in make::remove(migration.tools, new).await? {
            migration.say(format_args!("{}  {stripe_id} deleted at Stripe", new.id))?;
        }
        migration.say(format_args!("{}  deleted", new.id))?;
        if !unsent.is_empty() {
            migration.say(format_args!(
                "No endpoint sends {} any more: `endpoints create --thin` creates a destination for thin \
                 events",
                abbreviate(&unsent)
            ))?;
        }
    } else {
        migration.say(format_args!(
            "{id}  nothing to undo: no thin destination takes over from it"
        ))?;
    }

    let next = format!("endpoints migrate-to-thin {id}, which begins again");
    migration.say(format_args!("Next: {next}"))?;
    if migration.arguments.output.json {
        print(json!({
            "phase": "undone",
            "old": { "id": id.to_string(), "stripe_id": migration.old.stripe_id },
            "deleted": new.map(|new| json!({ "id": new.id.to_string(), "stripe_id": new.stripe_id })),
            "unsent": unsent,
            "next": next,
        }))?;
    }
    Ok(())
}

/// Enables the old endpoint, with the events that it had before the cut-over and those that were added
/// since. Returns those that nobody sends any more.
async fn restore(
    migration: &Move<'_>,
    new: &Endpoint,
    from: &TakeOver,
) -> Result<Vec<String>, CommandError> {
    let Move { tools, old, .. } = migration;
    let stripe_id = migration.old_at_stripe()?;
    let client = tools.client(old)?;
    let is_cut_over = from.cut_over_at.is_some();
    if at_stripe::fetch(client, old, stripe_id).await?.is_none() {
        let message = if is_cut_over && tools.needed.without_thin().is_empty() {
            let (old, new) = (old.id, new.id);
            format!(
                "{stripe_id} is gone at Stripe, and nothing leads back to it: run `endpoints create --url …`, \
                 then `endpoints delete {old}` and `endpoints delete {new}`"
            )
        } else {
            gone(stripe_id)
        };
        return Err(message.into());
    }

    let mut restored = old.clone();
    restored.enabled = true;
    if is_cut_over {
        restored.events = events_after_undo(tools, old, new, from);
    }
    if restored != *old {
        tools.update(&restored).await?;
    }
    let events = match is_cut_over {
        false => &[][..],
        true => &restored.events,
    };
    at_stripe::update(client, &restored, stripe_id, events).await?;
    migration.say(format_args!(
        "{}  {stripe_id} delivers all its events",
        old.id
    ))?;
    Ok(unsent(migration, &restored, new))
}

/// The events before the cut-over, those that either of the two sends now, and those that the
/// application's receivers need.
fn events_after_undo(
    tools: &Tools,
    old: &Endpoint,
    new: &Endpoint,
    from: &TakeOver,
) -> Vec<String> {
    let of_new = new
        .events
        .iter()
        .map(|name| EventName::new(name).to_string());
    let now = old.events.iter().cloned().chain(of_new);
    let mut events = from.events.clone();
    for name in now.chain(tools.own.for_snapshot()) {
        let is_thin_only = is_thin(&name) || EventName::new(&name).is_thin_only();
        let has_it = is_sent(&name, |event| events.iter().any(|other| other == event));
        if !is_thin_only && !has_it {
            events.push(name);
        }
    }
    if events.iter().any(|name| name == ALL) {
        events.retain(|name| name == ALL || !is_sent(name, |event| event == ALL));
    }
    events
}

/// The events that the thin destination alone sent, which are thin only.
fn unsent(migration: &Move<'_>, restored: &Endpoint, new: &Endpoint) -> Vec<String> {
    let others = migration.all.iter();
    let others = others.filter(|it| it.enabled && it.id != new.id && it.id != restored.id);
    let sent: BTreeSet<&str> = others
        .chain([restored])
        .flat_map(|it| &it.events)
        .map(String::as_str)
        .collect();

    let sent_by_new = new.events.iter().map(|name| EventName::new(name));
    let sent_by_new: BTreeSet<String> = sent_by_new.map(|name| name.to_string()).collect();
    let mut unsent = migration.tools.needed.missing(&sent);
    unsent.retain(|name| sent_by_new.contains(name));
    unsent
}
