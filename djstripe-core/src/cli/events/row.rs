//! A stored event as a line and as JSON.

use serde_json::{Value, json};

use crate::store::StoredEvent;
use crate::webhook::event_name::EventKind;

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

/// As events of which kinds Stripe sent it.
fn sent_as(event: &StoredEvent) -> Vec<&'static str> {
    let kinds = [
        (event.is_snapshot, EventKind::Snapshot),
        (event.is_thin, EventKind::Thin),
    ];
    let sent = kinds.into_iter().filter(|(is_sent, _)| *is_sent);
    sent.map(|(_, kind)| kind.as_str()).collect()
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
        "sent_as": sent_as(event),
        "thin_id": event.thin.as_ref().map(|thin| &thin.id),
        "attempts": event.attempts,
        "last_error": event.last_error,
        "next_attempt_at": event.next_attempt_at.map(|time| time.to_string()),
        "received_at": event.received_at.to_string(),
        "dead_effects": event.dead_effects,
        "processed_at": event.processed_at.map(|time| time.to_string()),
    })
}
