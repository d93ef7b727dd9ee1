//! Issued cards, and what is paid with them.
//!
//! Source: [Testing Issuing](https://docs.stripe.com/issuing/testing).

use serde_json::{Map, Value, json};

use super::invoices::required;
use crate::testing::writer::{Outcome, Writer, number};
use crate::webhook::sample::fields::text;
use crate::webhook::sample::template::template;

/// `POST /v1/issuing/cards`.
pub(in crate::testing) fn create_card(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let given = Value::Object(params.clone());
    let holder = required(&given, "cardholder")?;
    let holder = writer.named("issuing.cardholder", &holder, "cardholder")?;

    let known = template("issuing.card");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    fields["cardholder"] = holder;
    for (name, value) in [
        ("brand", json!("Visa")),
        ("exp_month", json!(12)),
        ("exp_year", json!(2034)),
        ("last4", json!("4242")),
        ("status", json!("inactive")),
        ("type", json!("virtual")),
    ] {
        if fields[name].is_null() {
            fields[name] = value;
        }
    }
    Ok(writer.create("issuing.card", fields))
}

/// `POST /v1/issuing/cards/{card}/test/authorizations`: a merchant asks, and is allowed.
pub(in crate::testing) fn authorize(
    writer: &mut Writer<'_>,
    card: &Value,
    params: &Value,
) -> Outcome {
    let amount = number(params, "held_amount");
    let currency = [&params["held_currency"], &card["currency"]];
    let currency = currency.into_iter().find(|currency| !currency.is_null());
    let pending = json!({
        "amount": amount, "currency": currency, "is_amount_controllable": false,
        "merchant_amount": amount, "merchant_currency": currency,
    });
    let fields = json!({
        "amount": 0, "currency": currency, "merchant_amount": 0, "merchant_currency": currency,
        "approved": false, "card": card, "cardholder": card["cardholder"]["id"],
        "authorization_method": text(params, "authorization_method"), "status": "pending",
        "pending_request": pending, "merchant_data": merchant(),
    });
    let asked = writer.add("issuing.authorization", fields);
    writer.emit("issuing_authorization.request", &asked);

    let fields = json!({
        "amount": amount, "merchant_amount": amount, "approved": true, "pending_request": null,
    });
    let (approved, _) = writer.set(&asked, fields);
    writer.emit("issuing_authorization.created", &approved);
    Ok(approved)
}

fn merchant() -> Value {
    json!({
        "category": "taxicabs_limousines", "category_code": "4121", "city": "San Francisco",
        "country": "US", "name": "Rocket Rides", "network_id": "1234567890",
        "postal_code": "94111", "state": "CA",
    })
}

/// `POST /v1/test_helpers/issuing/transactions/create_force_capture`.
pub(in crate::testing) fn force_capture(writer: &mut Writer<'_>, params: &Value) -> Outcome {
    let card = required(params, "card")?;
    let card = writer.named("issuing.card", &card, "card")?;
    let amount = -number(params, "amount");
    let currency = [&params["currency"], &card["currency"]];
    let currency = currency.into_iter().find(|currency| !currency.is_null());

    let mut seller = merchant();
    if let (Value::Object(seller), Some(given)) = (&mut seller, params["merchant_data"].as_object())
    {
        let given = given
            .iter()
            .map(|(name, value)| (name.clone(), as_text(value)));
        seller.extend(given);
    }
    let fields = json!({
        "amount": amount, "currency": currency, "merchant_amount": amount,
        "merchant_currency": currency, "card": card["id"], "cardholder": card["cardholder"]["id"],
        "type": "capture", "merchant_data": seller,
    });
    let transaction = writer.create("issuing.transaction", fields);
    if params["purchase_details"].is_null() {
        return Ok(transaction);
    }

    let details = json!({ "purchase_details": params["purchase_details"] });
    let (transaction, _) = writer.set(&transaction, details);
    let name = "issuing_transaction.purchase_details_receipt_updated";
    writer.emit(name, &transaction);
    Ok(transaction)
}

/// A form has digits where the object has text.
fn as_text(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.to_string().into(),
        other => other.clone(),
    }
}
