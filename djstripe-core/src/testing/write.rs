//! `POST` and `DELETE`: creates, updates and deletes objects, with the events that tell of it.

use djstripe_models::descriptor;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::flows::{
    balance, catalog, checkout, invoices, issuing, methods, payments, schedules, setups,
    subscriptions,
};
use super::read::deleted;
use super::route::{Route, Target};
use super::state::{Scope, State};
use super::writer::{Outcome, Writer, event_names};
use crate::webhook::sample::fields::text;
use crate::webhook::sample::template::template;

/// Parameters that Stripe requires to create a webhook endpoint.
const ENDPOINT_REQUIRES: [&str; 2] = ["enabled_events", "url"];

/// Items of a list within an object that Stripe returns with the object.
const EMBEDDED_LIMIT: usize = 10;

type Params = Map<String, Value>;
type Create = fn(&mut Writer<'_>, Params) -> Outcome;

/// By the object, what creates it. All others consist of their parameters.
const CREATED: [(&str, Create); 25] = [
    ("account", create_account),
    ("checkout.session", checkout::create),
    ("coupon", catalog::create_coupon),
    ("credit_note", invoices::credit),
    ("customer", catalog::create_customer),
    ("identity.verification_session", catalog::verify_identity),
    ("invoice", invoices::create),
    ("invoiceitem", invoices::create_item),
    ("issuing.card", issuing::create_card),
    ("payment_intent", payments::create),
    ("payment_link", catalog::create_link),
    ("payment_method", methods::create),
    ("payout", balance::pay_out),
    ("plan", catalog::create_plan),
    ("price", catalog::create_price),
    ("promotion_code", catalog::create_code),
    ("quote", subscriptions::create_quote),
    ("refund", balance::refund),
    ("reporting.report_run", catalog::run_report),
    ("setup_intent", setups::create),
    ("subscription", subscriptions::create),
    ("subscription_schedule", schedules::create),
    ("test_helpers.test_clock", catalog::create_clock),
    ("topup", balance::top_up),
    ("transfer", balance::transfer),
];

/// `POST`: creates an object of a list, or updates the one that the path names.
pub(super) fn post(writer: &mut Writer<'_>, route: &Route, mut params: Params) -> Outcome {
    params.remove("expand");
    match &route.target {
        Target::One(id) => update(writer, route, id, params),
        Target::List => create(writer, route, params),
        Target::Singleton => Ok(update_singleton(writer, route.objects[0], params)),
    }
}

fn create(writer: &mut Writer<'_>, route: &Route, mut params: Params) -> Outcome {
    let object = route.objects[0];
    params.retain(|_, value| !value.is_null());

    let id = params.get("id").and_then(Value::as_str);
    if id.is_some_and(|id| writer.get(object, id).is_some()) {
        return Err(Box::new(Answer::already_exists(object)));
    }
    if let Some((field, id)) = &route.parent {
        let token = params.get("source").is_some_and(Value::is_string);
        match (object, &**field) {
            ("bank_account" | "card", "customer") if token => {
                return methods::create_source(writer, id, &params.into());
            }
            ("transfer_reversal", _) => return balance::reverse(writer, id, params),
            _ => drop(params.insert(field.clone(), id.clone().into())),
        }
    }

    if let Some((_, create)) = CREATED.iter().find(|(name, _)| *name == object) {
        return create(writer, params);
    }
    if object == "webhook_endpoint" {
        return create_endpoint(writer, params);
    }
    let parent = route
        .parent
        .as_ref()
        .and_then(|(field, _)| Some((field.clone(), params.get(field)?.clone())));
    let mut fields = template(object).map_or_else(Map::new, |known| known.known(params));
    fields.extend(parent);
    Ok(writer.create(object, fields.into()))
}

fn create_account(writer: &mut Writer<'_>, mut params: Params) -> Outcome {
    let id = params.get("id").and_then(Value::as_str);
    let id = id.map_or_else(|| writer.state.new_id("account"), str::to_owned);
    writer.state.connect(&id);
    params.insert("id".to_owned(), id.into());
    params.entry("type").or_insert_with(|| "standard".into());
    for name in ["charges_enabled", "payouts_enabled", "details_submitted"] {
        params.entry(name).or_insert_with(|| false.into());
    }
    let fields = template("account").map_or_else(Map::new, |known| known.known(params));
    Ok(writer.add("account", fields.into()))
}

fn create_endpoint(writer: &mut Writer<'_>, mut params: Params) -> Outcome {
    let is_missing = |name: &&&str| !params.contains_key(**name);
    if let Some(missing) = ENDPOINT_REQUIRES.iter().find(is_missing) {
        return Err(Box::new(Answer::missing_parameter(missing)));
    }
    params.insert("status".to_owned(), "enabled".into());
    // Stripe returns the secret in this response only.
    let secret = format!("whsec_{}", writer.state.new_id("secret"));
    params.insert("secret".to_owned(), secret.into());
    Ok(writer.add("webhook_endpoint", params.into()))
}

/// Updates the only object of its type, or creates it.
fn update_singleton(writer: &mut Writer<'_>, object: &str, params: Params) -> Value {
    let existing = writer.state.all(writer.scope, object).into_iter().next();
    let before = existing.unwrap_or_else(|| writer.add(object, json!({})));
    let mut value = before.clone();
    if let Value::Object(fields) = &mut value {
        fields.extend(params);
    }
    let value = writer.state.insert(writer.scope, value);
    if value != before {
        for name in event_names(&value, "updated") {
            writer.emit(name.as_str(), &value);
        }
    }
    value
}

/// The object that the path names.
fn current(writer: &Writer<'_>, route: &Route, id: &str) -> Outcome {
    let found = writer.state.find(writer.scope, &route.objects, id);
    let found = found.filter(|value| route.fits_parent(value));
    found
        .cloned()
        .ok_or_else(|| Box::new(Answer::missing(&route.objects, id, "id")))
}

fn update(writer: &mut Writer<'_>, route: &Route, id: &str, mut params: Params) -> Outcome {
    let before = current(writer, route, id)?;
    let object = text(&before, "object").to_owned();

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

    let mut event = None;
    match &*object {
        "customer" => event = catalog::change_customer(writer, &before, &mut params)?,
        "subscription" => {
            let name = subscriptions::update(writer, &before, &mut params)?;
            event = name.map(|name| (name, Value::Null));
        }
        "webhook_endpoint" => change_endpoint(&mut params),
        _ => {}
    }
    let fields = match template(&object) {
        Some(known) => nested(&before, known.known(params)),
        None => params,
    };

    let after = writer.change(&before, fields.into());
    if let Some((name, object)) = event {
        let object = if object.is_null() { &after } else { &object };
        writer.emit(name, object);
    }
    Ok(as_returned(after))
}

/// The fields with what the object has within them: a parameter changes no more than it names.
fn nested(before: &Value, fields: Params) -> Params {
    let fields = fields.into_iter().map(|(name, value)| {
        let value = match (&before[&name], value) {
            (Value::Object(old), Value::Object(new))
                if name != "metadata" && !new.contains_key("object") =>
            {
                let mut whole = old.clone();
                crate::webhook::sample::template::merge(&mut whole, new);
                whole.into()
            }
            (_, value) => value,
        };
        (name, value)
    });
    fields.collect()
}

fn change_endpoint(params: &mut Params) {
    if let Some(disabled) = params.remove("disabled") {
        let status = if disabled == true {
            "disabled"
        } else {
            "enabled"
        };
        params.insert("status".to_owned(), status.into());
    }
}

/// `DELETE`. For a subscription this means to cancel it: the object stays.
pub(super) fn delete(writer: &mut Writer<'_>, route: &Route) -> Outcome {
    let id = match &route.target {
        Target::One(id) => id.clone(),
        Target::Singleton if route.parent.is_some() => {
            only_child(writer.state, writer.scope, route)?
        }
        _ => return Err(Box::new(Answer::not_deletable())),
    };
    let before = current(writer, route, &id)?;
    let object = text(&before, "object").to_owned();

    if object == "subscription" {
        let now = writer.now();
        let fields = json!({ "status": "canceled", "canceled_at": now, "ended_at": now });
        let (canceled, _) = writer.set(&before, fields);
        writer.emit("customer.subscription.deleted", &canceled);
        return Ok(as_returned(canceled));
    }
    if descriptor(&object).is_some_and(|known| known.delete.is_none()) && route.parent.is_none() {
        return Err(Box::new(Answer::not_deletable()));
    }

    writer.state.remove(writer.scope, &object, &id);
    for name in event_names(&before, "deleted") {
        writer.emit(name.as_str(), &before);
    }
    if object == "account" {
        writer.state.disconnect(&id);
        let application = json!({ "id": "ca_fake", "object": "application", "name": "Fake" });
        writer.emit_about(&id, "account.application.deauthorized", &application);
    }
    // Stripe returns a detached source as it was before.
    Ok(match &*object {
        "source" => as_returned(before),
        _ => deleted(&object, &id),
    })
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
