//! Random histories of a subscription, its items and its plan end in the same rows in any order,
//! and with a key in Stripe's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use djstripe_tests::{BothBackends, TestDatabase};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{Mirrored, event, list};

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// The subscription changes, in the same second or a later one, and has these items then.
    Subscription { later: bool, items: Vec<usize> },
    /// The plan changes.
    Plan { later: bool },
}

fn steps() -> impl Strategy<Value = (Vec<Step>, Vec<usize>)> {
    let items = prop::collection::btree_set(0..3_usize, 0..4);
    let subscription = (any::<bool>(), items).prop_map(|(later, items)| Step::Subscription {
        later,
        items: items.into_iter().collect(),
    });
    let plan = any::<bool>().prop_map(|later| Step::Plan { later });
    let step = prop_oneof![3 => subscription, 1 => plan];
    prop::collection::vec(step, 1..7).prop_flat_map(|steps| {
        let order: Vec<usize> = (0..steps.len()).collect();
        (Just(steps), Just(order).prop_shuffle())
    })
}

/// The events of a history. `case` keeps the objects of different histories apart.
fn events(case: usize, steps: &[Step]) -> Vec<Value> {
    let (sub, plan) = (
        format!("sub_{}", mark(case)),
        format!("plan_{}", mark(case)),
    );
    let (mut second, mut status, mut amount) = (100, 0, 0);
    let mut events = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let id = format!("evt_{case}_{number}");
        let (Step::Subscription { later, .. } | Step::Plan { later }) = step;
        second += i64::from(*later);
        let plan_now =
            |amount| json!({ "id": plan, "object": "plan", "created": 1, "amount": amount });

        let mut event = match step {
            Step::Subscription { items, .. } => {
                status += 1;
                let item = |item: &usize| {
                    json!({
                        "id": format!("si_{}_{item}", mark(case)), "object": "subscription_item",
                        "quantity": status, "plan": plan_now(7_000 + status),
                    })
                };
                let items: Vec<Value> = items.iter().map(item).collect();
                let object = json!({
                    "id": sub, "object": "subscription", "status": status,
                    "items": list("/v1/x", false, &items),
                });
                event(&id, "customer.subscription.updated", second, object)
            }
            Step::Plan { .. } => {
                amount += 1;
                event(&id, "plan.updated", second, plan_now(amount))
            }
        };
        event["data"]["previous_attributes"] = match step {
            Step::Subscription { .. } => json!({ "status": status - 1 }),
            Step::Plan { .. } => json!({ "amount": amount - 1 }),
        };
        events.push(event);
    }
    events
}

type Rows = BTreeMap<String, (bool, Value)>;

/// The rows after these events, their ids without the number of the case. Of a child that has ended
/// only that counts: which of its contents of one second is the last one is no longer known.
async fn rows(mirror: &Mirrored, case: usize, events: &[&Value]) -> Rows {
    for event in events {
        mirror.deliver(event).await;
    }

    let mut all = Rows::new();
    let mark = mark(case);
    for object in ["subscription", "subscription_item", "plan"] {
        for (id, (is_live, data)) in mirror.rows(object).await {
            if id.contains(&mark) {
                let data = data.to_string().replace(&mark, "");
                let is_known = is_live || object != "subscription_item";
                let data = if is_known {
                    serde_json::from_str(&data).unwrap()
                } else {
                    Value::Null
                };
                all.insert(id.replace(&mark, ""), (is_live, data));
            }
        }
    }
    all
}

/// What the ids of a case contain, and no others.
fn mark(case: usize) -> String {
    format!("c{case}x")
}

/// Runs `check` for random histories, each with the objects of a case of its own.
fn for_histories<S: Strategy, M>(
    strategy: &S,
    open: impl AsyncFn(&TestDatabase) -> M,
    check: impl AsyncFn(&M, &AtomicUsize, &S::Value) -> Result<(), TestCaseError>,
) {
    let both = BothBackends::open(open);

    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        max_shrink_iters: 64,
        ..Config::default()
    });
    let cases = AtomicUsize::new(0);
    let result = runner.run(strategy, |history| {
        for mirror in &both.opened {
            both.runtime.block_on(check(mirror, &cases, &history))?;
        }
        Ok(())
    });
    result.unwrap();
}

#[test]
fn any_order_of_a_history_ends_in_the_same_rows() {
    for_histories(
        &steps(),
        Mirrored::open,
        async |mirror, cases, (steps, order)| {
            let mut ends = Vec::new();
            for is_shuffled in [false, true] {
                let case = cases.fetch_add(1, Ordering::Relaxed);
                let events = events(case, steps);
                let events: Vec<&Value> = match is_shuffled {
                    true => order.iter().map(|index| &events[*index]).collect(),
                    false => events.iter().collect(),
                };
                ends.push(rows(mirror, case, &events).await);
            }
            prop_assert_eq!(&ends[1], &ends[0], "{:?}", order);
            check(steps, &ends[0])
        },
    );
}

#[test]
fn with_a_key_any_order_of_a_history_ends_in_stripes_rows() {
    for_histories(
        &steps(),
        Mirrored::open_with_key,
        async |mirror, cases, (steps, order)| {
            let case = cases.fetch_add(1, Ordering::Relaxed);
            let events = events(case, steps);
            let last = |name: &str| events.iter().rev().find(|event| event["type"] == name);
            let insert = |object| mirror.stripe.insert(object);
            let plan = last("plan.updated");
            let plan = plan.map(|event| insert(event["data"]["object"].clone()));
            let subscription = last("customer.subscription.updated");
            let subscription = subscription.map(|event| insert(many(&event["data"]["object"])));

            let events: Vec<&Value> = order.iter().map(|index| &events[*index]).collect();
            let rows = rows(mirror, case, &events).await;
            let mark = mark(case);
            let expected = |object: &Value| {
                let id = object["id"].as_str().unwrap().replace(&mark, "");
                let object = object.to_string().replace(&mark, "");
                (id, serde_json::from_str::<Value>(&object).unwrap())
            };

            if let Some(plan) = &plan {
                let (id, plan) = expected(plan);
                prop_assert_eq!(rows.get(&id), Some(&(true, plan)));
            }
            if let Some(subscription) = &subscription {
                let (id, expected_row) = expected(subscription);
                prop_assert_eq!(&rows[&id].1["status"], &expected_row["status"]);
                let items = subscription["items"]["data"].as_array().unwrap();
                let items: BTreeMap<String, Value> = items.iter().map(expected).collect();
                let live = rows
                    .iter()
                    .filter(|(id, (is_live, _))| id.starts_with("si_") && *is_live);
                let live: BTreeMap<String, Value> =
                    live.map(|(id, row)| (id.clone(), row.1.clone())).collect();
                prop_assert_eq!(live, items);
                let id = subscription["id"].as_str().unwrap();
                let incomplete = mirror
                    .column("subscription", id, "djstripe_incomplete")
                    .await;
                prop_assert_eq!(incomplete, Value::Null);
            }
            Ok(())
        },
    );
}

/// A subscription with five items in place of each one, so that Stripe cuts its list.
fn many(subscription: &Value) -> Value {
    let mut subscription = subscription.clone();
    let items = subscription["items"]["data"].as_array().unwrap().iter();
    let items = items.flat_map(|item| {
        (0..5).map(|number| {
            let mut item = item.clone();
            item["id"] = format!("{}_{number}", item["id"].as_str().unwrap()).into();
            item
        })
    });
    let items: Vec<Value> = items.collect();
    let id = subscription["id"].as_str().unwrap();
    let url = format!("/v1/subscription_items?subscription={id}");
    subscription["items"] = list(&url, false, &items);
    subscription
}

#[test]
fn an_undecided_tie_ends_in_the_last_arrival_and_with_a_key_in_stripes_row() {
    let order = |ties: usize| Just((0..ties).collect::<Vec<_>>()).prop_shuffle();
    let ties = (2..5_usize).prop_flat_map(order);
    let open = async |database: &TestDatabase| {
        (
            Mirrored::open(database).await,
            Mirrored::open_with_key(database).await,
        )
    };
    for_histories(&ties, open, async |(mirror, keyed), cases, order| {
        let case = cases.fetch_add(1, Ordering::Relaxed);
        let id = format!("prod_{}", mark(case));
        let product = |name: usize| json!({ "id": id, "object": "product", "name": name });
        let told = |number: usize| {
            let event_id = format!("evt_{case}_{number}");
            let mut event = event(&event_id, "product.updated", 100, product(number));
            event["data"]["previous_attributes"] = json!({ "name": 100 + number });
            event
        };
        for number in order {
            mirror.deliver(&told(*number)).await;
        }
        let last = order.last().unwrap();
        prop_assert_eq!(&mirror.rows("product").await[&id], &(true, product(*last)));
        let undecided = async || mirror.column("product", &id, "djstripe_undecided").await;
        prop_assert_eq!(undecided().await, true);

        keyed.stripe.insert(product(order[0]));
        keyed.deliver(&told(order.len())).await;
        let row = &mirror.rows("product").await[&id];
        prop_assert_eq!(&row.1["name"], order[0]);
        prop_assert_eq!(undecided().await, false);
        Ok(())
    });
}

/// The live items are those of the last subscription, and the plan is that of its last own event.
fn check(steps: &[Step], rows: &Rows) -> Result<(), TestCaseError> {
    let last = steps.iter().rev().find_map(|step| match step {
        Step::Subscription { items, .. } => Some(items),
        Step::Plan { .. } => None,
    });
    let live: Vec<&String> = rows
        .iter()
        .filter(|(id, (is_live, _))| id.starts_with("si_") && *is_live)
        .map(|(id, _)| id)
        .collect();
    let expected = last.map_or(0, Vec::len);
    prop_assert_eq!(live.len(), expected, "{:?}", live);

    let changes = steps
        .iter()
        .filter(|step| matches!(step, Step::Plan { .. }))
        .count();
    if changes > 0 {
        let plan = rows.iter().find(|(id, _)| id.starts_with("plan")).unwrap();
        prop_assert_eq!(&plan.1.1["amount"], &json!(changes));
    }
    Ok(())
}
