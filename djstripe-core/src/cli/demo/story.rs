//! The deliveries that the demo sends, each with a note for the reader and the expected answer.

use serde_json::{Map, Value, json};

use crate::receiver::registry::Registry;
use crate::testing::{FakeStripe, Fault};
use crate::webhook::event_name::EventName;
use crate::webhook::sample;

/// Samples that are sent in addition to those that the application's receivers listen to.
const COMMON_NAMES: [&str; 4] = [
    "customer.created",
    "product.created",
    "checkout.session.completed",
    "invoice.paid",
];

/// How many samples are sent.
const MAX_SAMPLES: usize = 6;

/// One delivery.
pub(super) struct Step {
    /// What the delivery shows.
    pub(super) note: &'static str,
    pub(super) body: String,
    pub(super) secret: String,
    /// Status of the expected answer.
    pub(super) expected: u16,
}

/// Samples first, then changes at Stripe between an event and its delivery, then a duplicate, an unknown
/// event, a forged one and an invalid one.
pub(super) fn steps(stripe: &FakeStripe, registry: &Registry) -> Vec<Step> {
    let mut steps = samples(stripe, registry);
    let first = steps[0].body.clone();
    steps.extend(changes(stripe));

    steps.push(accepted(stripe, "delivered a second time", first.clone()));
    let unknown = json!({ "id": "x_1", "object": "hovercraft" });
    let unknown = stripe.emit("customer.levitated", &unknown);
    let note = "an event name that is not in the catalogue";
    steps.push(accepted(stripe, note, unknown.to_string()));

    steps.push(Step {
        note: "forged",
        body: first,
        secret: "whsec_of_somebody_else".to_owned(),
        expected: 400,
    });
    steps.push(Step {
        note: "signed, but not an event",
        body: "[]".to_owned(),
        secret: stripe.webhook_secret(),
        expected: 400,
    });
    steps
}

/// One event of each name that the application's receivers listen to, as far as [`MAX_SAMPLES`].
fn samples(stripe: &FakeStripe, registry: &Registry) -> Vec<Step> {
    let own_names = registry
        .receivers()
        .iter()
        .filter(|receiver| !receiver.is_built_in())
        .flat_map(|receiver| receiver.events.iter().copied());
    let mut names: Vec<EventName> = Vec::new();
    for name in own_names.chain(COMMON_NAMES).map(EventName::new) {
        if name.is_known() && !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(MAX_SAMPLES);

    let mut steps = Vec::new();
    for (number, name) in (1..).zip(&names) {
        let id = format!("demo{number:02}");
        let object = sample::event::object(&id, name, Map::new(), stripe.now());
        let object = stripe.insert_with_linked(object, &id);
        let event = stripe.emit(name.as_str(), &object);
        if name.verb().ends_with("deleted") {
            remove(stripe, &object);
        }
        steps.push(accepted(stripe, "", event.to_string()));
    }
    steps
}

/// Events whose object changes at Stripe before they are delivered.
fn changes(stripe: &FakeStripe) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut emit = |note: &'static str, name: &str, object: &Value| {
        let event = stripe.emit(name, object);
        steps.push(accepted(stripe, note, event.to_string()));
    };

    let ann = json!({ "id": "cus_ann", "object": "customer", "email": "old@example.com" });
    let ann = stripe.insert(ann);
    emit(
        "outdated: the row is fetched from Stripe",
        "customer.created",
        &ann,
    );
    let changed = json!({ "email": "ann@example.com", "default_source": "card_ann" });
    stripe.update("customer", "cus_ann", changed);

    let bob = json!({ "id": "cus_bob", "object": "customer", "email": "bob@example.com" });
    let bob = stripe.insert(bob);
    stripe.remove("customer", "cus_bob");
    emit(
        "the customer is purged, the row stays",
        "customer.deleted",
        &bob,
    );

    let item = json!({
        "id": "si_ann", "object": "subscription_item", "subscription": "sub_ann", "quantity": 1,
    });
    let subscription = stripe.insert(json!({
        "id": "sub_ann", "object": "subscription", "status": "canceled", "customer": "cus_ann",
        "items": { "object": "list", "data": [item] },
    }));
    let note = "canceled, but not deleted";
    emit(note, "customer.subscription.deleted", &subscription);

    let card = json!({ "id": "card_ann", "object": "payment_method", "customer": "cus_ann" });
    let card = stripe.insert(card);
    let note = "a card that will be detached";
    emit(note, "payment_method.attached", &card);
    emit("the card is removed", "payment_method.detached", &card);

    let gone = json!({ "id": "ch_gone", "object": "charge" });
    emit("404 from Stripe: skipped", "charge.updated", &gone);

    let refund = json!({ "id": "re_ann", "object": "refund", "amount": 1999, "currency": "usd" });
    let refund = stripe.insert(refund);
    let fault = Fault::rate_limited("endpoint-rate").on("/v1/refunds/re_ann");
    stripe.fail_next(fault.retry_after(1));
    let note = "429 from Stripe: retried after a wait";
    emit(note, "refund.updated", &refund);

    let fields = json!({ "id": "prod_ann", "object": "product", "name": "Tea" });
    let product = stripe.insert(fields);
    let thin = stripe.thin(&stripe.emit("product.updated", &product));
    let note = "a thin event: the row is fetched from Stripe";
    steps.push(accepted(stripe, note, thin.to_string()));
    steps
}

fn accepted(stripe: &FakeStripe, note: &'static str, body: String) -> Step {
    Step {
        note,
        body,
        secret: stripe.webhook_secret(),
        expected: 200,
    }
}

fn remove(stripe: &FakeStripe, object: &Value) {
    let field = |name: &str| object[name].as_str().unwrap_or_default();
    stripe.remove(field("object"), field("id"));
}
