//! Children and copies in what a sync reads: lists inside objects say who is gone, and copies fill
//! missing rows.

use std::collections::BTreeMap;

use djstripe_core::Djstripe;
use djstripe_core::models::descriptor;
use djstripe_core::store::{ObjectFilter, TableName};
use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{app, only, rows, sync};

/// All columns of the live rows of a type, by id.
async fn columns(app: &Djstripe, object: &str) -> BTreeMap<String, Value> {
    let table = TableName::new(descriptor(object).unwrap().table.unwrap());
    let filter = ObjectFilter {
        limit: Some(10_000),
        ..ObjectFilter::default()
    };
    let rows = app.store().objects(table, &filter).await.unwrap();
    rows.into_iter()
        .map(|row| (row.id, serde_json::from_str(&row.json).unwrap()))
        .collect()
}

fn list(object: &str, numbers: impl Iterator<Item = usize>, url: &str) -> Value {
    let item = |number: usize| json!({ "object": object, "id": format!("{object}_{number:03}") });
    let items: Vec<Value> = numbers.map(item).collect();
    json!({ "object": "list", "data": items, "has_more": false, "url": url })
}

#[tokio::test(flavor = "multi_thread")]
async fn children_know_their_parent_and_end_with_its_list() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let items_url = "/v1/subscription_items?subscription=sub_1";
        let items = |count: usize| list("subscription_item", 0..count, items_url);
        stripe.insert(json!({ "object": "subscription", "id": "sub_1", "items": items(2) }));
        let lines_url = "/v1/invoices/in_1/lines";
        let lines =
            |without: usize| list("line_item", (0..150).filter(|at| *at != without), lines_url);
        stripe.insert(json!({ "object": "invoice", "id": "in_1", "lines": lines(150) }));

        let app = app(&database, &stripe).await;
        let wanted = only(&["invoice", "subscription"]);
        sync(&app, &wanted).await;
        let children = columns(&app, "line_item").await;
        assert_eq!(children.len(), 150);
        for line in children.values() {
            let parent = (&line["parent_type"], &line["parent_id"]);
            assert_eq!(parent, (&json!("invoice"), &json!("in_1")));
            assert_eq!(line["djstripe_source"], "fetched");
        }
        assert_eq!(columns(&app, "subscription_item").await.len(), 2);

        // One is on the first page of its list, and one beyond it.
        stripe.update("subscription", "sub_1", json!({ "items": items(1) }));
        stripe.update("invoice", "in_1", json!({ "lines": lines(140) }));
        sync(&app, &wanted).await;
        assert_eq!(columns(&app, "subscription_item").await.len(), 1);
        let children = columns(&app, "line_item").await;
        assert_eq!(
            (children.len(), children.contains_key("line_item_140")),
            (149, false)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_to_its_end_ends_nobody_and_marks_the_row() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let url = "/v1/invoices/in_1/lines";
        let lines = list("line_item", 0..30, url);
        stripe.insert(json!({ "object": "invoice", "id": "in_1", "lines": lines }));
        let app = app(&database, &stripe).await;
        sync(&app, &only(&["invoice"])).await;

        stripe.fail_next(Fault::error(403, "", "not yours", None).on(url));
        let (summary, _) = sync(&app, &only(&["invoice"])).await;
        assert!(!summary.is_complete(), "{summary:#?}");
        let invoice = &columns(&app, "invoice").await["in_1"];
        assert_eq!(invoice["djstripe_incomplete"], "lines");
        assert_eq!(columns(&app, "line_item").await.len(), 30);

        sync(&app, &only(&["invoice"])).await;
        let invoice = &columns(&app, "invoice").await["in_1"];
        assert_eq!(invoice["djstripe_incomplete"], Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inline_prices_become_rows_and_copies_replace_nothing() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let price = |id: &str, amount: i64| {
            json!({ "object": "price", "id": id, "active": true, "unit_amount": amount })
        };
        stripe.insert(price("price_listed", 1_000));
        let items: Vec<Value> = [("si_1", price("price_listed", 500)), ("si_2", price("price_inline", 700))]
            .into_iter()
            .map(|(id, price)| json!({ "object": "subscription_item", "id": id, "price": price }))
            .collect();
        let items = json!({ "object": "list", "data": items, "has_more": false, "url": "/x" });
        stripe.insert(json!({ "object": "subscription", "id": "sub_1", "items": items }));

        let app = app(&database, &stripe).await;
        // The copies come first, and are replaced by the list.
        sync(&app, &only(&["subscription"])).await;
        assert_eq!(rows(&app, "price", "").await.len(), 2);
        for _ in 0..2 {
            sync(&app, &only(&["price"])).await;
            sync(&app, &only(&["subscription"])).await;
            let prices = columns(&app, "price").await;
            let of = |id: &str| (&prices[id]["unit_amount"], &prices[id]["djstripe_source"]);
            assert_eq!(of("price_listed"), (&json!(1_000), &json!("fetched")));
            assert_eq!(of("price_inline"), (&json!(700), &json!("copy")));
        }
    })
    .await;
}
