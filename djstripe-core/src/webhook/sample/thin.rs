//! The thin event of a sample, or of an event of the fake Stripe.
//!
//! In: an event as `/v1/events` has it. Out: its thin event, as a notification or as
//! `/v2/core/events` has it.

use djstripe_models::descriptor;
use serde_json::{Value, json};

use super::fields::{reference, text};
use crate::timestamp::Timestamp;
use crate::webhook::event_name::EventName;

/// The start of their ids, in place of that of their snapshot events.
pub(crate) const PREFIX: &str = "evt_thin_";

/// The notification of an event's thin event; `None` if Stripe sends none of this name.
pub(crate) fn notification(event: &Value) -> Option<Value> {
    let mut thin = whole(event)?;
    if let Some(fields) = thin.as_object_mut() {
        fields.remove("changes");
        fields.remove("data");
    }
    Some(thin)
}

/// The thin event of an event; `None` if Stripe sends none of this name.
pub(crate) fn whole(event: &Value) -> Option<Value> {
    let name = EventName::new(text(event, "type"));
    let thin_name = name.thin_name()?;
    let object = &event["data"]["object"];
    let snapshot = (!name.is_thin_only()).then(|| event["id"].clone());
    let created = Timestamp::from_seconds(event["created"].as_i64()?);

    Some(json!({
        "id": text(event, "id").replacen("evt_", PREFIX, 1),
        "object": "v2.core.event",
        "type": thin_name,
        "created": created.to_string(),
        "livemode": event["livemode"],
        "context": event["account"],
        "reason": reason(event),
        "related_object": related(object, &name),
        "snapshot_event": snapshot,
        "changes": changes(event),
        "data": event["thin_data"],
    }))
}

fn reason(event: &Value) -> Value {
    match &event["request"]["id"] {
        Value::Null => Value::Null,
        id => json!({
            "type": "request",
            "request": { "id": id, "idempotency_key": event["request"]["idempotency_key"] },
        }),
    }
}

/// The values that changed, before and after.
fn changes(event: &Value) -> Value {
    let Some(previous) = event["data"]["previous_attributes"].as_object() else {
        return Value::Null;
    };
    let after: serde_json::Map<String, Value> = previous
        .keys()
        .map(|field| (field.clone(), event["data"]["object"][field].clone()))
        .collect();
    json!({ "before": previous, "after": after })
}

/// What the thin event says of its object; null if the catalogue knows no path of the object, or if
/// no event of this name refers to one.
fn related(object: &Value, name: &EventName) -> Value {
    let kind = text(object, "object");
    let path = descriptor(kind).and_then(|it| it.retrieve.or(it.singleton));
    let Some(path) = path.filter(|_| name.refers_to_object()) else {
        return Value::Null;
    };

    let segments: Vec<&str> = path.split('/').collect();
    let last = segments.iter().rposition(|part| part.starts_with('{'));
    let filled = segments.iter().enumerate().map(|(at, part)| {
        let parent = part.trim_matches(['{', '}']);
        match part.starts_with('{') {
            false => (*part).to_owned(),
            true if Some(at) == last && !object["id"].is_null() => text(object, "id").to_owned(),
            true => reference(object, parent).unwrap_or_default().to_owned(),
        }
    });
    let url = filled.collect::<Vec<_>>().join("/");
    match &object["id"] {
        Value::Null => json!({ "type": kind, "url": url }),
        id => json!({ "id": id, "type": kind, "url": url }),
    }
}
