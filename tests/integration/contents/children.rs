//! A complete list of children says who is gone.

use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{Mirrored, event, list};

fn item(id: &str, quantity: i64) -> Value {
    json!({ "id": id, "object": "subscription_item", "quantity": quantity, "subscription": "sub_1" })
}

fn subscription(has_more: bool, items: &[Value]) -> Value {
    let items = list("/v1/subscription_items?subscription=sub_1", has_more, items);
    json!({ "id": "sub_1", "object": "subscription", "status": "active", "items": items })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_taken_off_a_subscription_ends() {
    on_both_backends(async |database| {
        let mirror = Mirrored::open(&database).await;
        let updated = "customer.subscription.updated";
        let both = subscription(false, &[item("si_1", 1), item("si_2", 1)]);
        let one = subscription(false, &[item("si_2", 2)]);

        mirror
            .deliver(&event("evt_1", updated, 100, both.clone()))
            .await;
        assert_eq!(mirror.live("subscription_item").await, ["si_1", "si_2"]);
        assert_eq!(
            mirror
                .column("subscription_item", "si_1", "parent_id")
                .await,
            "sub_1"
        );

        mirror.deliver(&event("evt_2", updated, 200, one)).await;
        assert_eq!(mirror.live("subscription_item").await, ["si_2"]);

        // An older list says nothing, and an incomplete one neither.
        mirror
            .deliver(&event("evt_3", updated, 150, both.clone()))
            .await;
        assert_eq!(mirror.live("subscription_item").await, ["si_2"]);
        let first_page = subscription(true, &[item("si_3", 1)]);
        mirror
            .deliver(&event("evt_4", updated, 300, first_page))
            .await;
        assert_eq!(mirror.live("subscription_item").await, ["si_2", "si_3"]);
        assert_eq!(
            mirror
                .column("subscription", "sub_1", "djstripe_incomplete")
                .await,
            "items"
        );

        // What is there again lives again.
        mirror.deliver(&event("evt_5", updated, 400, both)).await;
        assert_eq!(mirror.live("subscription_item").await, ["si_1", "si_2"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn children_that_an_older_list_shows_have_ended() {
    on_both_backends(async |database| {
        let mirror = Mirrored::open(&database).await;
        let updated = "customer.subscription.updated";
        let later = subscription(false, &[item("si_2", 2)]);
        let earlier = subscription(false, &[item("si_1", 1), item("si_2", 1)]);
        mirror.deliver(&event("evt_2", updated, 200, later)).await;
        mirror.deliver(&event("evt_1", updated, 100, earlier)).await;

        let rows = mirror.rows("subscription_item").await;
        let rows: Vec<_> = rows
            .iter()
            .map(|(id, (is_live, data))| (&**id, *is_live, data["quantity"].as_i64().unwrap()))
            .collect();
        assert_eq!(rows, [("si_1", false, 1), ("si_2", true, 2)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_children_of_a_deleted_parent_end() {
    on_both_backends(async |database| {
        let mirror = Mirrored::open(&database).await;
        let line = json!({ "id": "il_1", "object": "line_item", "invoice": "in_1" });
        let invoice = |lines: &[Value]| {
            let lines = list("/v1/invoices/in_1/lines", false, lines);
            json!({ "id": "in_1", "object": "invoice", "status": "draft", "lines": lines })
        };
        mirror
            .deliver(&event(
                "evt_1",
                "invoice.created",
                100,
                invoice(std::slice::from_ref(&line)),
            ))
            .await;
        assert_eq!(mirror.live("line_item").await, ["il_1"]);

        mirror
            .deliver(&event(
                "evt_3",
                "invoice.deleted",
                300,
                invoice(std::slice::from_ref(&line)),
            ))
            .await;
        assert!(mirror.live("line_item").await.is_empty());
        assert!(mirror.live("invoice").await.is_empty());

        // An event from before the deletion brings none back.
        let another = json!({ "id": "il_2", "object": "line_item", "invoice": "in_1" });
        mirror
            .deliver(&event(
                "evt_2",
                "invoice.updated",
                200,
                invoice(&[line, another]),
            ))
            .await;
        assert!(mirror.live("line_item").await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_are_not_owned_end_nothing() {
    on_both_backends(async |database| {
        let mirror = Mirrored::open(&database).await;
        let refund = json!({ "id": "re_1", "object": "refund", "amount": 5, "created": 90 });
        let charge = |refunds: &[Value]| json!({ "id": "ch_1", "object": "charge", "refunds": list("/v1/x", false, refunds) });
        mirror.deliver(&event("evt_1", "charge.refunded", 100, charge(&[refund]))).await;
        mirror.deliver(&event("evt_2", "charge.updated", 200, charge(&[]))).await;
        assert_eq!(mirror.live("refund").await, ["re_1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_old_versions_are_known_by_their_invoice_too() {
    on_both_backends(async |database| {
        let mirror = Mirrored::open(&database).await;
        let invoice = |number: i64| {
            let id = format!("in_{number}");
            let line = json!({ "id": "sub_1", "object": "line_item", "amount": number * 10 });
            let mut event = event(
                &format!("evt_{number}"),
                "invoice.payment_succeeded",
                number,
                json!({ "id": id, "object": "invoice", "lines": list("/v1/x", false, &[line]) }),
            );
            event["api_version"] = "2018-02-28".into();
            event
        };
        mirror.deliver(&invoice(1)).await;
        mirror.deliver(&invoice(2)).await;

        let rows = mirror.rows("line_item").await;
        let amounts: Vec<_> = rows
            .values()
            .map(|(live, data)| (*live, &data["amount"]))
            .collect();
        assert_eq!(amounts, [(true, &json!(10)), (true, &json!(20))]);
        assert_eq!(
            mirror.column("line_item", "in_1-sub_1", "parent_id").await,
            "in_1"
        );
    })
    .await;
}
