//! What the default lists don't show: archived objects, objects that only others name, objects of
//! test clocks; and old rows that are fetched again.

use std::ops::RangeInclusive;
use std::time::Duration;

use djstripe_core::store::diesel::sql_query;
use djstripe_core::store::{ObjectFilter, TableName};
use djstripe_core::sync::{ListPart, Progress, SyncOptions};
use djstripe_core::testing::FakeStripe;
use djstripe_core::{Djstripe, with_db};
use djstripe_tests::{on_both_backends, wait};
use serde_json::{Value, json};

use super::{app, at_stripe, fill, only, rows, sync};

async fn sql(app: &Djstripe, sql: &str) {
    let mut session = app.store().session().await.unwrap();
    let mut db = session.db().unwrap();
    with_db!(db, connection => sql_query(sql).execute(connection).await).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn archived_prices_products_and_plans_are_synced() {
    let stripe = FakeStripe::start().await.unwrap();
    for object in ["plan", "price", "product"] {
        for active in [true, false] {
            let id = format!("{object}_{active}");
            stripe.insert(json!({ "object": object, "id": id, "active": active }));
        }
    }

    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        let (summary, reports) = sync(&app, &only(&["plan", "price", "product"])).await;
        assert!(summary.is_complete(), "{summary:#?}");
        for object in ["plan", "price", "product"] {
            assert_eq!(rows(&app, object, "").await, at_stripe(&stripe, object));
            assert_eq!(summary.objects[object].pages, 2, "{object}");
        }

        let archived = |report: &&Progress| matches!(report, Progress::Done { list, .. } if list.part == ListPart::Archived);
        assert_eq!(reports.iter().filter(archived).count(), 3, "{reports:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_others_name_is_counted_and_fetched_on_request() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "object": "payment_method", "id": "pm_guest" }));
    // It names a product that no list has shown either.
    stripe.insert(json!({ "object": "price", "id": "price_1", "product": "prod_1" }));
    stripe.insert(json!({ "object": "product", "id": "prod_1" }));
    for (number, method) in ["pm_guest", "pm_guest", "pm_gone"].into_iter().enumerate() {
        let id = format!("ch_{number}");
        stripe.insert(json!({ "object": "charge", "id": id, "payment_method": method }));
    }
    stripe.insert(json!({
        "object": "invoiceitem", "id": "ii_1",
        "pricing": { "price_details": { "price": "price_1", "product": "prod_1" } },
    }));

    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        stripe.clear_requests();
        let (summary, _) = sync(&app, &only(&["charge"])).await;
        assert_eq!(summary.objects["payment_method"].named, 2, "{summary:#?}");
        assert!(summary.is_complete());
        assert!(rows(&app, "payment_method", "").await.is_empty());
        let total = summary.total();
        assert_eq!(total.requests, total.pages + total.checks + 1, "{total:?}");

        let mut options = only(&["charge"]);
        options.follow = true;
        stripe.clear_requests();
        let (summary, _) = sync(&app, &options).await;
        let methods = rows(&app, "payment_method", "").await;
        assert_eq!(methods.into_keys().collect::<Vec<_>>(), ["pm_guest"]);
        let of = &summary.objects["payment_method"];
        assert_eq!((of.counts.inserted, of.named), (1, 1), "{of:?}");
        let fetched = |id: &str| {
            let path = format!("/v1/payment_methods/{id}");
            stripe.count_requests(|request| request.path == path)
        };
        assert_eq!((fetched("pm_guest"), fetched("pm_gone")), (1, 1));

        // What has a row is not fetched again.
        let (_, _) = sync(&app, &options).await;
        assert_eq!(fetched("pm_guest"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_rows_are_fetched_again_one_by_one_or_by_their_list() {
    let stripe = FakeStripe::start().await.unwrap();
    fill(&stripe, "coupon", 250, 10);
    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        sync(&app, &only(&["coupon"])).await;

        let mut options = only(&["coupon"]);
        options.stale = Some(Duration::from_secs(24 * 60 * 60));
        let check = async |old: &str, redeemed: u32, expected: RangeInclusive<usize>| {
            sql(
                &app,
                &format!("UPDATE stripe_coupon SET observed_at = 1 WHERE id {old}"),
            )
            .await;
            stripe.update(
                "coupon",
                "coupon_00007",
                json!({ "times_redeemed": redeemed }),
            );
            stripe.clear_requests();
            let (summary, _) = sync(&app, &options).await;
            assert!(summary.is_complete(), "{summary:#?}");
            let row = rows(&app, "coupon", "").await["coupon_00007"].clone();
            assert_eq!(row["times_redeemed"], redeemed);
            let requests = stripe.requests().len();
            assert!(expected.contains(&requests), "{old}: {requests}");
        };

        // The first request of each sync asks for the account of the key.
        check("= 'coupon_00007'", 1, 2..=2).await;
        // Three pages, and what splitting the list costs.
        check("> ''", 2, 4..=10).await;

        stripe.clear_requests();
        sync(&app, &options).await;
        assert_eq!(stripe.requests().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_rows_of_what_stripe_no_longer_has_end_as_if_its_event_had_come() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        let line = json!({ "object": "line_item", "id": "il_1" });
        let lines = json!({ "object": "list", "data": [line], "has_more": false, "url": "/v1/invoices/in_1/lines" });
        stripe.insert(json!({ "object": "customer", "id": "cus_1", "name": "Jenny", "default_source": "card_1" }));
        stripe.insert(json!({ "object": "invoice", "id": "in_1", "status": "draft", "lines": lines }));
        let app = app(&database, &stripe).await;
        let mut options = only(&["customer", "invoice"]);
        sync(&app, &options).await;
        sql(&app, "UPDATE stripe_customer SET observed_at = 1, subscriber = '7'").await;
        sql(&app, "UPDATE stripe_invoice SET observed_at = 1").await;
        stripe.remove("customer", "cus_1");
        stripe.remove("invoice", "in_1");

        options.stale = Some(Duration::from_secs(24 * 60 * 60));
        let (summary, _) = sync(&app, &options).await;
        assert!(summary.is_complete(), "{summary:#?}");
        for object in ["customer", "invoice", "line_item"] {
            assert!(rows(&app, object, "").await.is_empty(), "{object}");
        }
        let table = TableName::new("stripe_customer");
        let filter = ObjectFilter {
            deleted: true,
            ..ObjectFilter::default()
        };
        let customer = app.store().objects(table, &filter).await.unwrap();
        let customer: Value = serde_json::from_str(&customer[0].json).unwrap();
        assert_eq!(customer["stripe_data"]["name"], "Jenny");
        assert_eq!(customer["stripe_data"]["default_source"], Value::Null);
        assert_eq!(customer["subscriber"], Value::Null);
        assert!(customer["date_purged"].is_number(), "{customer}");

        // They are asked for once.
        stripe.clear_requests();
        sync(&app, &options).await;
        assert_eq!(stripe.requests().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_gets_old_is_refreshed_while_the_server_runs() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "object": "balance_transaction", "id": "txn_1", "status": "pending" }));
    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        sync(&app, &only(&["balance_transaction"])).await;
        stripe.update(
            "balance_transaction",
            "txn_1",
            json!({ "status": "available" }),
        );
        sql(
            &app,
            "UPDATE stripe_balance_transaction SET observed_at = 1",
        )
        .await;

        let (stop, stopped) = tokio::sync::watch::channel(false);
        let refreshing = tokio::spawn({
            let app = app.clone();
            async move {
                let age = Duration::from_secs(24 * 60 * 60);
                let options = only(&["balance_transaction"]);
                app.refresh_every(age, &options, stopped).await;
            }
        });
        wait::until(async || {
            rows(&app, "balance_transaction", "").await["txn_1"]["status"] == "available"
        })
        .await;
        stop.send_replace(true);
        refreshing.await.unwrap();
        stripe.update(
            "balance_transaction",
            "txn_1",
            json!({ "status": "pending" }),
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_objects_of_a_test_clock_are_synced_by_the_clock() {
    let stripe = FakeStripe::start().await.unwrap();
    for (clock, number) in [("clock_1", 1), ("clock_2", 2)] {
        let id = |prefix: &str| format!("{prefix}_{number}");
        for (object, prefix) in [
            ("customer", "cus"),
            ("quote", "qt"),
            ("subscription", "sub"),
        ] {
            stripe.insert(json!({
                "object": object, "id": id(prefix), "test_clock": clock, "customer": id("cus"),
            }));
        }
        for (object, prefix) in [
            ("invoice", "in"),
            ("charge", "ch"),
            ("payment_method", "pm"),
        ] {
            stripe.insert(json!({ "object": object, "id": id(prefix), "customer": id("cus") }));
        }
        stripe.update("invoice", &id("in"), json!({ "test_clock": clock }));
    }

    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        let wanted = ["customer", "quote", "subscription", "invoice"];
        sync(&app, &only(&wanted)).await;
        for object in wanted {
            assert!(rows(&app, object, "").await.is_empty(), "{object}");
        }

        let mut options = SyncOptions::default();
        options.test_clock = Some("clock_1".to_owned());
        let (summary, _) = sync(&app, &options).await;
        assert!(summary.is_complete(), "{summary:#?}");
        for (object, id) in [
            ("customer", "cus_1"),
            ("quote", "qt_1"),
            ("subscription", "sub_1"),
            ("invoice", "in_1"),
            ("charge", "ch_1"),
            ("payment_method", "pm_1"),
        ] {
            let rows = rows(&app, object, "").await;
            assert_eq!(rows.into_keys().collect::<Vec<_>>(), [id], "{object}");
        }
    })
    .await;
}
