//! What Stripe does beyond storing an object, and the events that tell of it.

use serde_json::{Value, json};

use super::{FakeStripe, delete, get, post};

/// The names of all events, oldest first.
fn events(stripe: &FakeStripe) -> Vec<String> {
    let mut events = stripe.objects("event");
    events.reverse();
    let name = |event: &Value| event["type"].as_str().unwrap().to_owned();
    events.iter().map(name).collect()
}

async fn customer(stripe: &FakeStripe) -> String {
    let made = post(stripe, "/v1/customers", "email=ann%40example.com").await;
    made.body["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_test_card_decides_what_a_payment_leads_to() {
    let cases: [(&str, u16, &str, &[&str]); 6] = [
        (
            "pm_card_visa",
            200,
            "succeeded",
            &["charge.succeeded", "payment_intent.succeeded"],
        ),
        (
            "pm_card_visa_chargeDeclined",
            402,
            "requires_payment_method",
            &["charge.failed", "payment_intent.payment_failed"],
        ),
        (
            "pm_card_authenticationRequired",
            200,
            "requires_action",
            &["payment_intent.requires_action"],
        ),
        (
            "pm_card_createDispute",
            200,
            "succeeded",
            &[
                "charge.succeeded",
                "payment_intent.succeeded",
                "charge.dispute.created",
                "charge.dispute.funds_withdrawn",
                "charge.updated",
            ],
        ),
        (
            "pm_card_bypassPending",
            200,
            "succeeded",
            &[
                "charge.succeeded",
                "payment_intent.succeeded",
                "balance.available",
            ],
        ),
        ("pm_unknown", 400, "", &[]),
    ];
    for (card, status, ends, expected) in cases {
        let stripe = FakeStripe::start().await.unwrap();
        let form = format!("amount=2000&currency=usd&confirm=true&payment_method={card}");
        let answer = post(&stripe, "/v1/payment_intents", &form).await;

        assert_eq!(answer.status, status, "{card}: {}", answer.body);
        let intents = stripe.objects("payment_intent");
        let status = intents
            .first()
            .map_or("", |it| it["status"].as_str().unwrap());
        assert_eq!(status, ends, "{card}");
        let names = events(&stripe);
        let created = usize::from(!names.is_empty());
        assert_eq!(names[created..], *expected, "{card}");
    }
}

#[tokio::test]
async fn an_amount_is_held_and_captured_later() {
    let stripe = FakeStripe::start().await.unwrap();
    let form = "amount=2000&currency=usd&confirm=true&payment_method=pm_card_visa\
                &capture_method=manual";
    let held = post(&stripe, "/v1/payment_intents", form).await.body;
    assert_eq!(
        (&held["status"], &held["amount_capturable"]),
        (&json!("requires_capture"), &json!(2000))
    );

    let path = format!(
        "/v1/payment_intents/{}/capture",
        held["id"].as_str().unwrap()
    );
    let captured = post(&stripe, &path, "").await.body;
    assert_eq!(
        (&captured["status"], &captured["amount_received"]),
        (&json!("succeeded"), &json!(2000))
    );
    let again = post(&stripe, &path, "").await;
    assert_eq!(
        again.error(),
        (400, Some("payment_intent_unexpected_state"), None)
    );
    assert_eq!(
        events(&stripe)[1..],
        [
            "charge.succeeded",
            "payment_intent.amount_capturable_updated",
            "charge.captured",
            "payment_intent.succeeded",
        ]
    );
}

#[tokio::test]
async fn an_invoice_is_drafted_finalized_and_paid() {
    let stripe = FakeStripe::start().await.unwrap();
    let customer = customer(&stripe).await;
    let form = format!("customer={customer}&amount=700&currency=eur");
    post(&stripe, "/v1/invoiceitems", &form).await;
    let form = format!("customer={customer}&pending_invoice_items_behavior=include");
    let draft = post(&stripe, "/v1/invoices", &form).await.body;
    assert_eq!(
        (&draft["status"], &draft["amount_due"], &draft["currency"]),
        (&json!("draft"), &json!(700), &json!("eur"))
    );

    let path = format!("/v1/invoices/{}", draft["id"].as_str().unwrap());
    let early = post(&stripe, &format!("{path}/void"), "").await;
    assert_eq!(early.status, 400, "{}", early.body);
    let open = post(&stripe, &format!("{path}/finalize"), "").await.body;
    assert_eq!(open["status"], "open");
    let paid = post(
        &stripe,
        &format!("{path}/pay"),
        "payment_method=pm_card_visa",
    )
    .await;
    assert_eq!(
        (&paid.body["status"], &paid.body["amount_remaining"]),
        (&json!("paid"), &json!(0))
    );
    assert_eq!(post(&stripe, &format!("{path}/pay"), "").await.status, 400);
    assert_eq!(
        events(&stripe)[2..],
        [
            "invoice.created",
            "invoice.updated",
            "invoice.finalized",
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "invoice.updated",
            "invoice_payment.paid",
            "invoice.paid",
            "invoice.payment_succeeded",
        ]
        .map(str::to_owned)
    );
}

#[tokio::test]
async fn a_subscription_has_readable_items_and_an_invoice() {
    let stripe = FakeStripe::start().await.unwrap();
    let customer = customer(&stripe).await;
    let form = format!("customer={customer}&items[0][price]=price_pro");
    let made = post(&stripe, "/v1/subscriptions", &form).await.body;

    let item = &made["items"]["data"][0];
    assert_eq!(item["price"]["id"], "price_pro");
    assert_eq!(item["subscription"], made["id"]);
    assert_eq!(made["status"], "active");
    let invoice = made["latest_invoice"].as_str().unwrap();
    let invoice = stripe.get("invoice", invoice).unwrap();
    assert_eq!(
        (
            &invoice["status"],
            &invoice["parent"]["subscription_details"]["subscription"]
        ),
        (&json!("paid"), &made["id"])
    );

    let path = format!("/v1/subscriptions/{}", made["id"].as_str().unwrap());
    post(&stripe, &path, "cancel_at_period_end=true").await;
    delete(&stripe, &path).await;
    let names = events(&stripe);
    assert_eq!(
        names[names.len() - 3..],
        [
            "customer.subscription.created",
            "customer.subscription.updated",
            "customer.subscription.deleted"
        ]
    );
}

#[tokio::test]
async fn writes_are_told_with_the_previous_values() {
    let stripe = FakeStripe::start().await.unwrap();
    let customer = customer(&stripe).await;
    let path = format!("/v1/customers/{customer}");
    post(&stripe, &path, "email=bob%40example.com&metadata[plan]=pro").await;
    // Nothing changes: nothing is told.
    post(&stripe, &path, "email=bob%40example.com").await;
    delete(&stripe, &path).await;

    let listed = get(&stripe, "/v1/events").await.body;
    let listed = listed["data"].as_array().unwrap();
    let names: Vec<&Value> = listed.iter().rev().map(|event| &event["type"]).collect();
    assert_eq!(
        names,
        ["customer.created", "customer.updated", "customer.deleted"]
    );
    assert_eq!(
        listed[1]["data"]["previous_attributes"],
        json!({ "email": "ann@example.com", "metadata": { "plan": null } })
    );
    assert!(
        listed[1]["request"]["id"]
            .as_str()
            .unwrap()
            .starts_with("req_"),
        "{}",
        listed[1]
    );
}

#[tokio::test]
async fn an_unknown_action_is_an_unknown_path() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "object": "customer", "id": "cus_1" }));
    for path in [
        "/v1/customers/cus_1/levitate",
        "/v1/hovercrafts",
        "/v1/events/x/y",
    ] {
        let answer = post(&stripe, path, "").await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
    assert_eq!(post(&stripe, "/v1/invoices/in_x/pay", "").await.status, 404);
    assert!(events(&stripe).is_empty());
}

#[tokio::test]
async fn a_fixture_is_complete_and_linked() {
    let stripe = FakeStripe::start().await.unwrap();
    for known in djstripe_models::DESCRIPTORS {
        let made = stripe.fixture(known.object, json!({ "metadata": { "of": "a test" } }));
        assert_eq!(made["object"], known.object);
        assert_eq!(made["metadata"]["of"], "a test", "{}", known.object);

        for reference in known.references {
            let [field] = reference.path else { continue };
            let Some(id) = made[*field].as_str() else {
                continue;
            };
            let mut kinds = reference.objects.iter();
            let found = kinds.any(|kind| stripe.get(kind, id).is_some());
            assert!(found, "{}: {field} is {id}", known.object);
        }
    }

    let kept = stripe.fixture("subscription", json!({ "customer": "cus_own" }));
    assert_eq!(kept["customer"], "cus_own");
    assert_eq!(stripe.get("customer", "cus_own"), None);
}
