//! Refunds, transfers, payouts, and the cash that customers send.
//!
//! Sources: [Refunds](https://docs.stripe.com/refunds), [Transfers](https://docs.stripe.com/connect/separate-charges-and-transfers),
//! [Cash balance](https://docs.stripe.com/payments/customer-balance).

use serde_json::{Map, Value, json};

use super::invoices::required;
use super::payments::{earn, pay_from_balance};
use crate::testing::answer::Answer;
use crate::testing::writer::{Outcome, Writer, number};
use crate::webhook::sample::fields::text;
use crate::webhook::sample::template::{PERIOD, template};

/// The charge that a parameter names, or the last one of the payment that it names.
fn charge_of(writer: &Writer<'_>, given: &Value) -> Outcome {
    if let Some(charge) = given["charge"].as_str() {
        return writer.named("charge", charge, "charge");
    }
    let intent = required(given, "payment_intent")?;
    let intent = writer.named("payment_intent", &intent, "payment_intent")?;
    writer.named("charge", text(&intent, "latest_charge"), "payment_intent")
}

/// `POST /v1/refunds`.
pub(in crate::testing) fn refund(writer: &mut Writer<'_>, params: Map<String, Value>) -> Outcome {
    let given = Value::Object(params.clone());
    let charge = charge_of(writer, &given)?;
    let left = number(&charge, "amount_captured") - number(&charge, "amount_refunded");
    let amount = given["amount"].as_i64().unwrap_or(left);
    if amount > left || left == 0 {
        let message = format!("Charge {} has already been refunded.", text(&charge, "id"));
        let code = Some("charge_already_refunded");
        let refusal = Answer::error(400, "invalid_request_error", code, &message, None);
        return Err(Box::new(refusal));
    }

    let spent = earn(writer, "refund", -amount, text(&charge, "currency"));
    let known = template("refund");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    for (name, value) in [
        ("amount", amount.into()),
        ("balance_transaction", spent["id"].clone()),
        ("charge", charge["id"].clone()),
        ("payment_intent", charge["payment_intent"].clone()),
        ("currency", charge["currency"].clone()),
        ("status", "succeeded".into()),
    ] {
        fields[name] = value;
    }
    let refund = writer.create("refund", fields);
    writer.set(&spent, json!({ "source": refund["id"] }));

    let refunded = number(&charge, "amount_refunded") + amount;
    let is_all = refunded == number(&charge, "amount_captured");
    let fields = json!({ "amount_refunded": refunded, "refunded": is_all });
    let (charge, previous) = writer.set(&charge, fields);
    writer.emit_with("charge.refunded", &charge, Some(previous.into()));
    Ok(refund)
}

/// `POST /v1/transfers`.
pub(in crate::testing) fn transfer(writer: &mut Writer<'_>, params: Map<String, Value>) -> Outcome {
    let given = Value::Object(params.clone());
    for name in ["currency", "destination"] {
        required(&given, name)?;
    }
    let spent = earn(
        writer,
        "transfer",
        -number(&given, "amount"),
        text(&given, "currency"),
    );

    let known = template("transfer");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    fields["balance_transaction"] = spent["id"].clone();
    fields["source_type"] = "card".into();
    fields["reversals"] = json!({ "object": "list", "data": [], "has_more": false });
    let transfer = writer.create("transfer", fields);
    writer.set(&spent, json!({ "source": transfer["id"] }));
    Ok(transfer)
}

/// `POST /v1/transfers/{transfer}/reversals`.
pub(in crate::testing) fn reverse(
    writer: &mut Writer<'_>,
    transfer: &str,
    params: Map<String, Value>,
) -> Outcome {
    let transfer = writer.named("transfer", transfer, "id")?;
    let left = number(&transfer, "amount") - number(&transfer, "amount_reversed");
    let amount = params.get("amount").and_then(Value::as_i64).unwrap_or(left);
    if amount > left {
        let message = "A transfer can't be reversed by more than its amount.";
        return Err(Box::new(Answer::invalid(message, Some("amount"))));
    }

    let known = template("transfer_reversal");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    fields["amount"] = amount.into();
    fields["currency"] = transfer["currency"].clone();
    fields["transfer"] = transfer["id"].clone();
    let reversal = writer.create("transfer_reversal", fields);

    let reversed = number(&transfer, "amount_reversed") + amount;
    let mut reversals = transfer["reversals"].clone();
    if let Some(data) = reversals["data"].as_array_mut() {
        data.insert(0, reversal.clone());
    }
    let fields = json!({
        "amount_reversed": reversed, "reversed": reversed == number(&transfer, "amount"),
        "reversals": reversals,
    });
    let (transfer, previous) = writer.set(&transfer, fields);
    writer.emit_with("transfer.reversed", &transfer, Some(previous.into()));
    Ok(reversal)
}

/// `POST /v1/payouts`.
pub(in crate::testing) fn pay_out(writer: &mut Writer<'_>, params: Map<String, Value>) -> Outcome {
    let now = writer.now();
    let known = template("payout");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    let spent = earn(
        writer,
        "payout",
        -number(&fields, "amount"),
        text(&fields, "currency"),
    );
    for (name, value) in [
        ("status", json!("pending")),
        ("arrival_date", json!(now + 86_400)),
        ("method", json!("standard")),
        ("source_type", json!("card")),
        ("type", json!("bank_account")),
        ("reconciliation_status", json!("not_applicable")),
        ("balance_transaction", spent["id"].clone()),
    ] {
        fields[name] = value;
    }
    let payout = writer.create("payout", fields);
    writer.set(&spent, json!({ "source": payout["id"] }));
    Ok(payout)
}

/// `POST /v1/topups`.
pub(in crate::testing) fn top_up(writer: &mut Writer<'_>, params: Map<String, Value>) -> Outcome {
    let known = template("topup");
    let mut fields = Value::Object(known.map_or_else(Map::new, |known| known.known(params)));
    fields["status"] = "pending".into();
    fields["expected_availability_date"] = (writer.now() + PERIOD).into();
    let topup = writer.create("topup", fields);
    let (topup, _) = writer.set(&topup, json!({ "status": "succeeded" }));
    writer.emit("topup.succeeded", &topup);
    Ok(topup)
}

/// `POST /v1/disputes/{dispute}/close`: the dispute is given up.
pub(in crate::testing) fn close_dispute(writer: &mut Writer<'_>, dispute: &Value) -> Outcome {
    let status = match text(dispute, "status") {
        "warning_needs_response" | "warning_under_review" => "warning_closed",
        _ => "lost",
    };
    let dispute = writer.change(dispute, json!({ "status": status }));
    writer.emit("charge.dispute.closed", &dispute);
    Ok(dispute)
}

/// `POST /v1/test_helpers/customers/{customer}/fund_cash_balance`. What arrives pays the customer's
/// payments that wait for a transfer.
pub(in crate::testing) fn fund(writer: &mut Writer<'_>, customer: &str, params: &Value) -> Outcome {
    writer.named("customer", customer, "id")?;
    let currency = required(params, "currency")?;
    let amount = number(params, "amount");
    let had = balance_of(writer, customer)["available"][&currency].as_i64();
    let has = had.unwrap_or_default() + amount;

    let funded = json!({
        "customer": customer, "currency": currency, "net_amount": amount, "ending_balance": has,
        "type": "funded",
        "funded": { "bank_transfer": { "reference": "FAKE", "type": "us_bank_transfer" } },
    });
    let transaction = writer.create("customer_cash_balance_transaction", funded);
    let balance = set_balance(writer, customer, &currency, has);
    writer.emit("cash_balance.funds_available", &balance);
    apply(writer, customer, &currency, has);
    Ok(transaction)
}

/// The cash of a customer.
fn balance_of(writer: &Writer<'_>, customer: &str) -> Value {
    let known = writer.with("cash_balance", "customer", customer);
    known.into_iter().next().unwrap_or_default()
}

fn set_balance(writer: &mut Writer<'_>, customer: &str, currency: &str, amount: i64) -> Value {
    let fields = json!({
        "customer": customer, "available": { currency: amount },
        "settings": { "reconciliation_mode": "automatic", "using_merchant_default": true },
    });
    writer.add("cash_balance", fields)
}

/// Pays what waits for the customer's money, the oldest first.
fn apply(writer: &mut Writer<'_>, customer: &str, currency: &str, has: i64) {
    let mut has = has;
    let mut waiting = writer.with("payment_intent", "customer", customer);
    waiting.retain(|intent| {
        intent["status"] == "requires_action"
            && intent["next_action"]["type"] == "display_bank_transfer_instructions"
            && intent["currency"] == currency
    });

    for intent in waiting.iter().rev() {
        let action = "display_bank_transfer_instructions";
        let due = number(&intent["next_action"][action], "amount_remaining");
        let applied = due.min(has);
        if applied == 0 {
            return;
        }
        has -= applied;
        let fields = json!({
            "customer": customer, "currency": currency, "net_amount": -applied,
            "ending_balance": has, "type": "applied_to_payment",
            "applied_to_payment": { "payment_intent": intent["id"] },
        });
        writer.create("customer_cash_balance_transaction", fields);
        set_balance(writer, customer, currency, has);

        let mut next = intent["next_action"].clone();
        next[action]["amount_remaining"] = (due - applied).into();
        let (intent, _) = writer.set(intent, json!({ "next_action": next }));
        if applied < due {
            writer.emit("payment_intent.partially_funded", &intent);
        } else {
            pay_from_balance(writer, &intent);
        }
    }
}
