//! `events list --object ID --at-stripe`: what Stripe's list of thin events has about an object.
//!
//! In: the id of an object. Out: its happenings, newest first, each with whether it is stored here.

use std::collections::HashSet;

use serde_json::json;

use crate::cli::exit::{CommandError, ExitStatus};
use crate::cli::list;
use crate::cli::output::{OutputArgs, warn};
use crate::client::Client;
use crate::client::thin_list::ThinFilter;
use crate::error::describe;
use crate::store::Store;
use crate::timestamp::Timestamp;
use crate::webhook::event::Event;

/// Events that are looked up in the database at a time.
const LOOKED_UP: usize = 1_000;

pub(super) async fn list(
    store: &Store,
    client: &Client,
    object_id: &str,
    limit: u32,
    output: OutputArgs,
) -> Result<ExitStatus, CommandError> {
    let events = read(client, object_id, list::one_more(limit)).await?;
    let ids: Vec<&str> = events.iter().map(Event::id).collect();
    let mut missing = HashSet::new();
    for ids in ids.chunks(LOOKED_UP) {
        missing.extend(store.missing_events(ids).await?);
    }

    list::print_rows(&events, limit, "events", |event| {
        let is_stored = !missing.contains(event.id());
        Ok(match output.json {
            true => to_json(event, is_stored),
            false => line(event, is_stored),
        })
    })?;
    Ok(ExitStatus::Success)
}

/// The newest events about the object.
async fn read(client: &Client, object_id: &str, limit: u32) -> Result<Vec<Event>, CommandError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let filter = ThinFilter {
        object_id: Some(object_id),
        ..ThinFilter::default()
    };
    let mut events = Vec::new();
    for mut list in filter.lists() {
        while events.len() < limit
            && let Some(page) = list.next(client).await?
        {
            for item in page.items {
                match Event::from_json(item.get()) {
                    Ok(event) => events.push(event),
                    Err(error) => warn(format_args!(
                        "skipping an invalid event in Stripe's list of thin events: {}",
                        describe(&error)
                    )),
                }
            }
        }
    }
    events.truncate(limit);
    Ok(events)
}

fn line(event: &Event, is_stored: bool) -> String {
    let created = Timestamp::from_seconds(event.created());
    let stored = if is_stored { "stored" } else { "not stored" };
    format!(
        "{created}  {stored:<10}  {:<40}  {}",
        event.name(),
        event.id()
    )
}

fn to_json(event: &Event, is_stored: bool) -> String {
    let event = json!({
        "id": event.id(),
        "thin_id": event.thin_id(),
        "name": event.name().as_str(),
        "context": event.context(),
        "livemode": event.livemode(),
        "created": event.created(),
        "stored": is_stored,
    });
    event.to_string()
}
