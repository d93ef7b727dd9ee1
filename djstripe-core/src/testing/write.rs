//! Creating, changing and deleting objects.

use djstripe_models::descriptor;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::read::deleted;
use super::route::{Route, Target};
use super::state::{Scope, State};

/// Parameters without which a webhook endpoint can't be made.
const ENDPOINT_NEEDS: [&str; 2] = ["enabled_events", "url"];

type Params = Map<String, Value>;

/// `POST`: to a list it creates, to an object it changes.
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
        Target::Singleton => Ok(set(state, scope, route.objects[0], params)),
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
    if let Some(id) = params.get("id").and_then(Value::as_str)
        && state.get(scope, object, id).is_some()
    {
        let (code, message) = (
            "resource_already_exists",
            format!("{object} already exists."),
        );
        return Err(Box::new(Answer::error(
            400,
            "invalid_request_error",
            Some(code),
            &message,
            Some("id"),
        )));
    }
    match object {
        "account" => {
            let id = params
                .get("id")
                .and_then(Value::as_str)
                .map_or_else(|| state.new_id(object), str::to_owned);
            state.connect(&id);
            params.insert("id".to_owned(), id.into());
        }
        "subscription" => list_items(state, scope, &mut params),
        "webhook_endpoint" => {
            if let Some(missing) = ENDPOINT_NEEDS
                .iter()
                .find(|name| !params.contains_key(**name))
            {
                return Err(Box::new(Answer::missing_parameter(missing)));
            }
            let secret = format!("whsec_{}", state.new_id("secret"));
            params.insert("status".to_owned(), "enabled".into());
            // It is shown this once.
            params.insert("secret".to_owned(), secret.into());
        }
        _ => {}
    }
    Ok(Answer::ok(state.insert(scope, Value::Object(params))))
}

/// The items that a subscription is created with, as the list that it has.
fn list_items(state: &mut State, scope: &Scope, params: &mut Params) {
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
        fields.insert("id".to_owned(), state.new_id("subscription_item").into());
        fields.insert("object".to_owned(), "subscription_item".into());
        items.push(Value::Object(fields));
    }
    params.insert(
        "items".to_owned(),
        json!({ "object": "list", "data": items, "has_more": false }),
    );
    params.entry("status").or_insert_with(|| "active".into());
}

/// Changes what there is only one of, or makes it.
fn set(state: &mut State, scope: &Scope, object: &str, params: Params) -> Answer {
    let mut value = state
        .all(scope, object)
        .into_iter()
        .next()
        .unwrap_or_else(|| json!({ "object": object }));
    if let Value::Object(fields) = &mut value {
        fields.extend(params);
    }
    Answer::ok(state.insert(scope, value))
}

/// The type and the present state of the object that the path names.
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
        params.insert(
            "status".to_owned(),
            if disabled == true {
                "disabled"
            } else {
                "enabled"
            }
            .into(),
        );
    }
    let changed = state.update(scope, object, id, Value::Object(params));
    changed
        .map(|value| Answer::ok(shown(value)))
        .ok_or_else(|| Box::new(Answer::missing(&[object], id, "id")))
}

/// `DELETE`. A subscription is canceled by it, and stays.
pub(super) fn delete(
    state: &mut State,
    scope: &Scope,
    route: &Route,
) -> Result<Answer, Box<Answer>> {
    let id = match &route.target {
        Target::One(id) => id.clone(),
        Target::Singleton if route.parent.is_some() => below(state, scope, route)?,
        _ => return Err(Box::new(Answer::invalid("This can't be deleted.", None))),
    };
    let (object, before) = current(state, scope, route, &id)?;
    if object == "subscription" {
        let now = state.now();
        let fields = json!({ "status": "canceled", "canceled_at": now, "ended_at": now });
        let canceled = state.update(scope, object, &id, fields);
        return Ok(Answer::ok(canceled.map(shown).unwrap_or_default()));
    }
    if descriptor(object).is_some_and(|known| known.delete.is_none()) && route.parent.is_none() {
        return Err(Box::new(Answer::invalid("This can't be deleted.", None)));
    }
    // A source is given back as it was.
    let answer = if object == "source" {
        shown(before.clone())
    } else {
        deleted(object, &id)
    };
    if object == "account" {
        state.disconnect(&id);
    }
    state.remove(scope, object, &id, true);
    Ok(Answer::ok(answer))
}

/// The id of the only object that the parent has.
fn below(state: &State, scope: &Scope, route: &Route) -> Result<String, Box<Answer>> {
    let shelf = state.shelf(scope, route.objects[0]);
    let found = shelf.and_then(|shelf| shelf.newest().find(|value| route.fits_parent(value)));
    let id = found
        .and_then(|value| value["id"].as_str())
        .map(str::to_owned);
    id.ok_or_else(|| Box::new(Answer::missing(&route.objects, "", "id")))
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
