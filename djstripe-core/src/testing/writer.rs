//! Writes as Stripe makes them: with the fields that the object always has, and with the event that
//! tells of the write.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::state::{Origin, Scope, State};
use crate::webhook::event_name::EventName;
use crate::webhook::sample::fields::text;
use crate::webhook::sample::template::{merge, template};

/// The object that a request leads to, or the error that it is answered with.
pub(super) type Outcome = Result<Value, Box<Answer>>;

/// What a request writes with.
pub(super) struct Writer<'s> {
    pub(super) state: &'s mut State,
    pub(super) scope: &'s Scope,
    pub(super) origin: Origin,
}

impl Writer<'_> {
    pub(super) fn get(&self, object: &str, id: &str) -> Option<Value> {
        self.state.get(self.scope, object, id).cloned()
    }

    /// The object that a parameter names.
    ///
    /// # Errors
    /// There is none, in Stripe's words.
    pub(super) fn named(&self, object: &str, id: &str, param: &str) -> Outcome {
        self.get(object, id)
            .ok_or_else(|| Box::new(Answer::missing(&[object], id, param)))
    }

    /// All objects of a type for which a field has this value, newest first.
    pub(super) fn with(&self, object: &str, field: &str, value: &str) -> Vec<Value> {
        let mut all = self.state.all(self.scope, object);
        all.retain(|object| object[field] == value);
        all
    }

    pub(super) fn now(&self) -> i64 {
        self.state.now()
    }

    /// Creates an object with these fields and all that Stripe sends of every object of the type.
    /// Its `created` event is made too, if there is one.
    pub(super) fn create(&mut self, object: &str, fields: Value) -> Value {
        let created = self.add(object, fields);
        for name in event_names(&created, "created") {
            self.emit(name.as_str(), &created);
        }
        created
    }

    /// Creates an object that no event tells of.
    pub(super) fn add(&mut self, object: &str, fields: Value) -> Value {
        let now = self.now();
        let mut whole = template(object).map_or_else(Map::new, |known| known.required(now));
        if let Value::Object(fields) = fields {
            merge(&mut whole, fields);
        }
        whole.insert("object".to_owned(), object.into());
        self.state.insert(self.scope, whole.into())
    }

    /// Replaces fields of an object. Its `updated` event, with the previous values, is made if that
    /// changes anything.
    pub(super) fn change(&mut self, object: &Value, fields: Value) -> Value {
        let (changed, previous) = self.set(object, fields);
        if !previous.is_empty() {
            for name in event_names(&changed, "updated") {
                self.emit_with(name.as_str(), &changed, Some(previous.clone().into()));
            }
        }
        changed
    }

    /// Replaces fields of an object without an event. Returns the object and the previous values.
    pub(super) fn set(&mut self, object: &Value, fields: Value) -> (Value, Map<String, Value>) {
        let (name, id) = (text(object, "object"), text(object, "id"));
        let changed = self.state.update(self.scope, name, id, fields);
        let changed = changed.unwrap_or_else(|| object.clone());
        let previous = previous_values(object, &changed);
        (changed, previous)
    }

    pub(super) fn emit(&mut self, name: &str, object: &Value) {
        self.emit_with(name, object, None);
    }

    /// Makes an event about a connected account.
    pub(super) fn emit_about(&mut self, account: &str, name: &str, object: &Value) {
        let data = json!({ "object": object });
        self.state
            .create_event(self.scope, &self.origin, Some(account), name, data);
    }

    pub(super) fn emit_with(&mut self, name: &str, object: &Value, previous: Option<Value>) {
        let mut data = json!({ "object": object });
        if let Some(previous) = previous {
            data["previous_attributes"] = previous;
        }
        let is_connected = name.starts_with("account.") && object["object"] == "account";
        let account = is_connected.then(|| text(object, "id"));
        self.state
            .create_event(self.scope, &self.origin, account, name, data);
    }
}

/// The events that tell of an object's creation, change or end, as the catalogue has them.
pub(super) fn event_names(object: &Value, verb: &str) -> Vec<EventName> {
    let kind = text(object, "object");
    // The catalogue lets a customer's source be an account.
    if kind == "account" && verb != "updated" {
        return Vec::new();
    }
    let external = object["customer"].is_null();
    let fits = |name: &EventName| {
        let is_verb = name
            .as_str()
            .rsplit_once('.')
            .is_some_and(|(_, last)| last == verb);
        let is_own = match kind {
            "card" | "bank_account" => external == name.as_str().starts_with("account."),
            "account" => name.as_str() == "account.updated",
            _ => true,
        };
        is_verb && is_own && name.objects().contains(&kind)
    };
    EventName::known().filter(fits).collect()
}

/// The values that changed, as they were: of a hash only the changed fields.
pub(super) fn previous_values(before: &Value, after: &Value) -> Map<String, Value> {
    let empty = Map::new();
    let before = before.as_object().unwrap_or(&empty);
    let after = after.as_object().unwrap_or(&empty);

    let names = before
        .keys()
        .chain(after.keys().filter(|name| !before.contains_key(*name)));
    let mut previous = Map::new();
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        let value = match (old, new) {
            (Some(old @ Value::Object(_)), Some(new @ Value::Object(_))) => {
                previous_values(old, new).into()
            }
            (old, _) => old.cloned().unwrap_or_default(),
        };
        previous.insert(name.clone(), value);
    }
    previous
}

pub(super) fn number(value: &Value, field: &str) -> i64 {
    value[field].as_i64().unwrap_or_default()
}
