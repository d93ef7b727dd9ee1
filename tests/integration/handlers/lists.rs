//! Lists inside an event's object that go on elsewhere, with a key.

use djstripe_core::sync::SyncOptions;
use djstripe_core::testing::Fault;
use serde_json::json;

use super::*;

const LINES: &str = "/v1/invoices/in_1/lines";

fn list(object: &str, numbers: impl Iterator<Item = usize>, url: &str) -> Value {
    let item = |number: usize| json!({ "object": object, "id": format!("{object}_{number:02}") });
    let items: Vec<Value> = numbers.map(item).collect();
    json!({ "object": "list", "data": items, "has_more": false, "url": url })
}

fn invoice(lines: impl Iterator<Item = usize>) -> Value {
    json!({ "id": "in_1", "object": "invoice", "lines": list("line_item", lines, LINES) })
}

impl Shop {
    async fn count(&self, object: &str) -> usize {
        self.ids(object).await.len()
    }

    /// The lists of which the one row of this type has only the first page.
    async fn incomplete(&self, object: &str) -> Value {
        self.rows(object, false).await[0]["djstripe_incomplete"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_inside_an_object_is_read_to_its_end() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        assert_eq!(
            shop.happens("invoice.created", invoice(0..25)).await,
            PROCESSED
        );
        let lines = shop.rows("line_item", false).await;
        assert_eq!(lines.len(), 25);
        for line in lines {
            let parent = (&line["parent_type"], &line["parent_id"]);
            assert_eq!(parent, (&json!("invoice"), &json!("in_1")));
        }
        assert_eq!(shop.incomplete("invoice").await, Value::Null);

        // One that stands on the second page is taken off.
        let fewer = invoice((0..25).filter(|number| *number != 20));
        assert_eq!(shop.happens("invoice.updated", fewer).await, PROCESSED);
        let lines = shop.ids("line_item").await;
        assert_eq!(
            (lines.len(), lines.contains(&"line_item_20".to_owned())),
            (24, false)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_too_long_or_refused_marks_the_row_and_ends_nobody() {
    on_both_backends(async |database| {
        let shop = Shop::with(&database, MirrorSettings::default().list_items(20)).await;
        assert_eq!(
            shop.happens("invoice.created", invoice(0..25)).await,
            PROCESSED
        );
        assert_eq!(shop.count("line_item").await, 25);

        let forbidden = Fault::error(403, "", "not yours", None);
        shop.stripe.fail_next(forbidden.on(LINES));
        assert_eq!(
            shop.happens("invoice.updated", invoice(0..24)).await,
            PROCESSED
        );
        assert_eq!(shop.incomplete("invoice").await, "lines");
        assert_eq!(shop.count("line_item").await, 25);

        let too_many = invoice(1..40);
        assert_eq!(shop.happens("invoice.updated", too_many).await, PROCESSED);
        assert_eq!(shop.incomplete("invoice").await, "lines");
        assert_eq!(shop.count("line_item").await, 25);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_later_items_counts_as_on_the_first_page() {
    on_both_backends(async |database| {
        let shop = Shop::open(&database).await;
        shop.stripe
            .insert(json!({ "id": "offer_1", "object": "product_catalog.trial_offer" }));
        let url = "/v1/subscription_items?subscription=sub_1";
        let mut items = list("subscription_item", 0..12, url);
        items["data"][11]["price"] = json!({ "id": "price_inline", "object": "price" });
        items["data"][11]["current_trial"] = json!({ "trial_offer": "offer_1" });
        let subscription = json!({ "id": "sub_1", "object": "subscription", "items": items });
        let created = "customer.subscription.created";
        assert_eq!(shop.happens(created, subscription).await, PROCESSED);

        assert_eq!(shop.count("subscription_item").await, 12);
        assert_eq!(shop.ids("price").await, ["price_inline"]);
        assert_eq!(shop.ids("product_catalog.trial_offer").await, ["offer_1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_lists_of_one_type_end_a_child_together() {
    let settings = || MirrorSettings::default().expand("quote", ["line_items"]);
    let quote = |lines: &mut dyn Iterator<Item = usize>,
                 upfront: &mut dyn Iterator<Item = usize>| {
        let lines = list("item", lines, "/v1/quotes/qt_1/line_items");
        let upfront = list(
            "item",
            upfront,
            "/v1/quotes/qt_1/computed_upfront_line_items",
        );
        let computed = json!({ "upfront": { "line_items": upfront } });
        json!({ "id": "qt_1", "object": "quote", "line_items": lines, "computed": computed })
    };
    let sync = async |shop: &Shop| {
        let mut options = SyncOptions::default();
        options.objects = vec!["quote".to_owned()];
        shop.app.sync(&options, |_| {}).await.unwrap();
    };

    for by_event in [true, false] {
        on_both_backends(async |database| {
            let shop = Shop::with(&database, settings()).await;
            let happens = async |quote: Value| {
                if by_event {
                    assert_eq!(shop.happens("quote.finalized", quote).await, PROCESSED);
                } else {
                    shop.stripe.insert(quote);
                    sync(&shop).await;
                }
            };

            happens(quote(&mut (0..15), &mut (80..83))).await;
            assert_eq!(shop.count("item").await, 18);
            happens(quote(&mut (0..14), &mut (81..83))).await;
            let left = shop.ids("item").await;
            assert_eq!(left.len(), 16, "{left:?}");
            assert!(!left.iter().any(|id| id == "item_14" || id == "item_80"));

            assert_eq!(shop.wrong(&["quote", "item"]).await, 0);

            // A quote that doesn't show all of them ends nobody.
            let mut part = quote(&mut (0..13), &mut (81..83));
            part.as_object_mut().unwrap().remove("computed");
            happens(part).await;
            assert_eq!(shop.count("item").await, 16);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn children_of_a_type_that_is_switched_off_have_no_rows() {
    on_both_backends(async |database| {
        let settings = MirrorSettings::default().without("line_item");
        let shop = Shop::with(&database, settings).await;
        assert_eq!(
            shop.happens("invoice.created", invoice(0..25)).await,
            PROCESSED
        );
        assert_eq!(shop.count("line_item").await, 0);
        assert_eq!(shop.incomplete("invoice").await, Value::Null);
        assert!(!shop.requested().contains(&LINES.to_owned()));
    })
    .await;
}
