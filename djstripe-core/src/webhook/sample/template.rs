//! Objects made from the facts: what Stripe always sends of a type, and a complete object.
//!
//! What comes in: a type, and the fields that are known. What goes out: an object with all others.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::timestamp::{Timestamp, unix_seconds};

/// One line per type, written by `cargo xtask codegen`.
const SAMPLES: &str = include_str!("../../generated/samples.jsonl");

/// How far away times in the future are: 30 days.
pub(crate) const PERIOD: i64 = 30 * 86_400;

/// The facts about a type that the fake needs.
pub(crate) struct Template {
    fields: Vec<String>,
    statuses: Vec<String>,
    required: Value,
    complete: Value,
}

static TEMPLATES: LazyLock<HashMap<String, Template>> = LazyLock::new(|| {
    let lines = SAMPLES.lines();
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter_map(Template::parse)
        .collect()
});

/// The template of a type; `None` if Stripe has no such type.
pub(crate) fn template(object: &str) -> Option<&'static Template> {
    TEMPLATES.get(object)
}

impl Template {
    fn parse(mut line: Value) -> Option<(String, Self)> {
        let texts = |value: &Value| {
            let texts = value.as_array().into_iter().flatten();
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let template = Self {
            fields: texts(&line["fields"]),
            statuses: texts(&line["statuses"]),
            required: line["required"].take(),
            complete: line["complete"].take(),
        };
        Some((line["object"].as_str()?.to_owned(), template))
    }

    /// Whether objects of the type can have this status.
    pub(crate) fn has_status(&self, status: &str) -> bool {
        self.statuses.iter().any(|known| known == status)
    }

    /// What Stripe sends of every object of the type. A placeholder of an id becomes `null`: what
    /// the object belongs to is for the caller to say.
    pub(crate) fn required(&self, now: i64) -> Map<String, Value> {
        let mut value = self.required.clone();
        fill(&mut value, now, &mut |_| None);
        let Value::Object(mut fields) = value else {
            return Map::new();
        };
        fields.remove("id");
        fields
    }

    /// A complete object. `id_of` says which id an object of a type has.
    pub(crate) fn complete(&self, now: i64, id_of: impl Fn(&str) -> String) -> Map<String, Value> {
        let mut value = self.complete.clone();
        fill(&mut value, now, &mut |object| Some(id_of(object)));
        match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// The parameters that are fields of the object, with the kind of value that these have. A list
    /// is not among them: it is more than an array of parameters.
    pub(crate) fn known(&self, params: Map<String, Value>) -> Map<String, Value> {
        let is_known = |name: &String| self.fields.iter().any(|field| field == name);
        let fields = params.into_iter().filter(|(name, _)| is_known(name));
        fields
            .filter_map(|(name, mut value)| {
                let model = &self.complete[&name];
                let is_list = model["object"] == "list";
                conform(&mut value, model);
                let fits = !is_list || value["object"] == "list";
                fits.then_some((name, value))
            })
            .collect()
    }
}

/// The field `created` of an object of this type.
pub(crate) fn created_field(object: &str, seconds: i64) -> Value {
    if object.starts_with("v2.") {
        rfc3339(seconds).into()
    } else {
        seconds.into()
    }
}

/// The seconds of a field `created`.
pub(crate) fn created_seconds(created: &Value) -> Option<i64> {
    match created {
        Value::String(text) => humantime::parse_rfc3339(text).ok().map(unix_seconds),
        created => created.as_i64(),
    }
}

/// A time as API v2 writes it.
fn rfc3339(seconds: i64) -> String {
    let time: SystemTime = Timestamp::from_seconds(seconds).into();
    humantime::format_rfc3339_millis(time).to_string()
}

/// Replaces the placeholders.
fn fill(value: &mut Value, now: i64, id_of: &mut impl FnMut(&str) -> Option<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, now, id_of)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| fill(field, now, id_of)),
        Value::String(text) => {
            let Some(name) = text.strip_prefix('@') else {
                return;
            };
            *value = match name {
                "now" => now.into(),
                "later" => (now + PERIOD).into(),
                "now_text" => rfc3339(now).into(),
                "later_text" => rfc3339(now + PERIOD).into(),
                object => id_of(object).map_or(Value::Null, Value::String),
            };
        }
        _ => {}
    }
}

/// Gives a parameter the kind of value that the field has: a form has nothing but text, so that
/// digits may stand for a number or for text.
fn conform(value: &mut Value, model: &Value) {
    match (&mut *value, model) {
        (Value::Number(number), Value::String(text)) if !is_time(text) => {
            *value = number.to_string().into();
        }
        (Value::Object(fields), Value::Object(models)) => {
            for (name, value) in fields {
                conform(value, models.get(name).unwrap_or(&Value::Null));
            }
        }
        _ => {}
    }
}

fn is_time(text: &str) -> bool {
    matches!(text, "@now" | "@later" | "@now_text" | "@later_text")
}

/// Puts `fields` over an object: hashes are merged, all else is replaced.
pub(crate) fn merge(into: &mut Map<String, Value>, fields: Map<String, Value>) {
    for (name, value) in fields {
        match (into.get_mut(&name), value) {
            (Some(Value::Object(below)), Value::Object(value)) if !value.contains_key("object") => {
                merge(below, value);
            }
            (_, value) => drop(into.insert(name, value)),
        }
    }
}
