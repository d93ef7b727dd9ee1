//! Creating, changing and deleting objects.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::route::{Route, Target};
use super::state::{Scope, State};

/// `POST`: to a list it creates, to an object it changes.
pub(super) fn post(state: &mut State, scope: &Scope, route: &Route, params: Map<String, Value>) -> Answer {
    match &route.target {
        Target::One(id) => update(state, scope, route.objects[0], id, params),
        Target::List => create(state, scope, route, params),
        Target::Singleton => Answer::invalid("This can't be changed here.", None),
    }
}

fn create(state: &mut State, scope: &Scope, route: &Route, mut params: Map<String, Value>) -> Answer {
    let object = route.objects[0];
    params.remove("expand");
    params.retain(|_, value| !value.is_null());
    params.insert("object".to_owned(), object.into());
    if let Some((field, id)) = &route.parent {
        params.insert(field.clone(), id.clone().into());
    }
    if let Some(id) = params.get("id").and_then(Value::as_str)
        && state.get(scope, object, id).is_some()
    {
        let message = format!("{object} already exists.");
        return Answer::error(400, "invalid_request_error", Some("resource_already_exists"), &message, Some("id"));
    }
    if object == "webhook_endpoint" {
        let secret = format!("whsec_{}", state.new_id("secret"));
        params.insert("status".to_owned(), "enabled".into());
        params.insert("secret".to_owned(), secret.into());
    }
    // Its secret is shown this once.
    Answer::ok(state.insert(scope, Value::Object(params)))
}

fn update(state: &mut State, scope: &Scope, object: &str, id: &str, mut params: Map<String, Value>) -> Answer {
    params.remove("expand");
    let Some(current) = state.get(scope, object, id) else { return Answer::missing(object, id, "id") };
    if let Some(Value::Object(changes)) = params.remove("metadata") {
        let mut metadata = current["metadata"].as_object().cloned().unwrap_or_default();
        metadata.extend(changes);
        metadata.retain(|_, value| value != "");
        params.insert("metadata".to_owned(), metadata.into());
    }
    if object == "webhook_endpoint"
        && let Some(disabled) = params.remove("disabled")
    {
        params.insert("status".to_owned(), if disabled == true { "disabled" } else { "enabled" }.into());
    }
    match state.update(scope, object, id, Value::Object(params)) {
        Some(value) => Answer::ok(shown(value)),
        None => Answer::missing(object, id, "id"),
    }
}

/// `DELETE`. A subscription is canceled by it, and stays.
pub(super) fn delete(state: &mut State, scope: &Scope, route: &Route) -> Answer {
    let Target::One(id) = &route.target else { return Answer::invalid("This can't be deleted.", None) };
    let object = route.objects[0];
    if object == "subscription" {
        let now = state.now();
        let fields = json!({ "status": "canceled", "canceled_at": now, "ended_at": now });
        return state.update(scope, object, id, fields).map_or_else(|| Answer::missing(object, id, "id"), Answer::ok);
    }
    match state.remove(scope, object, id, true) {
        Some(_) => Answer::ok(json!({ "id": id, "object": object, "deleted": true })),
        None => Answer::missing(object, id, "id"),
    }
}

/// An object without what Stripe doesn't show.
pub(super) fn shown(mut value: Value) -> Value {
    let object = value["object"].as_str().unwrap_or_default().to_owned();
    if let Value::Object(fields) = &mut value {
        match object.as_str() {
            "webhook_endpoint" => drop(fields.remove("secret")),
            // Whose it is, is only known to the list.
            "entitlements.active_entitlement" => drop(fields.remove("customer")),
            _ => {}
        }
        fields.values_mut().for_each(cut_embedded_list);
    }
    value
}

/// A list within an object shows its first ten.
fn cut_embedded_list(value: &mut Value) {
    if value["object"] != "list" {
        return;
    }
    if let Some(Value::Array(items)) = value.get_mut("data")
        && items.len() > 10
    {
        items.truncate(10);
        value["has_more"] = true.into();
    }
}
