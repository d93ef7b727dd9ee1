//! Invoices, their lines and credit notes.
//!
//! Source: [How invoicing works](https://docs.stripe.com/invoicing/overview).

use serde_json::{Map, Value, json};

use super::{methods, payments};
use crate::testing::answer::Answer;
use crate::testing::writer::{Outcome, Writer, number};
use crate::webhook::sample::fields::text;
use crate::webhook::sample::template::{PERIOD, template};

/// `POST /v1/invoiceitems`.
pub(in crate::testing) fn create_item(
    writer: &mut Writer<'_>,
    params: Map<String, Value>,
) -> Outcome {
    let given = Value::Object(params.clone());
    let customer = required(&given, "customer")?;
    let price_id = [&given["price"], &given["pricing"]["price"]];
    let price_id = price_id.iter().find_map(|price| price.as_str());
    let price = price_id.map(|id| price(writer, id));

    let quantity = given["quantity"].as_i64().unwrap_or(1);
    let amount = match (&price, given["amount"].as_i64()) {
        (Some(price), None) => number(price, "unit_amount") * quantity,
        (_, amount) => amount.unwrap_or_default(),
    };
    let currency = given["currency"].as_str();
    let currency = currency.or(price.as_ref().and_then(|price| price["currency"].as_str()));

    let now = writer.now();
    let known = template("invoiceitem");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    fields["customer"] = customer.into();
    fields["amount"] = amount.into();
    fields["currency"] = currency.unwrap_or("usd").into();
    fields["quantity"] = quantity.into();
    fields["quantity_decimal"] = quantity.to_string().into();
    fields["discountable"] = true.into();
    fields["date"] = now.into();
    fields["period"] = json!({ "start": now, "end": now });
    if let Some(price) = &price {
        fields["pricing"] = pricing(price);
    }
    Ok(writer.create("invoiceitem", fields))
}

fn pricing(price: &Value) -> Value {
    json!({
        "price_details": { "price": price["id"], "product": price["product"] },
        "type": "price_details", "unit_amount_decimal": number(price, "unit_amount").to_string(),
    })
}

/// The price with this id. One that the test did not insert is made up, complete.
pub(super) fn price(writer: &mut Writer<'_>, id: &str) -> Value {
    if let Some(known) = writer.get("price", id) {
        return known;
    }
    let now = writer.now();
    let product = writer.state.new_id("product");
    let made = template("price").map(|known| known.complete(now, |_| product.clone()));
    let mut made = made.unwrap_or_default();
    made.insert("id".to_owned(), id.into());
    writer.add("price", made.into())
}

/// The text of a parameter that Stripe requires.
pub(super) fn required(params: &Value, name: &str) -> Result<String, Box<Answer>> {
    let given = params[name].as_str().map(str::to_owned);
    given.ok_or_else(|| Box::new(Answer::missing_parameter(name)))
}

/// `POST /v1/invoices`.
pub(in crate::testing) fn create(writer: &mut Writer<'_>, params: Map<String, Value>) -> Outcome {
    let given = Value::Object(params.clone());
    let customer = required(&given, "customer")?;
    let mut items = Vec::new();
    if given["pending_invoice_items_behavior"] == "include" {
        items = writer.with("invoiceitem", "customer", &customer);
        items.retain(|item| item["invoice"].is_null());
    }

    let id = writer.state.new_id("invoice");
    let lines: Vec<Value> = items
        .iter()
        .rev()
        .map(|item| line_of(writer, &id, item))
        .collect();
    let known = template("invoice");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    fields["id"] = id.clone().into();
    fields["billing_reason"] = "manual".into();
    if let Some(days) = given["days_until_due"].as_i64() {
        fields["due_date"] = (writer.now() + days * 86_400).into();
    }
    let invoice = draft(writer, &customer, &lines, fields);

    for item in items {
        writer.change(&item, json!({ "invoice": id }));
    }
    Ok(invoice)
}

/// The line of an invoice item.
fn line_of(writer: &mut Writer<'_>, invoice: &str, item: &Value) -> Value {
    let parent = json!({
        "invoice_item_details": {
            "invoice_item": item["id"], "proration": false, "proration_details": null,
            "subscription": null,
        },
        "subscription_item_details": null, "type": "invoice_item_details",
    });
    let fields = json!({
        "invoice": invoice, "amount": item["amount"], "subtotal": item["amount"],
        "currency": item["currency"], "description": item["description"],
        "discountable": true, "parent": parent, "period": item["period"],
        "pricing": item["pricing"], "quantity": item["quantity"],
    });
    line(writer, fields)
}

/// A line of an invoice, complete.
pub(super) fn line(writer: &mut Writer<'_>, fields: Value) -> Value {
    let now = writer.now();
    let mut whole = template("line_item").map_or_else(Map::new, |known| known.required(now));
    if let Value::Object(fields) = fields {
        whole.extend(fields);
    }
    let id = writer.state.new_id("line_item");
    whole.insert("id".to_owned(), id.into());
    whole.insert("object".to_owned(), "line_item".into());
    whole.insert("livemode".to_owned(), writer.scope.livemode.into());
    whole.into()
}

/// A new invoice with these lines.
pub(super) fn draft(
    writer: &mut Writer<'_>,
    customer: &str,
    lines: &[Value],
    fields: Value,
) -> Value {
    let total: i64 = lines.iter().map(|line| number(line, "amount")).sum();
    let currency = lines.first().map_or("usd", |line| text(line, "currency"));
    let now = writer.now();
    let owner = writer.get("customer", customer).unwrap_or_default();

    let mut whole = json!({
        "customer": customer, "customer_email": owner["email"], "customer_name": owner["name"],
        "currency": currency, "status": "draft", "collection_method": "charge_automatically",
        "amount_due": total, "amount_paid": 0, "amount_remaining": total, "subtotal": total,
        "subtotal_excluding_tax": total, "total": total, "total_excluding_tax": total,
        "attempted": false, "attempt_count": 0, "auto_advance": false,
        "period_start": now, "period_end": now,
        "lines": { "object": "list", "data": lines, "has_more": false, "total_count": lines.len() },
        "status_transitions": {
            "finalized_at": null, "marked_uncollectible_at": null, "paid_at": null,
            "voided_at": null,
        },
    });
    if let (Value::Object(whole), Value::Object(fields)) = (&mut whole, fields) {
        whole.extend(fields);
    }
    whole["lines"]["url"] = format!("/v1/invoices/{}/lines", text(&whole, "id")).into();
    writer.create("invoice", whole)
}

/// Fields of a changed status, with the time of the change.
fn transition(writer: &Writer<'_>, invoice: &Value, status: &str, times: &[&str]) -> Value {
    let mut transitions = invoice["status_transitions"].clone();
    for time in times {
        if transitions[*time].is_null() {
            transitions[*time] = writer.now().into();
        }
    }
    json!({ "status": status, "status_transitions": transitions })
}

/// `POST /v1/invoices/{invoice}/finalize`.
pub(in crate::testing) fn finalize(writer: &mut Writer<'_>, invoice: &Value) -> Outcome {
    let mut fields = transition(writer, invoice, "open", &["finalized_at"]);
    let number_of = writer.state.new_id("number");
    let id = text(invoice, "id");
    fields["number"] = number_of.to_uppercase().into();
    fields["effective_at"] = writer.now().into();
    fields["hosted_invoice_url"] = format!("https://invoice.stripe.com/i/{id}").into();
    fields["invoice_pdf"] = format!("https://pay.stripe.com/invoice/{id}/pdf").into();
    let invoice = writer.change(invoice, fields);
    writer.emit("invoice.finalized", &invoice);

    if number(&invoice, "amount_due") == 0 {
        return Ok(paid(writer, &invoice, None));
    }
    Ok(invoice)
}

/// `POST /v1/invoices/{invoice}/send`, which finalizes a draft.
pub(in crate::testing) fn send(writer: &mut Writer<'_>, invoice: &Value) -> Outcome {
    let invoice = match text(invoice, "status") {
        "draft" => finalize(writer, invoice)?,
        _ => invoice.clone(),
    };
    writer.emit("invoice.sent", &invoice);
    Ok(invoice)
}

/// `POST /v1/invoices/{invoice}/void`.
pub(in crate::testing) fn void(writer: &mut Writer<'_>, invoice: &Value) -> Outcome {
    let fields = transition(writer, invoice, "void", &["voided_at"]);
    let invoice = writer.change(invoice, fields);
    writer.emit("invoice.voided", &invoice);
    Ok(invoice)
}

/// `POST /v1/invoices/{invoice}/mark_uncollectible`.
pub(in crate::testing) fn give_up(writer: &mut Writer<'_>, invoice: &Value) -> Outcome {
    let fields = transition(
        writer,
        invoice,
        "uncollectible",
        &["marked_uncollectible_at"],
    );
    let invoice = writer.change(invoice, fields);
    writer.emit("invoice.marked_uncollectible", &invoice);
    Ok(invoice)
}

/// `POST /v1/invoices/{invoice}/pay`.
pub(in crate::testing) fn pay(writer: &mut Writer<'_>, invoice: &Value, params: &Value) -> Outcome {
    let invoice = match text(invoice, "status") {
        "draft" => finalize(writer, invoice)?,
        _ => invoice.clone(),
    };
    if params["paid_out_of_band"] == true {
        return Ok(paid(writer, &invoice, None));
    }

    let method = match methods::given(writer, params)? {
        Some(method) => method,
        None => method_of(writer, &invoice)?,
    };
    let (invoice, refusal) = collect(writer, &invoice, &method)?;
    match refusal {
        Some(refusal) => Err(refusal),
        None => Ok(invoice),
    }
}

/// What an invoice is paid with if nothing else is said. A customer without a payment method has a
/// test card that succeeds.
pub(super) fn method_of(writer: &mut Writer<'_>, invoice: &Value) -> Outcome {
    let preferred = text(invoice, "default_payment_method").to_owned();
    if !preferred.is_empty() {
        return methods::resolve(writer, &preferred);
    }
    match methods::of_customer(writer, text(invoice, "customer")) {
        Some(method) => Ok(method),
        None => methods::resolve(writer, "pm_card_visa"),
    }
}

/// Tries to collect an open invoice. Returns the error of the payment too.
pub(super) fn collect(
    writer: &mut Writer<'_>,
    invoice: &Value,
    method: &Value,
) -> Result<(Value, Option<Box<Answer>>), Box<Answer>> {
    let due = number(invoice, "amount_due");
    let fields = json!({
        "amount": due, "currency": invoice["currency"], "customer": invoice["customer"],
        "description": "Payment for Invoice",
    });
    let fields = fields.as_object().cloned().unwrap_or_default();
    let intent = payments::new(writer, fields, Some(method));
    let attempt = payments::confirm(writer, &intent)?;

    let payment = json!({
        "invoice": invoice["id"], "amount_requested": due, "currency": invoice["currency"],
        "is_default": true, "status": "open",
        "payment": { "type": "payment_intent", "payment_intent": attempt.intent["id"] },
    });
    let payment = writer.add("invoice_payment", payment);
    let tried = json!({
        "attempted": true, "attempt_count": number(invoice, "attempt_count") + 1,
    });

    match text(&attempt.intent, "status") {
        "succeeded" => {
            let (invoice, _) = writer.set(invoice, tried);
            Ok((paid(writer, &invoice, Some(&payment)), None))
        }
        "requires_action" => {
            let invoice = writer.change(invoice, tried);
            writer.emit("invoice.payment_action_required", &invoice);
            writer.emit("invoice.payment_failed", &invoice);
            let refusal = Answer::requires_action(&attempt.intent);
            Ok((invoice, Some(Box::new(refusal))))
        }
        _ => {
            let invoice = writer.change(invoice, tried);
            if attempt.refusal.is_some() {
                writer.emit("invoice.payment_failed", &invoice);
            }
            Ok((invoice, attempt.refusal))
        }
    }
}

/// Marks an invoice as paid, by this payment if there was one.
fn paid(writer: &mut Writer<'_>, invoice: &Value, payment: Option<&Value>) -> Value {
    let due = number(invoice, "amount_due");
    let mut fields = transition(writer, invoice, "paid", &["paid_at"]);
    fields["amount_paid"] = due.into();
    fields["amount_remaining"] = 0.into();
    fields["attempted"] = true.into();
    let invoice = writer.change(invoice, fields);

    if let Some(payment) = payment {
        let now = writer.now();
        let fields = json!({
            "status": "paid", "amount_paid": due,
            "status_transitions": { "canceled_at": null, "paid_at": now },
        });
        let (payment, _) = writer.set(payment, fields);
        writer.emit("invoice_payment.paid", &payment);
    }
    writer.emit("invoice.paid", &invoice);
    writer.emit("invoice.payment_succeeded", &invoice);
    invoice
}

/// `POST /v1/credit_notes`.
pub(in crate::testing) fn credit(writer: &mut Writer<'_>, params: Map<String, Value>) -> Outcome {
    let given = Value::Object(params.clone());
    let invoice = required(&given, "invoice")?;
    let invoice = writer.named("invoice", &invoice, "invoice")?;

    let mut lines = Vec::new();
    for line in given["lines"].as_array().into_iter().flatten() {
        let amount = line["amount"].as_i64().unwrap_or_else(|| {
            number(line, "unit_amount") * line["quantity"].as_i64().unwrap_or(1)
        });
        lines.push(credit_line(writer, line, amount));
    }
    let of_lines: i64 = lines.iter().map(|line| number(line, "amount")).sum();
    let amount = given["amount"].as_i64().unwrap_or(of_lines);
    let is_paid = invoice["status"] == "paid";

    let known = template("credit_note");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    let id = writer.state.new_id("credit_note");
    fields["lines"] = json!({
        "object": "list", "data": lines, "has_more": false,
        "url": format!("/v1/credit_notes/{id}/lines"),
    });
    for (name, value) in [
        ("id", json!(id)),
        ("customer", invoice["customer"].clone()),
        ("currency", invoice["currency"].clone()),
        (
            "number",
            json!(format!("{}-CN-01", text(&invoice, "number"))),
        ),
        ("status", json!("issued")),
        (
            "type",
            json!(if is_paid {
                "post_payment"
            } else {
                "pre_payment"
            }),
        ),
        (
            "pdf",
            json!(format!("https://pay.stripe.com/credit_notes/{id}/pdf")),
        ),
    ] {
        fields[name] = value;
    }
    for name in [
        "amount",
        "subtotal",
        "subtotal_excluding_tax",
        "total",
        "total_excluding_tax",
    ] {
        fields[name] = amount.into();
    }
    let share = if is_paid {
        "post_payment_amount"
    } else {
        "pre_payment_amount"
    };
    fields[share] = amount.into();
    let note = writer.create("credit_note", fields);

    let remaining = number(&invoice, "amount_remaining");
    if !is_paid {
        let fields = json!({
            "pre_payment_credit_notes_amount": amount, "amount_due": remaining - amount,
            "amount_remaining": remaining - amount,
        });
        writer.change(&invoice, fields);
    }
    Ok(note)
}

fn credit_line(writer: &mut Writer<'_>, line: &Value, amount: i64) -> Value {
    let now = writer.now();
    let known = template("credit_note_line_item");
    let mut whole = Value::Object(known.map_or_else(Map::new, |known| known.required(now)));
    whole["id"] = writer.state.new_id("credit_note_line_item").into();
    whole["amount"] = amount.into();
    whole["subtotal"] = amount.into();
    for name in ["description", "quantity", "type", "unit_amount"] {
        whole[name] = line[name].clone();
    }
    whole
}

/// The period that a recurring price is paid for.
pub(super) fn period_of(price: &Value, start: i64) -> i64 {
    let recurring = &price["recurring"];
    let count = recurring["interval_count"].as_i64().unwrap_or(1);
    let days = match text(recurring, "interval") {
        "day" => 86_400,
        "week" => 7 * 86_400,
        "year" => 365 * 86_400,
        _ => PERIOD,
    };
    start + count * days
}
