//! A copy of an object inside another one fills a missing row, and does nothing else.

use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{Mirrored, event, list};

fn plan(created: i64, amount: i64) -> Value {
    json!({ "id": "gold", "object": "plan", "created": created, "amount": amount })
}

/// A subscription to a plan.
fn subscription(plan: Value) -> Value {
    let item = json!({ "id": "si_1", "object": "subscription_item", "plan": plan });
    json!({ "id": "sub_1", "object": "subscription", "items": list("/v1/x", false, &[item]) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_replaces_neither_a_row_nor_a_tombstone() {
    on_both_backends(async |database| {
        let created = event("evt_1", "plan.created", 100, plan(90, 500));
        let deleted = event("evt_2", "plan.deleted", 200, plan(90, 500));
        let again = event("evt_3", "plan.created", 300, plan(290, 1000));
        let copied = event(
            "evt_4",
            "customer.subscription.updated",
            400,
            subscription(plan(90, 500)),
        );

        let mirror = Mirrored::open(&database).await;
        for event in [&created, &deleted, &copied] {
            mirror.deliver(event).await;
        }
        assert_eq!(mirror.rows("plan").await["gold"], (false, plan(90, 500)));
        mirror.deliver(&again).await;
        assert_eq!(mirror.rows("plan").await["gold"], (true, plan(290, 1000)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_fills_a_missing_row_until_the_object_itself_is_known() {
    on_both_backends(async |database| {
        let mirror = Mirrored::open(&database).await;
        let updated = "customer.subscription.updated";
        let copied = |number, second, plan| event(number, updated, second, subscription(plan));

        mirror.deliver(&copied("evt_1", 400, plan(290, 1000))).await;
        assert_eq!(mirror.rows("plan").await["gold"], (true, plan(290, 1000)));
        assert_eq!(
            mirror.column("plan", "gold", "djstripe_source").await,
            "copy"
        );

        // A later copy may be of the plan that had the id before.
        mirror.deliver(&copied("evt_2", 500, plan(90, 500))).await;
        assert_eq!(mirror.rows("plan").await["gold"], (true, plan(290, 1000)));
        mirror.deliver(&copied("evt_3", 600, plan(290, 1100))).await;
        assert_eq!(mirror.rows("plan").await["gold"], (true, plan(290, 1100)));

        // The object's own event is older than the copies, and says more all the same.
        mirror
            .deliver(&event("evt_4", "plan.created", 300, plan(290, 1000)))
            .await;
        assert_eq!(mirror.rows("plan").await["gold"], (true, plan(290, 1000)));
        assert_eq!(
            mirror.column("plan", "gold", "djstripe_source").await,
            "payload"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_of_cards_and_payment_methods_replace_nothing() {
    on_both_backends(async |database| {
        let mirror = Mirrored::open(&database).await;
        let card = |year: i64| json!({ "id": "card_1", "object": "card", "exp_year": year });
        mirror.deliver(&event("evt_1", "customer.source.updated", 100, card(2026))).await;
        let charge = json!({ "id": "ch_1", "object": "charge", "source": card(2021) });
        mirror.deliver(&event("evt_2", "charge.refunded", 200, charge)).await;
        assert_eq!(mirror.rows("card").await["card_1"], (true, card(2026)));

        let method = |customer: Value| json!({ "id": "pm_1", "object": "payment_method", "customer": customer });
        let attached = method("cus_1".into());
        mirror.deliver(&event("evt_3", "payment_method.attached", 100, attached.clone())).await;
        let intent = json!({
            "id": "pi_1", "object": "payment_intent",
            "last_payment_error": { "payment_method": method(Value::Null) },
        });
        mirror.deliver(&event("evt_4", "payment_intent.canceled", 200, intent)).await;
        assert_eq!(mirror.rows("payment_method").await["pm_1"], (true, attached));
    })
    .await;
}
