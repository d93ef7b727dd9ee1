//! Lists that are not what they seem: archived objects, deleted cursors, refused parameters.

use djstripe_core::testing::Fault;
use djstripe_core::verify::VerifyOptions;
use djstripe_tests::on_both_backends;
use serde_json::json;

use super::{Shop, lines as lines_of, of};

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
        assert_eq!(lines_of(&findings), expected);
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
        assert_eq!(findings.len(), 151, "{:?}", lines_of(&findings));
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

        assert_eq!(lines_of(&findings), Vec::<String>::new());
        assert!(summary.is_complete() && summary.widened.contains("charge"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_its_parents_list_no_longer_shows_is_extra_and_ended() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        let line = |id: &str| json!({ "object": "line_item", "id": id });
        let lines = |ids: &[&str]| {
            let lines: Vec<_> = ids.iter().map(|id| line(id)).collect();
            json!({ "object": "list", "data": lines, "has_more": false, "url": "/v1/invoices/in_1/lines" })
        };
        let invoice = json!({ "object": "invoice", "id": "in_1", "lines": lines(&["il_1", "il_2"]) });
        shop.stripe.insert(invoice);
        let mut options = djstripe_core::sync::SyncOptions::default();
        options.objects = vec!["invoice".to_owned()];
        shop.app.sync(&options, |_| {}).await.unwrap();
        let of_invoices = of(&["invoice", "line_item"]);
        assert_eq!(lines_of(&shop.verify(&of_invoices).await.0), Vec::<String>::new());

        // The invoice changes again, so that only the children are wrong.
        shop.stripe.update("invoice", "in_1", json!({ "lines": lines(&["il_1"]) }));
        shop.write("", &shop.stripe.get("invoice", "in_1").unwrap(), false).await;
        let (findings, _) = shop.verify(&of_invoices).await;
        assert_eq!(lines_of(&findings), ["extra line_item  il_2  "]);

        let repairing = VerifyOptions {
            repair: true,
            ..of_invoices.clone()
        };
        let (findings, summary) = shop.verify(&repairing).await;
        assert_eq!((findings.len(), summary.unrepaired()), (1, 0));
        assert_eq!(lines_of(&shop.verify(&of_invoices).await.0), Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_repair_of_a_parent_that_is_gone_ends_its_children() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        let line = json!({ "object": "line_item", "id": "il_1" });
        let url = "/v1/invoices/in_1/lines";
        let lines = json!({ "object": "list", "data": [line], "has_more": false, "url": url });
        shop.stripe
            .insert(json!({ "object": "invoice", "id": "in_1", "lines": lines }));
        let mut options = djstripe_core::sync::SyncOptions::default();
        options.objects = vec!["invoice".to_owned()];
        shop.app.sync(&options, |_| {}).await.unwrap();
        assert_eq!(shop.live("line_item").await, ["il_1"]);

        shop.stripe.remove("invoice", "in_1");
        let repairing = VerifyOptions {
            repair: true,
            ..of(&["invoice"])
        };
        let (findings, summary) = shop.verify(&repairing).await;
        assert_eq!(lines_of(&findings), ["extra invoice  in_1  "]);
        assert_eq!(summary.unrepaired(), 0);
        assert_eq!(shop.live("line_item").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_knows_only_the_first_page_of_a_list_is_told_and_completed() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        let line =
            |number: usize| json!({ "object": "line_item", "id": format!("il_{number:03}") });
        let url = "/v1/invoices/in_1/lines";
        let all: Vec<_> = (0..12).map(line).collect();
        let all = json!({ "object": "list", "data": all, "has_more": false, "url": url });
        shop.stripe
            .insert(json!({ "object": "invoice", "id": "in_1", "lines": all }));

        let mut options = djstripe_core::sync::SyncOptions::default();
        options.objects = vec!["invoice".to_owned()];
        let refused = Fault::error(403, "", "not yours", None);
        shop.stripe.fail_next(refused.on(url));
        shop.app.sync(&options, |_| {}).await.unwrap();

        let (findings, _) = shop.verify(&of(&["invoice"])).await;
        assert_eq!(lines_of(&findings), ["incomplete invoice  in_1 lines "]);
        // Without the lines, the rest of the list is not known.
        let mut repairing = VerifyOptions {
            repair: true,
            ..of(&["invoice"])
        };
        let (_, summary) = shop.verify(&repairing).await;
        assert_eq!(summary.unrepaired(), 1);
        repairing.objects.push("line_item".to_owned());
        let (findings, summary) = shop.verify(&repairing).await;
        assert_eq!((findings.len(), summary.unrepaired()), (1 + 2, 0));
        let (findings, _) = shop.verify(&of(&["invoice", "line_item"])).await;
        assert_eq!(lines_of(&findings), Vec::<String>::new());
    })
    .await;
}
