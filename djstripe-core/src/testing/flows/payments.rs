//! Payment intents and their charges.
//!
//! Source: [PaymentIntents and events](https://docs.stripe.com/payments/payment-intents/verifying-status).

use serde_json::{Map, Value, json};

use super::methods;
use crate::testing::answer::Answer;
use crate::testing::charged::Charged;
use crate::testing::writer::{Outcome, Writer, number};
use crate::webhook::sample::fields::text;

/// A payment after it was tried.
pub(super) struct Attempt {
    pub(super) intent: Value,
    /// The error that a request for the payment is answered with.
    pub(super) refusal: Option<Box<Answer>>,
}

impl Attempt {
    pub(super) fn outcome(self) -> Outcome {
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(self.intent),
        }
    }
}

/// `POST /v1/payment_intents`.
pub(in crate::testing) fn create(writer: &mut Writer<'_>, params: Map<String, Value>) -> Outcome {
    let given = Value::Object(params.clone());
    for required in ["amount", "currency"] {
        if given[required].is_null() {
            return Err(Box::new(Answer::missing_parameter(required)));
        }
    }

    let method = methods::given(writer, &given)?;
    let intent = new(writer, params, method.as_ref());
    if given["confirm"] == true {
        return confirm(writer, &intent)?.outcome();
    }
    Ok(intent)
}

/// An intent that is not confirmed yet.
pub(super) fn new(
    writer: &mut Writer<'_>,
    mut fields: Map<String, Value>,
    method: Option<&Value>,
) -> Value {
    let status = match method {
        Some(_) => "requires_confirmation",
        None => "requires_payment_method",
    };
    fields.insert("status".to_owned(), status.into());
    fields.insert(
        "payment_method".to_owned(),
        method.map_or(Value::Null, |method| method["id"].clone()),
    );

    let defaults = json!({
        "amount_capturable": 0, "amount_received": 0, "capture_method": "automatic",
        "confirmation_method": "automatic", "payment_method_types": ["card"],
    });
    for (name, value) in defaults.as_object().into_iter().flatten() {
        fields.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let secret = format!("pi_secret_{}", writer.state.new_id("secret"));
    fields.insert("client_secret".to_owned(), secret.into());

    let known = crate::webhook::sample::template::template("payment_intent");
    let fields = known.map_or_else(Map::new, |known| known.known(fields));
    writer.create("payment_intent", fields.into())
}

/// `POST /v1/payment_intents/{intent}/confirm`.
pub(in crate::testing) fn confirm_with(
    writer: &mut Writer<'_>,
    intent: &Value,
    params: &Value,
) -> Outcome {
    let method = methods::given(writer, params)?;
    let intent = match method {
        Some(method) => writer.change(intent, json!({ "payment_method": method["id"] })),
        None => intent.clone(),
    };
    confirm(writer, &intent)?.outcome()
}

/// Tries a payment.
pub(super) fn confirm(writer: &mut Writer<'_>, intent: &Value) -> Result<Attempt, Box<Answer>> {
    let method = text(intent, "payment_method").to_owned();
    if method.is_empty() {
        let message = "You cannot confirm this PaymentIntent because it's missing a payment \
                       method.";
        return Err(Box::new(Answer::invalid(message, None)));
    }

    let intent = match methods::outcome(writer, &method) {
        Charged::Declined => return Ok(decline(writer, intent)),
        Charged::NeedsAction => {
            let action = json!({
                "type": "use_stripe_sdk", "use_stripe_sdk": { "type": "three_d_secure_redirect" },
            });
            asks(writer, intent, action)
        }
        Charged::AwaitsTransfer => {
            let action = json!({
                "type": "display_bank_transfer_instructions",
                "display_bank_transfer_instructions": {
                    "amount_remaining": intent["amount"], "currency": intent["currency"],
                    "type": "jp_bank_transfer", "reference": "FAKE", "hosted_instructions_url": null,
                },
            });
            asks(writer, intent, action)
        }
        Charged::StaysProcessing => process(writer, intent),
        Charged::SucceedsLater => {
            let processing = process(writer, intent);
            settle(writer, &processing)
        }
        Charged::FailsLater => {
            let processing = process(writer, intent);
            let Attempt { intent, .. } = decline(writer, &processing);
            intent
        }
        Charged::Succeeds | Charged::Available | Charged::Disputed { .. }
            if intent["capture_method"] == "manual" =>
        {
            hold(writer, intent)
        }
        outcome => {
            let paid = settle(writer, intent);
            after_payment(writer, &paid, outcome);
            paid
        }
    };
    Ok(Attempt {
        intent,
        refusal: None,
    })
}

fn asks(writer: &mut Writer<'_>, intent: &Value, action: Value) -> Value {
    let fields = json!({ "status": "requires_action", "next_action": action });
    let (intent, _) = writer.set(intent, fields);
    writer.emit("payment_intent.requires_action", &intent);
    intent
}

fn decline(writer: &mut Writer<'_>, intent: &Value) -> Attempt {
    let fields = json!({
        "status": "failed", "paid": false, "captured": false,
        "failure_code": "card_declined", "failure_message": "Your card was declined.",
        "outcome": {
            "network_status": "declined_by_network", "reason": "generic_decline",
            "seller_message": "The bank did not return any further details with this decline.",
            "type": "issuer_declined",
        },
    });
    let charge = charge(writer, intent, fields);
    writer.emit("charge.failed", &charge);

    let error = json!({
        "charge": charge["id"], "code": "card_declined", "decline_code": "generic_decline",
        "message": "Your card was declined.", "type": "card_error",
    });
    let fields = json!({
        "status": "requires_payment_method", "payment_method": null, "latest_charge": charge["id"],
        "last_payment_error": error,
    });
    let (intent, _) = writer.set(intent, fields);
    writer.emit("payment_intent.payment_failed", &intent);
    let refusal = Answer::declined("payment_intent", &intent);
    Attempt {
        intent,
        refusal: Some(Box::new(refusal)),
    }
}

fn process(writer: &mut Writer<'_>, intent: &Value) -> Value {
    let charge = charge(
        writer,
        intent,
        json!({ "status": "pending", "paid": false }),
    );
    writer.emit("charge.pending", &charge);
    let fields = json!({ "status": "processing", "latest_charge": charge["id"] });
    let (intent, _) = writer.set(intent, fields);
    writer.emit("payment_intent.processing", &intent);
    intent
}

/// Authorizes an amount that is captured later.
fn hold(writer: &mut Writer<'_>, intent: &Value) -> Value {
    let fields = json!({ "status": "succeeded", "paid": true, "captured": false });
    let charge = charge(writer, intent, fields);
    writer.emit("charge.succeeded", &charge);
    let fields = json!({
        "status": "requires_capture", "amount_capturable": intent["amount"],
        "latest_charge": charge["id"],
    });
    let (intent, _) = writer.set(intent, fields);
    writer.emit("payment_intent.amount_capturable_updated", &intent);
    intent
}

/// Completes a payment.
fn settle(writer: &mut Writer<'_>, intent: &Value) -> Value {
    let amount = number(intent, "amount");
    let earned = earn(writer, "charge", amount, text(intent, "currency"));
    let fields = json!({
        "status": "succeeded", "paid": true, "captured": true, "amount_captured": amount,
        "balance_transaction": earned["id"],
    });

    let pending = text(intent, "latest_charge").to_owned();
    let charge = match writer.get("charge", &pending) {
        Some(pending) => writer.set(&pending, fields).0,
        None => charge(writer, intent, fields),
    };
    writer.set(&earned, json!({ "source": charge["id"] }));
    writer.emit("charge.succeeded", &charge);
    succeed(writer, intent, &charge, amount)
}

fn succeed(writer: &mut Writer<'_>, intent: &Value, charge: &Value, amount: i64) -> Value {
    let fields = json!({
        "status": "succeeded", "amount_received": amount, "amount_capturable": 0,
        "latest_charge": charge["id"], "next_action": null,
    });
    let (intent, _) = writer.set(intent, fields);
    writer.emit("payment_intent.succeeded", &intent);
    intent
}

/// Pays an intent with money that the customer has sent.
pub(super) fn pay_from_balance(writer: &mut Writer<'_>, intent: &Value) -> Value {
    settle(writer, intent)
}

/// `POST /v1/payment_intents/{intent}/capture`.
pub(in crate::testing) fn capture(
    writer: &mut Writer<'_>,
    intent: &Value,
    params: &Value,
) -> Outcome {
    let amount = params["amount_to_capture"].as_i64();
    let amount = amount.unwrap_or_else(|| number(intent, "amount_capturable"));
    let charge = writer.named("charge", text(intent, "latest_charge"), "charge")?;
    let charge = capture_charge(writer, &charge, amount);
    Ok(succeed(writer, intent, &charge, amount))
}

fn capture_charge(writer: &mut Writer<'_>, charge: &Value, amount: i64) -> Value {
    let earned = earn(writer, "charge", amount, text(charge, "currency"));
    let fields = json!({
        "captured": true, "amount_captured": amount, "balance_transaction": earned["id"],
    });
    let (charge, _) = writer.set(charge, fields);
    writer.set(&earned, json!({ "source": charge["id"] }));
    writer.emit("charge.captured", &charge);
    charge
}

/// `POST /v1/charges/{charge}/capture`.
pub(in crate::testing) fn capture_of_charge(
    writer: &mut Writer<'_>,
    charge: &Value,
    params: &Value,
) -> Outcome {
    let amount = params["amount"].as_i64();
    let amount = amount.unwrap_or_else(|| number(charge, "amount"));
    let captured = capture_charge(writer, charge, amount);
    if let Some(intent) = writer.get("payment_intent", text(&captured, "payment_intent")) {
        succeed(writer, &intent, &captured, amount);
    }
    Ok(captured)
}

/// The charge of an intent, without an event.
fn charge(writer: &mut Writer<'_>, intent: &Value, fields: Value) -> Value {
    let method = text(intent, "payment_method").to_owned();
    let method = methods::resolve(writer, &method).unwrap_or_default();
    let kind = match text(&method, "type") {
        "" => "card",
        kind => kind,
    };
    let details = match &method[kind] {
        Value::Object(details) => details.clone().into(),
        _ => methods::card("visa"),
    };

    let mut whole = json!({
        "amount": intent["amount"], "currency": intent["currency"],
        "customer": intent["customer"], "description": intent["description"],
        "payment_intent": intent["id"], "payment_method": intent["payment_method"],
        "shipping": intent["shipping"], "receipt_email": intent["receipt_email"],
        "payment_method_details": { "type": kind },
        "outcome": {
            "network_status": "approved_by_network", "risk_level": "normal",
            "seller_message": "Payment complete.", "type": "authorized",
        },
    });
    whole["payment_method_details"][kind] = details;
    if method["billing_details"].is_object() {
        whole["billing_details"] = method["billing_details"].clone();
    }
    if let (Value::Object(whole), Value::Object(fields)) = (&mut whole, fields) {
        whole.extend(fields);
    }
    writer.add("charge", whole)
}

/// What a payment or a refund leaves in the account's balance.
pub(super) fn earn(writer: &mut Writer<'_>, kind: &str, amount: i64, currency: &str) -> Value {
    let fee = if kind == "charge" {
        30 + amount * 29 / 1000
    } else {
        0
    };
    let fields = json!({
        "amount": amount, "currency": currency, "fee": fee, "net": amount - fee, "type": kind,
        "reporting_category": kind, "status": "pending", "balance_type": "payments",
    });
    writer.add("balance_transaction", fields)
}

/// What some test cards lead to after the payment.
fn after_payment(writer: &mut Writer<'_>, intent: &Value, outcome: Charged) {
    match outcome {
        Charged::Available => {
            let amount =
                json!({ "amount": intent["amount_received"], "currency": intent["currency"] });
            let funds = json!({ "available": [amount], "pending": [] });
            let balance = writer.add("balance", funds);
            writer.emit("balance.available", &balance);
        }
        Charged::Disputed { inquiry } => dispute(writer, intent, inquiry),
        _ => {}
    }
}

fn dispute(writer: &mut Writer<'_>, intent: &Value, inquiry: bool) {
    let status = if inquiry {
        "warning_needs_response"
    } else {
        "needs_response"
    };
    let fields = json!({
        "amount": intent["amount"], "currency": intent["currency"], "status": status,
        "charge": intent["latest_charge"], "payment_intent": intent["id"],
        "reason": "fraudulent", "is_charge_refundable": inquiry,
    });
    let dispute = writer.create("dispute", fields);

    if !inquiry {
        let taken = -number(intent, "amount");
        let taken = earn(writer, "adjustment", taken, text(intent, "currency"));
        let (dispute, _) = writer.set(&dispute, json!({ "balance_transactions": [taken] }));
        writer.emit("charge.dispute.funds_withdrawn", &dispute);
    }
    if let Some(charge) = writer.get("charge", text(intent, "latest_charge")) {
        writer.change(&charge, json!({ "disputed": true }));
    }
}
