//! Faults in the middle of a sync, and the rows of the mirror afterwards.

use djstripe_core::sync::{Narrowing, Progress, SyncError, SyncOptions};
use djstripe_core::testing::{FakeStripe, Fault};
use djstripe_tests::on_both_backends;
use serde_json::json;

use super::{LONG_AGO, app, at_stripe, fill, only, rows, slow, sync};

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_stripe_refuses_does_not_keep_the_others_from_being_synced() {
    let stripe = FakeStripe::start().await.unwrap();
    fill(&stripe, "charge", 5, 1);
    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        let check = async |fault: Fault, skipped: bool, expected: &str| {
            stripe.fail_next(fault.on("/v1/disputes").times(5));
            let (summary, reports) = sync(&app, &only(&["charge", "dispute"])).await;
            assert_eq!(rows(&app, "charge", "").await.len(), 5);

            let reason = reports.iter().find_map(|report| match report {
                Progress::Skipped { list, reason } if list.object == "dispute" && skipped => {
                    Some(reason)
                }
                Progress::Failed { list, error } if list.object == "dispute" && !skipped => {
                    Some(error)
                }
                _ => None,
            });

            assert!(
                reason.is_some_and(|reason| reason.contains(expected)),
                "{reports:#?}"
            );
            assert_eq!(summary.is_complete(), skipped);
            assert_eq!(
                summary.objects["dispute"].failed.len(),
                usize::from(!skipped)
            );

            // Uses up the rest of the faults.
            while app
                .client()
                .unwrap()
                .send(&djstripe_core::client::Request::list("dispute").unwrap())
                .await
                .is_err()
            {}
        };

        let denied = "The provided key does not have the required permissions for this endpoint";
        let denied = Fault::error(403, "more_permissions_required", denied, None);
        check(denied, false, "required permissions").await;
        check(
            Fault::error(400, "", "Your account is not set up to use Issuing.", None),
            true,
            "not set up",
        )
        .await;
        check(
            Fault::error(404, "", "Unrecognized request URL", None),
            true,
            "Unrecognized",
        )
        .await;

        let connect = "Only Stripe Connect platforms can work with other accounts.";
        check(Fault::error(403, "", connect, None), true, "Connect").await;

        // The account may have such objects, so the list counts as failed and not as skipped.
        check(Fault::error(400, "", "no", None), false, "no").await;
        check(Fault::status(401), false, "Invalid API Key").await;
        check(Fault::status(503), false, "503").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_parent_refused_is_told_and_all_refused_is_a_refused_list() {
    let stripe = FakeStripe::start().await.unwrap();
    for number in 0..6 {
        stripe.insert(json!({ "object": "customer", "id": format!("cus_{number}") }));
        let id = format!("pm_{number}");
        stripe.insert(
            json!({ "object": "payment_method", "id": id, "customer": format!("cus_{number}") }),
        );
    }

    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        let mut options = only(&["customer", "payment_method"]);
        options.concurrency = 1;
        let fault = || Fault::error(403, "", "not yours", None);
        stripe.fail_next(fault().on("/v1/customers/cus_1/payment_methods"));
        stripe.fail_next(Fault::missing().on("/v1/customers/cus_2/payment_methods"));

        let (summary, reports) = sync(&app, &options).await;
        assert_eq!(rows(&app, "payment_method", "").await.len(), 4);
        assert_eq!(
            (
                summary.objects["payment_method"].refused,
                summary.is_complete()
            ),
            (1, false)
        );
        assert!(
            reports
                .iter()
                .any(|report| matches!(report, Progress::Refused { part, .. } if part == "cus_1")),
            "{reports:#?}"
        );

        stripe.fail_next(fault().on("/v1/customers/cus_").times(3));
        stripe.clear_requests();
        let (summary, _) = sync(&app, &only_one_at_a_time(&["payment_method"])).await;
        let failed = &summary.objects["payment_method"].failed;
        assert_eq!((failed.len(), &*failed[0].1), (1, "not yours"));
        assert_eq!(stripe.requests().len(), 1 + 3);
    })
    .await;
}

fn only_one_at_a_time(objects: &[&str]) -> SyncOptions {
    let mut options = only(objects);
    options.concurrency = 1;
    options
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_refused_altogether_ends_it_at_once() {
    let stripe = FakeStripe::start().await.unwrap();
    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        stripe.clear_requests();
        stripe.fail_next(Fault::status(401).on("/v1/account"));
        let error = app.sync(&SyncOptions::default(), |_| {}).await.unwrap_err();
        assert!(
            matches!(
                error,
                SyncError::KeyRefused {
                    livemode: false,
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(stripe.requests().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_it_says_which_to_set() {
    on_both_backends(async |database| {
        let app = djstripe_core::Djstripe::builder()
            .webhook_secret("whsec_x")
            .database_url(database.url())
            .receivers([]);
        let error = app
            .build()
            .await
            .unwrap()
            .sync(&SyncOptions::default(), |_| {})
            .await
            .unwrap_err();

        assert_eq!(
            error.to_string(),
            "there is no secret key to list Stripe's objects with; set STRIPE_SECRET_KEY"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_appears_within_a_part_is_found_by_its_check() {
    on_both_backends(async |database| {
        let stripe = FakeStripe::start().await.unwrap();
        fill(&stripe, "charge", 350, 10);
        slow(&stripe);
        let app = app(&database, &stripe).await;
        let mut late = false;
        let summary = app
            .sync(&only_one_at_a_time(&["charge"]), |progress| {
                if matches!(progress, Progress::Stored { .. }) && !late {
                    late = true;
                    // As if a clock went back a little: the time is within the listed part.
                    stripe.insert(
                        json!({ "object": "charge", "id": "ch_late", "created": LONG_AGO + 3_495 }),
                    );
                }
            })
            .await
            .unwrap();

        assert_eq!(rows(&app, "charge", "").await, at_stripe(&stripe, "charge"));
        assert_eq!(summary.total().counts.inserted, 351, "{summary:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_under_the_cursor_loses_nothing() {
    on_both_backends(async |database| {
        let check = async |object: &str, every: i64| {
            let stripe = FakeStripe::start().await.unwrap();
            fill(&stripe, object, 450, every);
            slow(&stripe);
            let app = app(&database, &stripe).await;
            let mut deleted = 0;
            let summary = app
                .sync(&only_one_at_a_time(&[object]), |progress| {
                    if matches!(progress, Progress::Stored { .. }) && deleted < 2 {
                        // The last object of the previous page, which is the cursor of the next,
                        // and the newest object, which is the cursor of the check.
                        for number in [449 - deleted, 350 - deleted, 250, 150] {
                            stripe.remove(object, &format!("{object}_{number:05}"));
                        }
                        deleted += 1;
                    }
                })
                .await
                .unwrap();

            let (rows, at_stripe) = (rows(&app, object, "").await, at_stripe(&stripe, object));

            let missing: Vec<&String> = at_stripe
                .keys()
                .filter(|id| !rows.contains_key(*id))
                .collect();
            assert!(
                missing.is_empty() && summary.is_complete(),
                "{object}: {missing:?} {summary:#?}"
            );
            assert!(
                stripe
                    .requests()
                    .iter()
                    .any(|request| request.status >= 400),
                "no cursor was deleted in time"
            );
        };

        check("charge", 10).await;
        check("product", 0).await;
        check("file_link", 10).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_cursor_inside_an_object_costs_a_page_in_stripes_words_too() {
    let stripe = FakeStripe::start().await.unwrap();
    let line = |number: usize| json!({ "object": "line_item", "id": format!("il_{number}") });
    let lines: Vec<_> = (0..350).map(line).collect();
    let url = "/v1/invoices/in_1/lines";
    let lines = json!({ "object": "list", "data": lines, "has_more": false, "url": url });
    stripe.insert(json!({ "object": "invoice", "id": "in_1", "lines": lines }));
    stripe.insert(json!({ "object": "invoice", "id": "in_2" }));

    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        stripe.clear_requests();
        let message = "Invoice in_1 does not have a line item with ID il_9";
        stripe.fail_next(Fault::error(400, "", message, None).on(url));
        let (summary, reports) = sync(&app, &only(&["invoice"])).await;

        assert!(summary.is_complete(), "{reports:#?}");
        assert_eq!(rows(&app, "line_item", "").await.len(), 350);
        assert_eq!(rows(&app, "invoice", "").await.len(), 2);
        // The one that failed, and four pages from the start of the list.
        let of_lines = stripe.count_requests(|request| request.path == url);
        assert_eq!(of_lines, 1 + 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_narrowed_is_read_page_by_page_and_told() {
    let stripe = FakeStripe::start().await.unwrap();
    fill(&stripe, "charge", 250, 10);
    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        let message = "Received unknown parameter: created";
        let refused = Fault::error(400, "parameter_unknown", message, Some("created"));
        stripe.fail_next(refused.on("/v1/charges"));
        stripe.clear_requests();
        let (summary, reports) = sync(&app, &only(&["charge"])).await;

        assert!(summary.is_complete(), "{summary:#?}");
        assert_eq!(rows(&app, "charge", "").await.len(), 250);
        let widened = &summary.objects["charge"].widened;
        assert_eq!(widened.len(), 1);
        assert_eq!(widened[0].1, Narrowing::Created);
        let told = |report: &&Progress| matches!(report, Progress::Widened { .. });
        assert_eq!(reports.iter().filter(told).count(), 1, "{reports:#?}");
        let narrowed = stripe.count_requests(|request| request.query.contains("created"));
        assert_eq!(narrowed, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_cannot_hold_is_told() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "object": "charge", "id": "ch_1", "description": "\0" }));
    stripe.insert(json!({ "object": "charge", "id": "ch_2" }));
    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        let (summary, reports) = sync(&app, &only(&["charge"])).await;
        assert_eq!(rows(&app, "charge", "").await.len(), 1);
        assert!(
            reports
                .iter()
                .any(|report| matches!(report, Progress::Unstorable { id, .. } if id == "ch_1")),
            "{reports:#?}"
        );
        assert!(!summary.is_complete());
    })
    .await;
}
