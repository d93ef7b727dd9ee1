//! Two events of one object in one second, without a key.

use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{Mirrored, event, list};

/// Each event as name, object and previous attributes.
type Told = (&'static str, Value, Value);

fn events(told: &[Told]) -> Vec<Value> {
    told.iter()
        .zip(1..)
        .map(|((name, object, previous), number)| {
            let mut event = event(&format!("evt_{number}"), name, 100, object.clone());
            if !previous.is_null() {
                event["data"]["previous_attributes"] = previous.clone();
            }
            event
        })
        .collect()
}

/// These events as those of an object of its own.
fn apart(events: &[&Value], number: usize) -> Vec<Value> {
    let mut events: Vec<Value> = events.iter().map(|event| (*event).clone()).collect();
    for event in &mut events {
        for id in ["/id", "/data/object/id"] {
            let id = event.pointer_mut(id).unwrap();
            *id = format!("{}_{number}", id.as_str().unwrap()).into();
        }
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn the_later_state_stays_whatever_comes_first() {
    let updated = "customer.subscription.updated";
    let status =
        |status: &str| json!({ "id": "sub_1", "object": "subscription", "status": status });
    let was = |status: &str| json!({ "status": status });
    let cases: [(&str, Vec<Told>); 3] = [
        (
            "subscription",
            vec![
                (updated, status("trialing"), was("incomplete")),
                (updated, status("active"), was("trialing")),
                (updated, status("past_due"), was("active")),
            ],
        ),
        (
            "invoice",
            vec![
                (
                    "invoice.finalized",
                    json!({ "id": "in_1", "object": "invoice", "status": "open" }),
                    Value::Null,
                ),
                (
                    "invoice.paid",
                    json!({ "id": "in_1", "object": "invoice", "status": "paid" }),
                    Value::Null,
                ),
            ],
        ),
        (
            "dispute",
            vec![
                (
                    "charge.dispute.closed",
                    json!({ "id": "dp_1", "object": "dispute", "status": "won" }),
                    Value::Null,
                ),
                (
                    "charge.dispute.funds_reinstated",
                    json!({ "id": "dp_1", "object": "dispute", "status": "won", "amount": 0 }),
                    Value::Null,
                ),
            ],
        ),
    ];

    on_both_backends(async |database| {
        let mirror = Mirrored::open(&database).await;
        let mut number = 0;
        for (object, told) in &cases {
            let events = events(told);
            let mut orders = vec![events.iter().collect::<Vec<_>>()];
            orders.push(events.iter().rev().collect());
            orders.push(events.iter().skip(1).chain(&events[..1]).collect());
            for order in orders {
                number += 1;
                let order = apart(&order, number);
                for event in &order {
                    mirror.deliver(event).await;
                }

                let id = order[0]["data"]["object"]["id"].as_str().unwrap();
                let (_, data) = &mirror.rows(object).await[id];
                let (_, expected, _) = told.last().unwrap();
                for field in ["status", "amount"] {
                    assert_eq!(data[field], expected[field], "{order:#?}");
                }
                let undecided = mirror.column(object, id, "djstripe_undecided").await;
                assert_eq!(undecided, false, "{order:#?}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undecided_second_ends_in_the_last_arrival_and_the_row_says_so() {
    on_both_backends(async |database| {
        let product = |name: &str| json!({ "id": "prod_1", "object": "product", "name": name });
        let told = [
            ("product.updated", product("a"), json!({ "name": "x" })),
            ("product.updated", product("b"), json!({ "name": "y" })),
        ];
        let events = events(&told);
        let mirror = Mirrored::open(&database).await;
        mirror.deliver(&events[1]).await;
        mirror.deliver(&events[0]).await;
        assert_eq!(mirror.rows("product").await["prod_1"], (true, product("a")));
        assert_eq!(
            mirror
                .column("product", "prod_1", "djstripe_undecided")
                .await,
            true
        );

        // The next event of the object decides.
        mirror
            .deliver(&event("evt_9", "product.updated", 101, product("c")))
            .await;
        assert_eq!(mirror.rows("product").await["prod_1"], (true, product("c")));
        assert_eq!(
            mirror
                .column("product", "prod_1", "djstripe_undecided")
                .await,
            false
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_children_are_those_of_the_later_state() {
    on_both_backends(async |database| {
        let subscription = |items: &[&str]| {
            let item = |id: &&str| json!({ "id": id, "object": "subscription_item" });
            let items: Vec<Value> = items.iter().map(item).collect();
            json!({ "id": "sub_1", "object": "subscription", "items": list("/v1/x", false, &items) })
        };
        let (first, second) = (subscription(&["si_1", "si_2"]), subscription(&["si_2", "si_3"]));
        let updated = "customer.subscription.updated";
        let told = [
            (updated, first.clone(), json!({ "items": subscription(&["si_1"])["items"] })),
            (updated, second, json!({ "items": first["items"] })),
        ];
        let events = events(&told);
        let mirror = Mirrored::open(&database).await;
        mirror.deliver(&events[1]).await;
        mirror.deliver(&events[0]).await;
        assert_eq!(mirror.live("subscription_item").await, ["si_2", "si_3"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_only_an_earlier_state_shows_fills_a_missing_row_in_any_order() {
    on_both_backends(async |database| {
        let mirror = Mirrored::open(&database).await;
        let subscription = |status: u32, items: &[Value]| {
            let items = list("/v1/x", false, items);
            json!({ "id": "sub_1", "object": "subscription", "status": status, "items": items })
        };
        for (number, order) in [[0, 1], [1, 0]].into_iter().enumerate() {
            let plan = format!("plan_{number}");
            let item = json!({
                "id": format!("si_{number}"), "object": "subscription_item",
                "plan": { "id": plan, "object": "plan", "created": 1, "amount": 1 },
            });
            let told = events(&[
                (
                    "customer.subscription.updated",
                    subscription(1, &[item]),
                    json!({ "status": 0 }),
                ),
                (
                    "customer.subscription.updated",
                    subscription(2, &[]),
                    json!({ "status": 1 }),
                ),
            ]);
            let told = apart(&told.iter().collect::<Vec<_>>(), number);
            for index in order {
                mirror.deliver(&told[index]).await;
            }

            let row = &mirror.rows("subscription").await[&format!("sub_1_{number}")];
            assert_eq!(row.1["status"], 2, "{order:?}");
            assert_eq!(mirror.live("subscription_item").await, [""; 0], "{order:?}");
            let plans = mirror.live("plan").await;
            assert!(plans.contains(&plan), "{order:?}: {plans:?}");
        }
    })
    .await;
}
