//! Payment methods: Stripe's test cards and test accounts, and what a payment with them leads to.
//!
//! Source: [Testing](https://docs.stripe.com/testing).

use serde_json::{Map, Value, json};

use crate::testing::answer::Answer;
use crate::testing::charged::Charged;
use crate::testing::writer::{Outcome, Writer};
use crate::webhook::sample::fields::text;

/// By the end of a test card's name, what a payment with it leads to. All others succeed.
const CARDS: [(&str, Charged); 8] = [
    ("bypassPending", Charged::Available),
    ("createDispute", Charged::Disputed { inquiry: false }),
    ("createDisputeInquiry", Charged::Disputed { inquiry: true }),
    ("chargeDeclined", Charged::Declined),
    ("chargeCustomerFail", Charged::Declined),
    ("authenticationRequired", Charged::NeedsAction),
    ("threeDSecure2Required", Charged::NeedsAction),
    ("threeDSecureRequired", Charged::NeedsAction),
];

/// Test accounts of direct debit.
const IBANS: [(&str, Charged); 3] = [
    ("AT321904300235473204", Charged::StaysProcessing),
    ("AT861904300235473202", Charged::FailsLater),
    ("IT60X0542811101000000123456", Charged::FailsLater),
];

/// Brands of test cards, by a word in their name.
const BRANDS: [(&str, &str); 6] = [
    ("amex", "amex"),
    ("diners", "diners"),
    ("discover", "discover"),
    ("jcb", "jcb"),
    ("mastercard", "mastercard"),
    ("unionpay", "unionpay"),
];

/// The brand of a test card.
fn brand(token: &str) -> &'static str {
    let token = token.to_lowercase();
    let found = BRANDS.iter().find(|(word, _)| token.contains(word));
    found.map_or("visa", |(_, brand)| brand)
}

fn charged(token: &str) -> Charged {
    let found = CARDS.iter().find(|(end, _)| token.ends_with(end));
    found.map_or(Charged::Succeeds, |(_, charged)| *charged)
}

/// Whether a name is that of one of Stripe's test cards.
fn is_test_card(name: &str) -> bool {
    name.starts_with("pm_card_") || name.starts_with("tok_")
}

/// The fields of a card as a payment method and a charge have them.
pub(super) fn card(token: &str) -> Value {
    json!({
        "brand": brand(token), "checks": { "cvc_check": "pass" }, "country": "US",
        "exp_month": 12, "exp_year": 2034, "fingerprint": "fake", "funding": "credit",
        "last4": "4242",
    })
}

/// `POST /v1/payment_methods`.
pub(in crate::testing) fn create(writer: &mut Writer<'_>, params: Map<String, Value>) -> Outcome {
    let params = Value::Object(params);
    let Some(kind) = params["type"].as_str().map(str::to_owned) else {
        return Err(Box::new(Answer::missing_parameter("type")));
    };

    let details = &params[&kind];
    let token = details["token"].as_str().unwrap_or_default().to_owned();
    let (details, outcome) = match &*kind {
        "card" => (card(&token), charged(&token)),
        "sepa_debit" => sepa_debit(details),
        "customer_balance" => (json!({}), Charged::AwaitsTransfer),
        _ if details.is_object() => (details.clone(), Charged::Succeeds),
        _ => (json!({}), Charged::Succeeds),
    };

    let mut fields = json!({ "type": kind, "billing_details": params["billing_details"] });
    if fields["billing_details"].is_null() {
        fields["billing_details"] = json!({});
    }
    if params["metadata"].is_object() {
        fields["metadata"] = params["metadata"].clone();
    }
    fields[&kind] = details;
    let method = writer.create("payment_method", fields);
    remember(writer, &method, outcome);
    Ok(method)
}

fn sepa_debit(details: &Value) -> (Value, Charged) {
    let iban = text(details, "iban");
    let known = IBANS.iter().find(|(known, _)| *known == iban);
    let last4 = iban.get(iban.len().saturating_sub(4)..).unwrap_or_default();
    let details = json!({
        "bank_code": "19043", "branch_code": "", "fingerprint": "fake", "last4": last4,
        "country": iban.get(..2).unwrap_or("AT"),
        "generated_from": { "charge": null, "setup_attempt": null },
    });
    let outcome = known.map_or(Charged::SucceedsLater, |(_, outcome)| *outcome);
    (details, outcome)
}

fn remember(writer: &mut Writer<'_>, method: &Value, outcome: Charged) {
    let id = text(method, "id").to_owned();
    writer.state.charged.insert(id, outcome);
}

/// What a payment with this method leads to.
pub(super) fn outcome(writer: &Writer<'_>, method: &str) -> Charged {
    let known = writer.state.charged.get(method);
    known.copied().unwrap_or_default()
}

/// The payment method, card or source with this id. The name of a test card makes a new one.
pub(in crate::testing) fn resolve(writer: &mut Writer<'_>, name: &str) -> Outcome {
    let kinds = ["payment_method", "card", "source", "bank_account"];
    if let Some(known) = writer.state.find(writer.scope, &kinds, name) {
        return Ok(known.clone());
    }
    if !is_test_card(name) {
        let missing = Answer::missing(&["payment_method"], name, "payment_method");
        return Err(Box::new(missing));
    }

    let fields = json!({ "type": "card", "billing_details": {}, "card": card(name) });
    let method = writer.create("payment_method", fields);
    remember(writer, &method, charged(name));
    Ok(method)
}

/// The method that a request pays with, if it names or describes one.
pub(super) fn given(writer: &mut Writer<'_>, params: &Value) -> Result<Option<Value>, Box<Answer>> {
    if let Some(name) = params["payment_method"].as_str() {
        let name = name.to_owned();
        return resolve(writer, &name).map(Some);
    }
    match &params["payment_method_data"] {
        Value::Object(described) => create(writer, described.clone()).map(Some),
        _ => Ok(None),
    }
}

/// The method that a customer's invoices are paid with.
pub(super) fn of_customer(writer: &Writer<'_>, customer: &str) -> Option<Value> {
    let customer = writer.get("customer", customer)?;
    let preferred = text(&customer["invoice_settings"], "default_payment_method");
    let source = text(&customer, "default_source");
    let kinds = ["payment_method", "card", "source", "bank_account"];
    let mut names = [preferred, source]
        .into_iter()
        .filter(|name| !name.is_empty());
    names.find_map(|name| writer.state.find(writer.scope, &kinds, name).cloned())
}

/// `POST /v1/payment_methods/{id}/attach`.
pub(in crate::testing) fn attach(writer: &mut Writer<'_>, name: &str, params: &Value) -> Outcome {
    let Some(customer) = params["customer"].as_str().map(str::to_owned) else {
        return Err(Box::new(Answer::missing_parameter("customer")));
    };
    writer.named("customer", &customer, "customer")?;
    let method = resolve(writer, name)?;
    Ok(attach_to(writer, &method, &customer))
}

pub(super) fn attach_to(writer: &mut Writer<'_>, method: &Value, customer: &str) -> Value {
    if method["object"] != "payment_method" || method["customer"] == customer {
        return method.clone();
    }
    let (method, _) = writer.set(method, json!({ "customer": customer }));
    writer.emit("payment_method.attached", &method);
    method
}

/// `POST /v1/payment_methods/{id}/detach`.
pub(in crate::testing) fn detach(writer: &mut Writer<'_>, method: &Value) -> Outcome {
    if method["customer"].is_null() {
        let message = "The payment method you provided is not attached to a customer so \
                       detachment is impossible.";
        return Err(Box::new(Answer::invalid(message, None)));
    }
    let (detached, previous) = writer.set(method, json!({ "customer": null }));
    writer.emit_with("payment_method.detached", &detached, Some(previous.into()));
    Ok(detached)
}

/// A customer's source from a token, as `POST /v1/customers/{customer}/sources` makes it.
pub(in crate::testing) fn create_source(
    writer: &mut Writer<'_>,
    customer: &str,
    params: &Value,
) -> Outcome {
    let owner = writer.named("customer", customer, "id")?;
    let token = params["source"].as_str().unwrap_or_default().to_owned();
    if !is_test_card(&token) {
        return Err(Box::new(Answer::missing(&["token"], &token, "source")));
    }

    let mut fields = card(&token);
    fields["customer"] = customer.into();
    fields["cvc_check"] = "pass".into();
    let source = writer.create("card", fields);
    remember(writer, &source, charged(&token));
    if owner["default_source"].is_null() {
        writer.change(&owner, json!({ "default_source": source["id"] }));
    }
    Ok(source)
}
