//! Sample events for the commands `demo` and `trigger`, and complete objects for tests.
//!
//! What comes in: the name of an event or of a type. What goes out: an envelope around a complete
//! object of the right type, as JSON.

use std::time::SystemTime;

use djstripe_models::descriptor;
use serde_json::{Map, Value, json};

use super::template::{created_field, template};
use crate::timestamp::unix_seconds;
use crate::webhook::API_VERSION;
use crate::webhook::event_name::EventName;

/// Id prefixes of common types of object. Other types use the initials of their name.
const ID_PREFIXES: [(&str, &str); 59] = [
    ("account", "acct"),
    ("application_fee", "fee"),
    ("balance_transaction", "txn"),
    ("bank_account", "ba"),
    ("billing.meter", "mtr"),
    ("card", "card"),
    ("charge", "ch"),
    ("checkout.session", "cs_test"),
    ("coupon", "co"),
    ("credit_note", "cn"),
    ("customer", "cus"),
    ("customer_balance_transaction", "cbtxn"),
    ("discount", "di"),
    ("dispute", "du"),
    ("entitlements.active_entitlement", "ent"),
    ("entitlements.feature", "feat"),
    ("event", "evt"),
    ("fee_refund", "fr"),
    ("file", "file"),
    ("file_link", "link"),
    ("identity.verification_report", "vr"),
    ("identity.verification_session", "vs"),
    ("invoice", "in"),
    ("invoice_payment", "inpay"),
    ("invoiceitem", "ii"),
    ("issuing.card", "ic"),
    ("issuing.cardholder", "ich"),
    ("item", "li"),
    ("line_item", "il"),
    ("mandate", "mandate"),
    ("payment_intent", "pi"),
    ("payment_link", "plink"),
    ("payment_method", "pm"),
    ("payout", "po"),
    ("person", "person"),
    ("plan", "plan"),
    ("price", "price"),
    ("product", "prod"),
    ("promotion_code", "promo"),
    ("quote", "qt"),
    ("radar.early_fraud_warning", "issfr"),
    ("refund", "re"),
    ("request", "req"),
    ("review", "prv"),
    ("setup_attempt", "setatt"),
    ("setup_intent", "seti"),
    ("shipping_rate", "shr"),
    ("source", "src"),
    ("subscription", "sub"),
    ("subscription_item", "si"),
    ("subscription_schedule", "sub_sched"),
    ("tax_id", "txi"),
    ("tax_rate", "txr"),
    ("test_helpers.test_clock", "clock"),
    ("topup", "tu"),
    ("transfer", "tr"),
    ("transfer_reversal", "trr"),
    ("v2.core.event_destination", "ed"),
    ("webhook_endpoint", "we"),
];

/// What an object is when an event tells of it, where the last word of the event's name is not its
/// status already.
const STATUSES: [(&str, &str); 23] = [
    ("charge.dispute.closed", "lost"),
    ("charge.dispute.created", "needs_response"),
    ("checkout.session.async_payment_failed", "complete"),
    ("customer.subscription.deleted", "canceled"),
    ("customer.subscription.resumed", "active"),
    ("customer.subscription.trial_will_end", "trialing"),
    ("invoice.created", "draft"),
    ("invoice.finalized", "open"),
    ("invoice.marked_uncollectible", "uncollectible"),
    ("invoice.overdue", "open"),
    ("invoice.payment_action_required", "open"),
    ("invoice.payment_failed", "open"),
    ("invoice.sent", "open"),
    ("invoice.updated", "open"),
    ("invoice.voided", "void"),
    (
        "payment_intent.amount_capturable_updated",
        "requires_capture",
    ),
    ("payment_intent.created", "requires_payment_method"),
    ("payment_intent.partially_funded", "requires_action"),
    ("payment_intent.payment_failed", "requires_payment_method"),
    ("quote.created", "draft"),
    ("quote.finalized", "open"),
    ("setup_intent.created", "requires_payment_method"),
    ("setup_intent.setup_failed", "requires_payment_method"),
];

/// An event with this name, as Stripe would write it. `fields` are added to its object.
pub(crate) fn event(
    id: &str,
    name: &EventName,
    fields: Map<String, Value>,
    now: SystemTime,
) -> Value {
    let created = unix_seconds(now);
    let object = object(id.trim_start_matches("evt_"), name, fields, created);
    json!({
        "id": id,
        "object": "event",
        "api_version": API_VERSION,
        "created": created,
        "data": { "object": object },
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null },
        "type": name.as_str(),
    })
}

/// The object of an event with this name. `suffix` ends its id, and the ids of what it refers to.
pub(crate) fn object(
    suffix: &str,
    name: &EventName,
    fields: Map<String, Value>,
    created: i64,
) -> Value {
    let type_name = name.objects().first().copied().unwrap_or("unknown");
    let mut object = complete(type_name, suffix, created);
    if let Some(status) = status(name, type_name) {
        object.insert("status".to_owned(), status.into());
    }
    object.extend(fields);
    object.into()
}

/// The status of an object when an event tells of it.
fn status(name: &EventName, type_name: &str) -> Option<String> {
    let known = STATUSES.iter().find(|(event, _)| *event == name.as_str());
    if let Some((_, status)) = known {
        return Some((*status).to_owned());
    }
    let last = name.as_str().rsplit('.').next()?;
    let known = template(type_name)?;
    known.has_status(last).then(|| last.to_owned())
}

/// A complete object. `suffix` ends its id, and the ids of what it refers to.
pub(crate) fn complete(type_name: &str, suffix: &str, created: i64) -> Map<String, Value> {
    let id_of = |object: &str| format!("{}_{suffix}", id_prefix(object));
    // A type without an id is known by the object that it belongs to.
    let key = descriptor(type_name).map_or("id", |of| of.key);
    let owner = if key == "id" { type_name } else { key };

    let known = template(type_name).map(|known| known.complete(created, id_of));
    let mut object = known.unwrap_or_default();
    object.insert(key.to_owned(), id_of(owner).into());
    object.insert("object".to_owned(), type_name.into());
    for (name, value) in [
        ("created", created_field(type_name, created)),
        ("livemode", json!(false)),
        ("metadata", json!({})),
    ] {
        object.entry(name).or_insert(value);
    }
    object
}

pub(crate) fn id_prefix(type_name: &str) -> String {
    let known = ID_PREFIXES.iter().find(|(name, _)| *name == type_name);
    known.map_or_else(
        || {
            type_name
                .split(['.', '_'])
                .filter_map(|word| word.chars().next())
                .collect()
        },
        |(_, prefix)| (*prefix).to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::event::Event;

    #[test]
    fn every_known_event_has_a_sample() {
        let carry_one = EventName::known().filter(|name| !name.objects().is_empty());
        for name in carry_one {
            let fields = json!({ "email": "ann@example.com" });
            let json = event(
                "evt_7",
                &name,
                fields.as_object().unwrap().clone(),
                SystemTime::UNIX_EPOCH,
            );

            let event = Event::from_json(&json.to_string()).unwrap();
            let head = event.object_head();

            assert_eq!(event.name(), &name);
            assert_eq!(
                head.object.as_deref(),
                name.objects().first().copied(),
                "{name}"
            );
            assert!(head.id.is_some_and(|id| id.ends_with("_7")), "{name}");
            assert!(
                event
                    .object_json()
                    .is_some_and(|object| object.contains("ann@example.com")),
                "{name}"
            );
        }
    }
}
