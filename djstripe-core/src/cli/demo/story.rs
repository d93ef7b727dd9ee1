//! What the demo tells: deliveries, each with what it is to show and the answer that it must get.

use serde_json::{Map, Value, json};

use crate::receiver::registry::Registry;
use crate::testing::{FakeStripe, Fault};
use crate::webhook::event_name::EventName;
use crate::webhook::sample;

/// Names of samples that fill the demo up beside those that the application's receivers listen to.
const COMMON_NAMES: [&str; 4] = [
    "customer.created",
    "product.created",
    "checkout.session.completed",
    "invoice.paid",
];

/// Samples that are sent at most.
const SAMPLES: usize = 6;

/// One delivery, and the answer that it must get.
pub(super) struct Step {
    pub(super) note: &'static str,
    pub(super) body: String,
    pub(super) secret: String,
    pub(super) expected: u16,
}

/// Events of the names that the receivers listen to first, then what may happen at Stripe, then each kind of trouble.
pub(super) fn steps(stripe: &FakeStripe, registry: &Registry) -> Vec<Step> {
    let mut steps = samples(stripe, registry);
    let first = steps[0].body.clone();
    steps.extend(life(stripe));
    let genuine = |note, body| Step {
        note,
        body,
        secret: stripe.webhook_secret().to_owned(),
        expected: 200,
    };
    steps.push(genuine("delivered a second time", first.clone()));
    let unknown = stripe.emit(
        "customer.levitated",
        &json!({ "id": "x_1", "object": "hovercraft" }),
    );
    steps.push(genuine("a name that nobody knows yet", unknown.to_string()));
    steps.push(Step {
        note: "forged",
        body: first,
        secret: "whsec_of_somebody_else".to_owned(),
        expected: 400,
    });
    let secret = stripe.webhook_secret().to_owned();
    steps.push(Step {
        note: "signed, but no event",
        body: "[]".to_owned(),
        secret,
        expected: 400,
    });
    steps
}

/// One event of each name that the application's receivers listen to.
fn samples(stripe: &FakeStripe, registry: &Registry) -> Vec<Step> {
    let own = registry
        .receivers()
        .iter()
        .filter(|receiver| !receiver.is_built_in());
    let listened = own.flat_map(|receiver| receiver.events.iter().copied());
    let mut names: Vec<EventName> = Vec::new();
    for name in listened
        .chain(COMMON_NAMES)
        .map(EventName::new)
        .filter(EventName::is_known)
    {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(SAMPLES);
    let mut steps = Vec::new();
    for (number, name) in (1..).zip(&names) {
        let object = stripe.insert(sample::object(
            &format!("demo{number:02}"),
            name,
            sample_fields(),
            stripe.now(),
        ));
        let event = stripe.emit(name.as_str(), &object);
        if name.verb().ends_with("deleted") {
            remove(stripe, &object);
        }
        steps.push(step(stripe, "", &event));
    }
    steps
}

/// What may happen at Stripe between an event and its delivery.
fn life(stripe: &FakeStripe) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut tell = |note: &'static str, name: &str, object: &Value| {
        steps.push(step(stripe, note, &stripe.emit(name, object)))
    };

    let customer =
        stripe.insert(json!({ "id": "cus_ann", "object": "customer", "email": "old@example.com" }));
    tell(
        "old by now: the row is refetched",
        "customer.created",
        &customer,
    );
    stripe.update(
        "customer",
        "cus_ann",
        json!({ "email": "ann@example.com", "default_source": "card_ann" }),
    );

    let bob =
        stripe.insert(json!({ "id": "cus_bob", "object": "customer", "email": "bob@example.com" }));
    stripe.remove("customer", "cus_bob");
    tell(
        "the customer is purged, the row stays",
        "customer.deleted",
        &bob,
    );

    let subscription = stripe.insert(json!({
        "id": "sub_ann", "object": "subscription", "status": "canceled", "customer": "cus_ann",
        "items": { "object": "list", "data": [
            { "id": "si_ann", "object": "subscription_item", "subscription": "sub_ann", "quantity": 1 },
        ] },
    }));
    tell(
        "canceled, not gone",
        "customer.subscription.deleted",
        &subscription,
    );

    let card = stripe
        .insert(json!({ "id": "card_ann", "object": "payment_method", "customer": "cus_ann" }));
    tell(
        "a card that will be detached",
        "payment_method.attached",
        &card,
    );
    tell("the card is removed", "payment_method.detached", &card);

    let gone = json!({ "id": "ch_gone", "object": "charge" });
    tell("404 at Stripe: skipped", "charge.updated", &gone);

    let refund = stripe
        .insert(json!({ "id": "re_ann", "object": "refund", "amount": 1999, "currency": "usd" }));
    stripe.fail_next(
        Fault::rate_limited("endpoint-rate")
            .on("/v1/refunds/re_ann")
            .retry_after(1),
    );
    tell("429 at Stripe: waited out", "refund.updated", &refund);
    steps
}

fn step(stripe: &FakeStripe, note: &'static str, event: &Value) -> Step {
    Step {
        note,
        body: event.to_string(),
        secret: stripe.webhook_secret().to_owned(),
        expected: 200,
    }
}

fn remove(stripe: &FakeStripe, object: &Value) {
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    stripe.remove(text("object"), text("id"));
}

/// Fields that make a sample worth looking at, whatever its type.
fn sample_fields() -> Map<String, Value> {
    let fields = json!({ "email": "sam@example.com", "currency": "usd", "amount_paid": 1999 });
    fields.as_object().cloned().unwrap_or_default()
}
