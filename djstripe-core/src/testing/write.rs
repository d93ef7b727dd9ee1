//! `POST` and `DELETE`: creates, updates and deletes objects.

use djstripe_models::descriptor;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::read::deleted;
use super::route::{Route, Target};
use super::state::{Scope, State};

/// Parameters that Stripe requires to create a webhook endpoint.
const ENDPOINT_REQUIRES: [&str; 2] = ["enabled_events", "url"];

/// Items of a list within an object that Stripe returns with the object.
const EMBEDDED_LIMIT: usize = 10;

type Params = Map<String, Value>;

/// `POST`: creates an object of a list, or updates the one that the path names.
pub(super) fn post(
    state: &mut State,
    scope: &Scope,
    route: &Route,
    mut params: Params,
) -> Result<Answer, Box<Answer>> {
    params.remove("expand");
    match &route.target {
        Target::One(id) => update(state, scope, route, id, params),
        Target::List => create(state, scope, route, params),
        Target::Singleton => Ok(update_singleton(state, scope, route.objects[0], params)),
    }
}

fn create(
    state: &mut State,
    scope: &Scope,
    route: &Route,
    mut params: Params,
) -> Result<Answer, Box<Answer>> {
    let object = route.objects[0];
    params.retain(|_, value| !value.is_null());
    params.insert("object".to_owned(), object.into());
    if let Some((field, id)) = &route.parent {
        params.insert(field.clone(), id.clone().into());
    }

    let id = params.get("id").and_then(Value::as_str);
    if id.is_some_and(|id| state.get(scope, object, id).is_some()) {
        return Err(Box::new(Answer::already_exists(object)));
    }

    match object {
        "account" => {
            let id = id.map_or_else(|| state.new_id(object), str::to_owned);
            state.connect(&id);
            params.insert("id".to_owned(), id.into());
        }
        "subscription" => nest_items(state, scope, &mut params),
        "webhook_endpoint" => {
            let is_missing = |name: &&&str| !params.contains_key(**name);
            if let Some(missing) = ENDPOINT_REQUIRES.iter().find(is_missing) {
                return Err(Box::new(Answer::missing_parameter(missing)));
            }
            params.insert("status".to_owned(), "enabled".into());
            // Stripe returns the secret in this response only.
            let secret = format!("whsec_{}", state.new_id("secret"));
            params.insert("secret".to_owned(), secret.into());
        }
        _ => {}
    }

    Ok(Answer::ok(state.insert(scope, Value::Object(params))))
}

/// Turns the `items` that a subscription is created with into the list within the subscription.
fn nest_items(state: &mut State, scope: &Scope, params: &mut Params) {
    let Some(Value::Array(given)) = params.remove("items") else {
        return;
    };

    let mut items = Vec::with_capacity(given.len());
    for item in given {
        let Value::Object(mut fields) = item else {
            continue;
        };
        let price = fields
            .get("price")
            .and_then(Value::as_str)
            .and_then(|id| state.get(scope, "price", id))
            .cloned();
        if let Some(price) = price {
            fields.insert("price".to_owned(), price);
        }

        let id = state.new_id("subscription_item");
        fields.insert("id".to_owned(), id.into());
        fields.insert("object".to_owned(), "subscription_item".into());
        items.push(Value::Object(fields));
    }

    let list = json!({ "object": "list", "data": items, "has_more": false });
    params.insert("items".to_owned(), list);
    params.entry("status").or_insert_with(|| "active".into());
}

/// Updates the only object of its type, or creates it.
fn update_singleton(state: &mut State, scope: &Scope, object: &str, params: Params) -> Answer {
    let existing = state.all(scope, object).into_iter().next();
    let mut value = existing.unwrap_or_else(|| json!({ "object": object }));
    if let Value::Object(fields) = &mut value {
        fields.extend(params);
    }
    Answer::ok(state.insert(scope, value))
}

/// The object that the path names, and its type.
fn current<'s>(
    state: &'s State,
    scope: &Scope,
    route: &Route,
    id: &str,
) -> Result<(&'static str, &'s Value), Box<Answer>> {
    let mut objects = route.objects.iter().copied();
    let found = objects.find_map(|object| Some((object, state.get(scope, object, id)?)));
    let found = found.filter(|(_, value)| route.fits_parent(value));
    found.ok_or_else(|| Box::new(Answer::missing(&route.objects, id, "id")))
}

fn update(
    state: &mut State,
    scope: &Scope,
    route: &Route,
    id: &str,
    mut params: Params,
) -> Result<Answer, Box<Answer>> {
    let (object, before) = current(state, scope, route, id)?;

    match params.remove("metadata") {
        None => {}
        // Stripe merges metadata: an empty string removes a key, all other keys stay.
        Some(Value::Object(changes)) => {
            let mut metadata = before["metadata"].as_object().cloned().unwrap_or_default();
            metadata.extend(changes);
            metadata.retain(|_, value| value != "");
            params.insert("metadata".to_owned(), metadata.into());
        }
        Some(_) => drop(params.insert("metadata".to_owned(), json!({}))),
    }

    if object == "webhook_endpoint"
        && let Some(disabled) = params.remove("disabled")
    {
        let status = if disabled == true {
            "disabled"
        } else {
            "enabled"
        };
        params.insert("status".to_owned(), status.into());
    }

    let updated = state.update(scope, object, id, Value::Object(params));
    updated
        .map(|value| Answer::ok(as_returned(value)))
        .ok_or_else(|| Box::new(Answer::missing(&[object], id, "id")))
}

/// `DELETE`. For a subscription this means to cancel it: the object stays.
pub(super) fn delete(
    state: &mut State,
    scope: &Scope,
    route: &Route,
) -> Result<Answer, Box<Answer>> {
    let id = match &route.target {
        Target::One(id) => id.clone(),
        Target::Singleton if route.parent.is_some() => only_child(state, scope, route)?,
        _ => return Err(Box::new(Answer::not_deletable())),
    };
    let (object, before) = current(state, scope, route, &id)?;

    if object == "subscription" {
        let now = state.now();
        let fields = json!({ "status": "canceled", "canceled_at": now, "ended_at": now });
        let canceled = state.update(scope, object, &id, fields);
        return Ok(Answer::ok(canceled.map(as_returned).unwrap_or_default()));
    }
    if descriptor(object).is_some_and(|known| known.delete.is_none()) && route.parent.is_none() {
        return Err(Box::new(Answer::not_deletable()));
    }

    // Stripe returns a detached source as it was before.
    let body = if object == "source" {
        as_returned(before.clone())
    } else {
        deleted(object, &id)
    };
    if object == "account" {
        state.disconnect(&id);
    }
    state.remove(scope, object, &id);
    Ok(Answer::ok(body))
}

/// The id of the only object that belongs to the parent.
fn only_child(state: &State, scope: &Scope, route: &Route) -> Result<String, Box<Answer>> {
    let found = state
        .collection(scope, route.objects[0])
        .and_then(|collection| collection.newest().find(|value| route.fits_parent(value)));
    let id = found
        .and_then(|value| value["id"].as_str())
        .map(str::to_owned);
    id.ok_or_else(|| Box::new(Answer::missing(&route.objects, "", "id")))
}

/// An object as Stripe returns it: without hidden fields, and with long lists cut off.
pub(super) fn as_returned(mut value: Value) -> Value {
    let object = value["object"].as_str().unwrap_or_default().to_owned();
    if let Value::Object(fields) = &mut value {
        match object.as_str() {
            "webhook_endpoint" => drop(fields.remove("secret")),
            // The list is filtered by the customer, but its objects don't have the field.
            "entitlements.active_entitlement" => drop(fields.remove("customer")),
            _ => {}
        }
        fields.values_mut().for_each(truncate_list);
    }
    value
}

fn truncate_list(value: &mut Value) {
    if value["object"] != "list" {
        return;
    }
    if let Some(Value::Array(items)) = value.get_mut("data")
        && items.len() > EMBEDDED_LIMIT
    {
        items.truncate(EMBEDDED_LIMIT);
        value["has_more"] = true.into();
    }
}
