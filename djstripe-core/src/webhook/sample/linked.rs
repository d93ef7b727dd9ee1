//! What a sample refers to.
//!
//! In: a sample whose ids end with a suffix. Out: complete objects with the other ids of that suffix.

use serde_json::{Map, Value, json};

use super::event::{complete, id_prefix};

/// A sample, and complete objects of all that it refers to by ids with this suffix.
pub(crate) fn with_linked(sample: Value, suffix: &str, now: i64) -> Vec<Value> {
    let fields = sample.as_object().cloned().unwrap_or_default();
    let object = fields
        .get("object")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let linked = linked(object, &fields, suffix).into_iter();
    let mut all: Vec<Value> = linked
        .map(|kind| complete(&kind, suffix, now).into())
        .collect();
    all.push(sample);
    all
}

/// The types of object that an object refers to by ids with this suffix, and those that these refer
/// to in turn.
pub(crate) fn linked(object: &str, whole: &Map<String, Value>, suffix: &str) -> Vec<String> {
    let mut ids = Vec::new();
    collect(&json!(whole), suffix, &mut ids);
    let known: Vec<(String, &str)> = djstripe_models::DESCRIPTORS
        .iter()
        .filter(|known| known.table.is_some() && known.key == "id")
        .map(|known| {
            (
                format!("{}_{suffix}", id_prefix(known.object)),
                known.object,
            )
        })
        .collect();

    let mut types: Vec<String> = Vec::new();
    while let Some(id) = ids.pop() {
        // Some types share a prefix.
        for (_, kind) in known.iter().filter(|(known, _)| *known == id) {
            if *kind != object && !types.iter().any(|known| known == kind) {
                types.push((*kind).to_owned());
                collect(&complete(kind, suffix, 0).into(), suffix, &mut ids);
            }
        }
    }
    types
}

/// The texts that end with this suffix.
fn collect(value: &Value, suffix: &str, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, suffix, into)),
        Value::Object(fields) => fields
            .values()
            .for_each(|field| collect(field, suffix, into)),
        Value::String(text) if text.ends_with(suffix) => into.push(text.clone()),
        _ => {}
    }
}
