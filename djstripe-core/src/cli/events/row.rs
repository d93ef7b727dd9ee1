//! A stored event as a line and as JSON.

use serde_json::{Value, json};

use crate::store::StoredEvent;

pub(super) fn line(event: &StoredEvent) -> String {
    let error = event.last_error.as_deref().unwrap_or_default();
    let effects = match event.dead_effects {
        0 => String::new(),
        1 => "1 dead effect  ".to_owned(),
        dead => format!("{dead} dead effects  "),
    };
    format!(
        "{}  {:<10}  {:<40}  {}  {effects}{error}",
        event.received_at, event.state, event.name, event.id
    )
}

pub(super) fn to_json(event: &StoredEvent) -> Value {
    json!({
        "id": event.id,
        "name": event.name,
        "state": event.state.as_str(),
        "account": event.account,
        "own_account": event.own_account,
        "livemode": event.livemode,
        "api_version": event.api_version,
        "created": event.created,
        "attempts": event.attempts,
        "last_error": event.last_error,
        "next_attempt_at": event.next_attempt_at.map(|time| time.to_string()),
        "received_at": event.received_at.to_string(),
        "dead_effects": event.dead_effects,
        "processed_at": event.processed_at.map(|time| time.to_string()),
    })
}
