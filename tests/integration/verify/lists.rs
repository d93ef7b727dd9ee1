//! Lists that are not what they seem: archived objects, deleted cursors, refused parameters.

use djstripe_core::testing::Fault;
use djstripe_core::verify::VerifyOptions;
use djstripe_tests::on_both_backends;
use serde_json::json;

use super::{Shop, lines, of};

#[tokio::test(flavor = "multi_thread")]
async fn archived_objects_are_compared() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        for object in ["plan", "price", "product"] {
            let id = format!("{object}_old");
            shop.stripe
                .insert(json!({ "object": object, "id": id, "active": false }));
        }

        let (findings, summary) = shop.verify(&of(&["plan", "price", "product"])).await;
        let expected = [
            "missing plan  plan_old  ",
            "missing price  price_old  ",
            "missing product  product_old  ",
        ];
        assert_eq!(lines(&findings), expected);
        assert!(summary.is_complete());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_cursor_costs_a_page_in_stripes_words_too() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        let line =
            |number: usize| json!({ "object": "line_item", "id": format!("il_{number:03}") });
        let all: Vec<_> = (0..150).map(line).collect();
        let url = "/v1/invoices/in_1/lines";
        let all = json!({ "object": "list", "data": all, "has_more": false, "url": url });
        shop.stripe
            .insert(json!({ "object": "invoice", "id": "in_1", "lines": all }));

        let message = "Invoice in_1 does not have a line item with ID il_009";
        let refused = Fault::error(400, "", message, None);
        shop.stripe.fail_next(refused.on(url));
        let (findings, summary) = shop.verify(&of(&["invoice", "line_item"])).await;

        assert!(summary.is_complete(), "{summary:?}");
        assert_eq!(findings.len(), 151, "{:?}", lines(&findings));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_does_without_a_parameter_that_stripe_refuses() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        let charge = json!({ "object": "charge", "id": "ch_1", "created": 1_600_000_000 });
        shop.write("", &shop.stripe.insert(charge), false).await;

        let message = "Received unknown parameter: created";
        let refused = Fault::error(400, "parameter_unknown", message, Some("created"));
        shop.stripe.fail_next(refused.on("/v1/charges"));
        let options = VerifyOptions {
            sample: Some(1),
            ..of(&["charge"])
        };
        let (findings, summary) = shop.verify(&options).await;

        assert_eq!(lines(&findings), Vec::<String>::new());
        assert!(summary.is_complete() && summary.widened.contains("charge"));
    })
    .await;
}
