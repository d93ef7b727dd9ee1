//! Checkout sessions, and the page on which a customer completes one.
//!
//! Source: [How Checkout works](https://docs.stripe.com/payments/checkout/how-checkout-works).

use serde_json::{Map, Value, json};

use super::subscriptions::{self, line_items, list};
use super::{methods, payments};
use crate::testing::answer::Answer;
use crate::testing::writer::{Outcome, Writer, number};
use crate::webhook::sample::fields::text;
use crate::webhook::sample::template::template;

/// `POST /v1/checkout/sessions`.
pub(in crate::testing) fn create(writer: &mut Writer<'_>, params: Map<String, Value>) -> Outcome {
    let given = Value::Object(params.clone());
    if let Some(customer) = given["customer"].as_str() {
        writer.named("customer", customer, "customer")?;
    }
    let id = writer.state.new_id("checkout.session");
    let items = line_items(writer, &given["line_items"])?;
    let total: i64 = items.iter().map(|item| number(item, "amount_total")).sum();
    let now = writer.now();

    let known = template("checkout.session");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    for (name, value) in [
        (
            "line_items",
            list(&items, &format!("/v1/checkout/sessions/{id}/line_items")),
        ),
        (
            "url",
            format!("https://checkout.stripe.com/c/pay/{id}").into(),
        ),
        ("id", id.clone().into()),
        (
            "currency",
            items
                .first()
                .map_or(Value::Null, |item| item["currency"].clone()),
        ),
        ("amount_subtotal", total.into()),
        ("amount_total", total.into()),
        (
            "total_details",
            json!({ "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 }),
        ),
        ("status", "open".into()),
        ("payment_status", "unpaid".into()),
        ("expires_at", (now + 86_400).into()),
    ] {
        fields[name] = value;
    }
    for (name, default) in [
        ("mode", json!("payment")),
        ("payment_method_types", json!(["card"])),
    ] {
        if fields[name].is_null() {
            fields[name] = default;
        }
    }

    let session = writer.create("checkout.session", fields);
    let intent = given["payment_intent_data"].clone();
    writer.state.payment_data.insert(id, intent);
    Ok(session)
}

/// `POST /v1/checkout/sessions/{session}/expire`.
pub(in crate::testing) fn expire(writer: &mut Writer<'_>, session: &Value) -> Outcome {
    let (session, _) = writer.set(session, json!({ "status": "expired", "url": null }));
    writer.emit("checkout.session.expired", &session);
    Ok(session)
}

/// `POST /v1/payment_pages/{session}/confirm`: the customer completes the session.
pub(in crate::testing) fn complete(writer: &mut Writer<'_>, id: &str, params: &Value) -> Outcome {
    let session = writer.named("checkout.session", id, "id")?;
    if session["status"] != "open" {
        let message = "This Checkout Session is not open any more.";
        return Err(Box::new(Answer::invalid(message, None)));
    }
    let expected = params["expected_amount"].as_i64();
    if expected.is_some_and(|amount| amount != number(&session, "amount_total")) {
        let message = "The amount is not the one that was expected.";
        return Err(Box::new(Answer::invalid(message, Some("expected_amount"))));
    }
    let Some(method) = methods::given(writer, params)? else {
        return Err(Box::new(Answer::missing_parameter("payment_method")));
    };

    match text(&session, "mode") {
        "subscription" => subscribe(writer, &session, &method),
        "setup" => finish(
            writer,
            &session,
            &method,
            json!({ "payment_status": "no_payment_required" }),
        ),
        _ => pay(writer, &session, &method),
    }
}

/// Ends an open session.
fn finish(writer: &mut Writer<'_>, session: &Value, method: &Value, mut fields: Value) -> Outcome {
    let details = &method["billing_details"];
    fields["status"] = "complete".into();
    fields["url"] = Value::Null;
    fields["customer_details"] = json!({
        "address": details["address"], "email": details["email"], "name": details["name"],
        "phone": details["phone"], "tax_exempt": "none", "tax_ids": [],
    });
    let (session, _) = writer.set(session, fields);
    writer.emit("checkout.session.completed", &session);
    Ok(session)
}

fn pay(writer: &mut Writer<'_>, session: &Value, method: &Value) -> Outcome {
    let data = writer.state.payment_data.get(text(session, "id")).cloned();
    let mut fields = data
        .and_then(|data| data.as_object().cloned())
        .unwrap_or_default();
    for name in ["currency", "customer", "payment_method_types"] {
        fields.insert(name.to_owned(), session[name].clone());
    }
    fields.insert("amount".to_owned(), session["amount_total"].clone());
    let intent = payments::new(writer, fields, Some(method));

    // A payment that takes days is decided after the session is complete.
    if method["type"] != "card" {
        let unpaid = json!({ "payment_intent": intent["id"], "payment_status": "unpaid" });
        let session = finish(writer, session, method, unpaid)?;
        return decide_later(writer, &session, &intent);
    }

    let attempt = payments::confirm(writer, &intent)?;
    if let Some(refusal) = attempt.refusal {
        return Err(refusal);
    }
    if attempt.intent["status"] == "requires_action" {
        return Ok(session.clone());
    }
    let paid = json!({ "payment_intent": intent["id"], "payment_status": "paid" });
    finish(writer, session, method, paid)
}

fn decide_later(writer: &mut Writer<'_>, session: &Value, intent: &Value) -> Outcome {
    let attempt = payments::confirm(writer, intent)?;
    match text(&attempt.intent, "status") {
        "succeeded" => {
            let (session, _) = writer.set(session, json!({ "payment_status": "paid" }));
            writer.emit("checkout.session.async_payment_succeeded", &session);
            Ok(session)
        }
        "requires_payment_method" => {
            writer.emit("checkout.session.async_payment_failed", session);
            Ok(session.clone())
        }
        _ => Ok(session.clone()),
    }
}

fn subscribe(writer: &mut Writer<'_>, session: &Value, method: &Value) -> Outcome {
    let customer = match text(session, "customer") {
        "" => {
            let details = &method["billing_details"];
            let email = [&session["customer_email"], &details["email"]];
            let email = email.into_iter().find(|email| !email.is_null());
            let fields = json!({ "email": email, "name": details["name"] });
            text(&writer.create("customer", fields), "id").to_owned()
        }
        known => known.to_owned(),
    };
    methods::attach_to(writer, method, &customer);

    let lines = session["line_items"]["data"]
        .as_array()
        .into_iter()
        .flatten();
    let items: Vec<Value> = lines
        .map(|item| json!({ "price": item["price"]["id"], "quantity": item["quantity"] }))
        .collect();
    let params = json!({
        "customer": customer, "items": items, "default_payment_method": method["id"],
        "metadata": {},
    });
    let params = params.as_object().cloned().unwrap_or_default();
    let subscription = subscriptions::create(writer, params)?;
    if subscription["status"] == "incomplete" {
        let message = "Your card was declined.";
        return Err(Box::new(Answer::error(
            402,
            "card_error",
            Some("card_declined"),
            message,
            None,
        )));
    }

    let fields = json!({
        "customer": customer, "subscription": subscription["id"], "payment_status": "paid",
        "invoice": subscription["latest_invoice"],
    });
    finish(writer, session, method, fields)
}
