//! Rows of the mirror that may not be what Stripe has.

use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{Place, stripe};
use crate::contents::{Mirrored, event, list};

fn product(name: &str) -> Value {
    json!({ "id": "prod_1", "object": "product", "name": name, "active": true })
}

/// An invoice with this many lines, of which its list shows the first ones.
fn invoice(lines: usize, shown: usize) -> Value {
    let line = |number| json!({ "id": format!("il_{number}"), "object": "line_item" });
    let lines: Vec<Value> = (0..lines).map(line).collect();
    let has_more = shown < lines.len();
    let lines = list("/v1/invoices/in_1/lines", has_more, &lines[..shown]);
    json!({ "id": "in_1", "object": "invoice", "lines": lines })
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_may_be_out_of_date_or_incomplete_are_counted_until_they_were_fetched() {
    on_both_backends(async |database| {
        let mirror = Mirrored::open(&database).await;
        for (id, name, previous) in [("evt_1", "a", "x"), ("evt_2", "b", "y")] {
            let mut event = event(id, "product.updated", 100, product(name));
            event["data"]["previous_attributes"] = json!({ "name": previous });
            mirror.deliver(&event).await;
        }
        mirror
            .deliver(&event("evt_3", "invoice.created", 100, invoice(3, 1)))
            .await;

        let undecided = "the earlier one of two events of the same second: 1 in stripe_product";
        let incomplete = "only the first page of a list inside their object: 1 in stripe_invoice";
        let place = Place::new(&database).with("STRIPE_WEBHOOK_SECRET", "whsec_1");
        place.migrate().await;
        let key = "set STRIPE_SECRET_KEY, then run `sync";
        let ended = place.check().await;
        ended.has("warning", "mirror", undecided, &format!("{key} product`"));
        ended.has("warning", "mirror", incomplete, &format!("{key} invoice`"));

        let stripe = stripe().await;
        stripe.insert(product("a"));
        stripe.insert(invoice(3, 3));
        let place = place.stripe(&stripe);
        let ended = place.check().await;
        ended.has("warning", "mirror", undecided, "run `sync product`");
        ended.has("warning", "mirror", incomplete, "run `sync invoice`");

        let (code, out) = place.run(&["sync", "product", "invoice"]).await;
        assert_eq!(code, 0, "{out}");
        let ended = place.check().await;
        assert!(!ended.faults().contains(&"mirror"), "{:#?}", ended.findings);
    })
    .await;
}
