//! Subscriptions and quotes.
//!
//! Source: [How subscriptions work](https://docs.stripe.com/billing/subscriptions/overview).

use serde_json::{Map, Value, json};

use super::invoices::{self, period_of, required};
use super::methods;
use crate::testing::answer::Answer;
use crate::testing::writer::{Outcome, Writer, number};
use crate::webhook::sample::fields::text;
use crate::webhook::sample::template::{PERIOD, template};

/// A trial that ends sooner than this is announced at once: three days.
const ANNOUNCED: i64 = 3 * 86_400;

/// `POST /v1/subscriptions`.
pub(in crate::testing) fn create(writer: &mut Writer<'_>, params: Map<String, Value>) -> Outcome {
    let given = Value::Object(params.clone());
    let customer = required(&given, "customer")?;
    let now = clock(writer, &customer);
    let id = writer.state.new_id("subscription");
    let items = items(writer, &id, &given["items"], now)?;

    let trial_end = match (&given["trial_end"], given["trial_period_days"].as_i64()) {
        (_, Some(days)) => Some(now + days * 86_400),
        (end, None) => end.as_i64().filter(|end| *end > now),
    };
    let method = match given["default_payment_method"].as_str() {
        Some(name) => Some(methods::resolve(writer, name)?),
        None => None,
    };

    let known = template("subscription");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    let currency = items
        .first()
        .map_or("usd", |item| text(&item["price"], "currency"));
    for (name, value) in [
        ("id", json!(id)),
        ("currency", json!(currency)),
        (
            "items",
            list(&items, &format!("/v1/subscription_items?subscription={id}")),
        ),
        ("start_date", json!(now)),
        ("billing_cycle_anchor", json!(trial_end.unwrap_or(now))),
        ("trial_start", trial_end.map_or(Value::Null, |_| json!(now))),
        ("trial_end", json!(trial_end)),
        (
            "default_payment_method",
            method.as_ref().map_or(Value::Null, |it| it["id"].clone()),
        ),
        ("collection_method", json!("charge_automatically")),
        ("test_clock", test_clock(writer, &customer)),
    ] {
        fields[name] = match (name, &given[name]) {
            ("collection_method", Value::String(given)) => given.clone().into(),
            _ => value,
        };
    }

    let (invoice, status) = first_invoice(writer, &customer, &fields, &items, trial_end.is_some())?;
    fields["latest_invoice"] = invoice["id"].clone();
    fields["status"] = match (&given["status"], trial_end) {
        (_, Some(_)) => "trialing".into(),
        (_, None) => status.into(),
    };
    let subscription = writer.create("subscription", fields);
    if trial_end.is_some_and(|end| end - now <= ANNOUNCED) {
        writer.emit("customer.subscription.trial_will_end", &subscription);
    }
    Ok(subscription)
}

/// The time of the customer's test clock, or of the fake.
pub(super) fn clock(writer: &Writer<'_>, customer: &str) -> i64 {
    let id = test_clock(writer, customer);
    let clock = id
        .as_str()
        .and_then(|id| writer.get("test_helpers.test_clock", id));
    clock.map_or_else(|| writer.now(), |clock| number(&clock, "frozen_time"))
}

/// The id of the customer's test clock.
pub(super) fn test_clock(writer: &Writer<'_>, customer: &str) -> Value {
    let customer = writer.get("customer", customer).unwrap_or_default();
    customer["test_clock"].clone()
}

pub(super) fn list(items: &[Value], url: &str) -> Value {
    json!({
        "object": "list", "data": items, "has_more": false, "total_count": items.len(), "url": url,
    })
}

/// The items that a subscription is created with.
fn items(
    writer: &mut Writer<'_>,
    subscription: &str,
    given: &Value,
    now: i64,
) -> Result<Vec<Value>, Box<Answer>> {
    let mut items = Vec::new();
    for given in given.as_array().into_iter().flatten() {
        let price = [&given["price"], &given["plan"]]
            .into_iter()
            .find_map(Value::as_str);
        let price = match (price, &given["price_data"]) {
            (Some(id), _) => invoices::price(writer, id),
            (None, Value::Object(described)) => {
                writer.add("price", Value::Object(described.clone()))
            }
            (None, _) => return Err(Box::new(Answer::missing_parameter("items[0][price]"))),
        };

        let known = template("subscription_item");
        let mut item = Value::Object(known.map_or_else(Map::new, |known| known.required(now)));
        item["id"] = writer.state.new_id("subscription_item").into();
        item["subscription"] = subscription.into();
        item["created"] = now.into();
        item["current_period_start"] = now.into();
        item["current_period_end"] = period_of(&price, now).into();
        item["quantity"] = given["quantity"].as_i64().unwrap_or(1).into();
        item["price"] = price;
        if given["metadata"].is_object() {
            item["metadata"] = given["metadata"].clone();
        }
        items.push(item);
    }
    Ok(items)
}

/// Makes the invoice of a new subscription and collects it. Returns the subscription's status too.
fn first_invoice(
    writer: &mut Writer<'_>,
    customer: &str,
    subscription: &Value,
    items: &[Value],
    is_trial: bool,
) -> Result<(Value, &'static str), Box<Answer>> {
    let id = writer.state.new_id("invoice");
    let lines: Vec<Value> = items
        .iter()
        .map(|item| line(writer, &id, subscription, item, is_trial))
        .collect();
    let parent = json!({
        "quote_details": null, "type": "subscription_details",
        "subscription_details": {
            "metadata": subscription["metadata"], "subscription": subscription["id"],
        },
    });
    let collection = subscription["collection_method"].clone();
    let fields = json!({
        "id": id, "parent": parent, "billing_reason": "subscription_create",
        "collection_method": collection, "auto_advance": true,
        "default_payment_method": subscription["default_payment_method"],
    });
    let invoice = invoices::draft(writer, customer, &lines, fields);

    if collection == "send_invoice" {
        return Ok((invoice, "active"));
    }
    let invoice = invoices::finalize(writer, &invoice)?;
    if invoice["status"] == "paid" {
        return Ok((invoice, "active"));
    }
    let method = invoices::method_of(writer, &invoice)?;
    let (invoice, _) = invoices::collect(writer, &invoice, &method)?;
    let status = if invoice["status"] == "paid" {
        "active"
    } else {
        "incomplete"
    };
    Ok((invoice, status))
}

/// The line of a subscription's item.
fn line(
    writer: &mut Writer<'_>,
    invoice: &str,
    subscription: &Value,
    item: &Value,
    is_trial: bool,
) -> Value {
    let price = &item["price"];
    let amount = if is_trial {
        0
    } else {
        number(price, "unit_amount") * number(item, "quantity")
    };
    let parent = json!({
        "invoice_item_details": null, "type": "subscription_item_details",
        "subscription_item_details": {
            "invoice_item": null, "proration": false, "proration_details": null,
            "subscription": subscription["id"], "subscription_item": item["id"],
        },
    });
    let fields = json!({
        "invoice": invoice, "amount": amount, "subtotal": amount, "currency": price["currency"],
        "subscription": subscription["id"], "parent": parent, "quantity": item["quantity"],
        "period": { "start": item["current_period_start"], "end": item["current_period_end"] },
        "pricing": {
            "price_details": { "price": price["id"], "product": price["product"] },
            "type": "price_details",
            "unit_amount_decimal": number(price, "unit_amount").to_string(),
        },
    });
    invoices::line(writer, fields)
}

/// `POST /v1/subscriptions/{subscription}`: what the parameters mean beyond their fields.
pub(in crate::testing) fn update(
    writer: &mut Writer<'_>,
    before: &Value,
    params: &mut Map<String, Value>,
) -> Result<Option<&'static str>, Box<Answer>> {
    if let Some(given) = params.remove("items") {
        params.insert("items".to_owned(), changed_items(writer, before, &given)?);
    }
    if params.get("trial_end").is_none_or(|end| end != "now") {
        return Ok(None);
    }

    let now = clock(writer, text(before, "customer"));
    params.insert("trial_end".to_owned(), now.into());
    let behavior = text(
        &before["trial_settings"]["end_behavior"],
        "missing_payment_method",
    );
    let has_method = !before["default_payment_method"].is_null()
        || methods::of_customer(writer, text(before, "customer")).is_some();
    let (status, event) = match (has_method, behavior) {
        (false, "pause") => ("paused", Some("customer.subscription.paused")),
        (false, "cancel") => ("canceled", Some("customer.subscription.deleted")),
        _ => ("active", None),
    };
    params.insert("status".to_owned(), status.into());
    Ok(event)
}

/// The items after a change of some of them.
fn changed_items(
    writer: &mut Writer<'_>,
    before: &Value,
    given: &Value,
) -> Result<Value, Box<Answer>> {
    let id = text(before, "id").to_owned();
    let now = clock(writer, text(before, "customer"));
    let mut items = before["items"]["data"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    for given in given.as_array().into_iter().flatten() {
        let Some(known) = given["id"].as_str() else {
            items.extend(self::items(writer, &id, &json!([given]), now)?);
            continue;
        };
        if given["deleted"] == true {
            items.retain(|item| item["id"] != known);
        }
        for item in items.iter_mut().filter(|item| item["id"] == known) {
            if let Some(price) = given["price"].as_str() {
                item["price"] = invoices::price(writer, price);
            }
            if let Some(quantity) = given["quantity"].as_i64() {
                item["quantity"] = quantity.into();
            }
        }
    }
    Ok(list(
        &items,
        &format!("/v1/subscription_items?subscription={id}"),
    ))
}

/// `POST /v1/quotes`.
pub(in crate::testing) fn create_quote(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let given = Value::Object(params.clone());
    let id = writer.state.new_id("quote");
    let items = line_items(writer, &given["line_items"])?;
    let total: i64 = items.iter().map(|item| number(item, "amount_total")).sum();
    let now = writer.now();

    let known = template("quote");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    fields["currency"] = items
        .first()
        .map_or("usd".into(), |item| item["currency"].clone());
    fields["line_items"] = list(&items, &format!("/v1/quotes/{id}/line_items"));
    fields["id"] = id.into();
    fields["amount_subtotal"] = total.into();
    fields["amount_total"] = total.into();
    fields["status"] = "draft".into();
    fields["expires_at"] = (now + PERIOD).into();
    Ok(writer.create("quote", fields))
}

/// The lines of a quote or of a checkout session.
pub(super) fn line_items(
    writer: &mut Writer<'_>,
    given: &Value,
) -> Result<Vec<Value>, Box<Answer>> {
    let now = writer.now();
    let mut items = Vec::new();
    for given in given.as_array().into_iter().flatten() {
        let price = match (given["price"].as_str(), &given["price_data"]) {
            (Some(id), _) => invoices::price(writer, id),
            (None, Value::Object(described)) => {
                writer.add("price", Value::Object(described.clone()))
            }
            (None, _) => return Err(Box::new(Answer::missing_parameter("line_items[0][price]"))),
        };
        let quantity = given["quantity"].as_i64().unwrap_or(1);
        let amount = number(&price, "unit_amount") * quantity;

        let known = template("item");
        let mut item = Value::Object(known.map_or_else(Map::new, |known| known.required(now)));
        item["id"] = writer.state.new_id("item").into();
        item["currency"] = price["currency"].clone();
        item["amount_subtotal"] = amount.into();
        item["amount_total"] = amount.into();
        item["quantity"] = quantity.into();
        item["price"] = price;
        items.push(item);
    }
    Ok(items)
}

/// `POST /v1/quotes/{quote}/finalize`.
pub(in crate::testing) fn finalize_quote(writer: &mut Writer<'_>, quote: &Value) -> Outcome {
    let mut times = quote["status_transitions"].clone();
    times["finalized_at"] = writer.now().into();
    let number_of = writer.state.new_id("quote").to_uppercase();
    let fields = json!({ "status": "open", "number": number_of, "status_transitions": times });
    let quote = writer.change(quote, fields);
    writer.emit("quote.finalized", &quote);
    Ok(quote)
}

/// `POST /v1/quotes/{quote}/accept`: what was offered begins.
pub(in crate::testing) fn accept_quote(writer: &mut Writer<'_>, quote: &Value) -> Outcome {
    let mut times = quote["status_transitions"].clone();
    times["accepted_at"] = writer.now().into();
    let mut fields = json!({ "status": "accepted", "status_transitions": times });

    let offered = quote["line_items"]["data"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let is_recurring = |item: &&Value| item["price"]["recurring"].is_object();
    let items: Vec<Value> = offered
        .iter()
        .filter(is_recurring)
        .map(|item| json!({ "price": item["price"]["id"], "quantity": item["quantity"] }))
        .collect();
    if !items.is_empty() {
        let params = json!({ "customer": quote["customer"], "items": items });
        let subscription = create(writer, params.as_object().cloned().unwrap_or_default())?;
        fields["subscription"] = subscription["id"].clone();
        fields["invoice"] = subscription["latest_invoice"].clone();
    }

    let quote = writer.change(quote, fields);
    writer.emit("quote.accepted", &quote);
    Ok(quote)
}

/// `POST /v1/quotes/{quote}/cancel`.
pub(in crate::testing) fn cancel_quote(writer: &mut Writer<'_>, quote: &Value) -> Outcome {
    let mut times = quote["status_transitions"].clone();
    times["canceled_at"] = writer.now().into();
    let fields = json!({ "status": "canceled", "status_transitions": times });
    let quote = writer.change(quote, fields);
    writer.emit("quote.canceled", &quote);
    Ok(quote)
}
