//! The shapes of lists: every kind of list, and lists embedded in objects.

use djstripe_core::AccountScope;
use djstripe_core::models::DESCRIPTORS;
use djstripe_core::store::Timestamp;
use djstripe_core::sync::{Progress, SyncError, SyncOptions};
use djstripe_core::testing::FakeStripe;
use djstripe_tests::on_both_backends;
use serde_json::{Value, json};

use super::{LONG_AGO, app, at_stripe, fill, only, rows, sync};

fn list(items: Vec<Value>, url: &str) -> Value {
    json!({ "object": "list", "data": items, "has_more": false, "url": url })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_is_gone_through() {
    let stripe = FakeStripe::start().await.unwrap();
    // One object of each type that has a list, with a reference to every possible parent.
    let parents = [
        "account",
        "customer",
        "product",
        "transfer",
        "charge",
        "source",
        "setup_intent",
        "payment_record",
    ];

    let listed: Vec<_> = DESCRIPTORS
        .iter()
        .filter(|of| of.list.is_some() && of.table.is_some())
        // The lists of API v2 are not read.
        .filter(|of| !of.object.starts_with("v2."))
        .collect();

    for descriptor in &listed {
        let id = format!("{}_1", descriptor.object);
        let mut object = json!({ "object": descriptor.object, "id": id, "created": LONG_AGO });
        let fields = parents.map(|parent| (parent, parent)).into_iter().chain([
            ("card", "issuing.card"),
            ("financial_account", "treasury.financial_account"),
            ("intent", "payment_intent"),
            ("calculation", "tax.calculation"),
            ("transaction", "tax.transaction"),
        ]);
        for (field, parent) in fields.filter(|(_, parent)| *parent != descriptor.object) {
            object[field] = format!("{parent}_1").into();
        }
        if descriptor.object == "financial_connections.transaction" {
            object["account"] = "financial_connections.account_1".into();
        }
        if descriptor.object == "tax.location" {
            object["type"] = "performance".into();
        }
        stripe.insert(object);
    }

    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        stripe.clear_requests();
        let (summary, reports) = sync(&app, &SyncOptions::default()).await;
        assert!(summary.is_complete(), "{summary:#?}");

        let skipped: Vec<_> = reports
            .iter()
            .filter(|report| matches!(report, Progress::Skipped { .. }))
            .collect();
        assert!(skipped.is_empty(), "{skipped:#?}");

        let mut missing = Vec::new();
        for descriptor in &listed {
            if rows(&app, descriptor.object, "").await.is_empty() {
                missing.push(descriptor.object);
            }
        }

        // Some objects only exist within others, none of which has them here. The rest can't be
        // listed as a whole.
        let first = [
            "billing.meter_event_summary",
            "credit_note_line_item",
            "event",
            "fee_refund",
        ];
        let more = [
            "financial_connections.account_owner",
            "item",
            "line_item",
            "radar.value_list_item",
        ];

        let last = ["subscription_item", "transfer_reversal"];
        // Their parents have no list: they are only known from events.
        let orphans = ["tax.calculation_line_item", "tax.transaction_line_item"];

        // They belong to connected accounts, which this sync leaves out.
        let of_accounts = ["capability", "person"];
        let mut expected = [&first[..], &more, &last, &orphans, &of_accounts].concat();
        expected.sort_unstable();
        assert_eq!(missing, expected);

        let total = summary.total();
        assert_eq!(total.requests as usize, stripe.requests().len());

        // Stripe's list of tax ids does not have those of customers, but the fake's has.
        let twice = summary.objects.iter().filter(|(object, of)| {
            of.counts.updated + of.counts.unchanged > 0 && **object != "tax_id"
        });

        let twice: Vec<_> = twice.collect();
        assert!(
            twice.is_empty() && total.checks + total.empty_ranges == 0,
            "{twice:#?}"
        );

        let (again, _) = sync(&app, &SyncOptions::default()).await;
        assert_eq!(
            (again.total().counts.inserted, again.total().counts.updated),
            (0, 0),
            "{again:#?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lists_arrive_whole_whatever_their_shape() {
    let stripe = FakeStripe::start().await.unwrap();
    fill(&stripe, "customer", 2_345, 997);
    // All of them are of one second, so the list can't be split into parts.
    fill(&stripe, "product", 450, 0);

    // This list can't be filtered by time.
    fill(&stripe, "file_link", 250, 60);
    for number in 0..120 {
        // Stripe lists canceled subscriptions only with `status=all`.
        let status = if number % 3 == 0 {
            "canceled"
        } else {
            "active"
        };
        stripe.insert(
            json!({ "object": "subscription", "id": format!("sub_{number}"), "status": status }),
        );
    }

    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        stripe.clear_requests();
        let wanted = ["customer", "product", "file_link", "subscription"];
        let (summary, reports) = sync(&app, &only(&wanted)).await;

        for object in wanted {
            assert_eq!(
                rows(&app, object, "").await,
                at_stripe(&stripe, object),
                "{object}"
            );
        }

        let total = summary.total();
        assert_eq!(total.counts.inserted, 2_345 + 450 + 250 + 120);

        let minimum = 24 + 5 + 3 + 2;
        // The last page of each part is only partly full, so there are more pages than the minimum.
        assert!(
            total.pages <= minimum + 6 && total.empty_ranges <= 3,
            "{} pages, the minimum is {minimum}, {total:?}",
            total.pages
        );
        assert_eq!(total.requests, total.pages + total.checks + 1, "{total:?}");
        assert!(reports.iter().any(
            |report| matches!(report, Progress::Stored { fraction: Some(fraction), .. } if *fraction > 0.99)
        ));

        for count in super::pages(&stripe.requests()).values() {
            assert_eq!(*count, 1);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_embedded_is_stored_beyond_its_first_page_and_apart_from_its_parent() {
    let stripe = FakeStripe::start().await.unwrap();
    let of = |object: &str, count: usize| -> Vec<Value> {
        (0..count)
            .map(|number| json!({ "object": object, "id": format!("{object}_{number}") }))
            .collect()
    };

    let lines = list(of("line_item", 234), "/v1/invoices/in_1/lines");
    stripe.insert(json!({ "object": "invoice", "id": "in_1", "lines": lines }));
    let items = list(
        of("subscription_item", 12),
        "/v1/subscription_items?subscription=sub_1",
    );
    stripe.insert(json!({ "object": "subscription", "id": "sub_1", "items": items }));
    stripe.insert(json!({ "object": "customer", "id": "cus_1", "name": "Ann" }));

    for object in ["card", "tax_id", "payment_method", "bank_account"] {
        let id = format!("{object}_1");
        stripe.insert(json!({ "object": object, "id": id, "customer": "cus_1" }));
    }

    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        let (summary, _) = sync(
            &app,
            &only(&["customer", "invoice", "subscription", "payment_method"]),
        )
        .await;

        assert!(summary.is_complete(), "{summary:#?}");
        assert_eq!(rows(&app, "line_item", "").await.len(), 234);
        assert_eq!(rows(&app, "subscription_item", "").await.len(), 12);

        for object in ["card", "tax_id", "payment_method", "bank_account"] {
            assert_eq!(rows(&app, object, "").await.len(), 1, "{object}");
        }
        assert_eq!(
            rows(&app, "customer", "").await["cus_1"],
            stripe.get("customer", "cus_1").unwrap()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_customer_is_entitled_to_is_the_whole_truth() {
    let stripe = FakeStripe::start().await.unwrap();
    const OBJECT: &str = "entitlements.active_entitlement";

    for id in ["cus_1", "cus_2"] {
        stripe.insert(json!({ "object": "customer", "id": id }));
    }

    let insert = |id: &str, customer: &str| {
        stripe.insert(json!({ "object": OBJECT, "id": id, "customer": customer }))
    };

    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        insert("ent_1", "cus_1");
        insert("ent_2", "cus_2");
        sync(&app, &only(&["customer", OBJECT])).await;
        assert_eq!(rows(&app, OBJECT, "").await.len(), 2);

        stripe.purge(OBJECT, "ent_1");
        insert("ent_3", "cus_1");
        sync(&app, &only(&[OBJECT])).await;
        assert_eq!(
            rows(&app, OBJECT, "").await.into_keys().collect::<Vec<_>>(),
            ["ent_2", "ent_3"]
        );

        ["ent_2", "ent_3"]
            .into_iter()
            .for_each(|id| drop(stripe.purge(OBJECT, id)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_before_since_are_left_out() {
    let stripe = FakeStripe::start().await.unwrap();
    fill(&stripe, "charge", 500, 10);
    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        let mut options = only(&["charge"]);
        options.since = Some(Timestamp::from_seconds(LONG_AGO + 4_000));
        sync(&app, &options).await;

        let rows = rows(&app, "charge", "").await;
        assert_eq!(
            (rows.len(), rows.keys().next().map(String::as_str)),
            (100, Some("charge_00400"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_synced_as_asked_for() {
    let stripe = FakeStripe::start().await.unwrap();
    stripe.insert(json!({ "object": "charge", "id": "ch_platform" }));
    for account in ["acct_1", "acct_2"] {
        stripe.insert(json!({ "object": "account", "id": account }));
        let connected = stripe.on(account);
        connected.insert(
            json!({ "object": "person", "id": format!("person_{account}"), "account": account }),
        );
        connected.insert(json!({ "object": "charge", "id": format!("ch_{account}") }));
    }

    on_both_backends(async |database| {
        let app = app(&database, &stripe).await;
        let mut options = only(&["charge", "person"]);
        let charges = async || {
            let mut found = Vec::new();
            for account in ["", "acct_1", "acct_2"] {
                found.extend(rows(&app, "charge", account).await.into_keys());
            }
            found
        };

        options.accounts = AccountScope::Named(vec!["acct_2".to_owned()]);
        sync(&app, &options).await;
        assert_eq!(charges().await, ["ch_acct_2"]);

        options.accounts = AccountScope::All;
        let (_, reports) = sync(&app, &options).await;
        assert_eq!(charges().await, ["ch_platform", "ch_acct_1", "ch_acct_2"]);

        for (account, people) in [("", 0), ("acct_1", 1), ("acct_2", 1)] {
            assert_eq!(
                rows(&app, "person", account).await.len(),
                people,
                "{account}"
            );
        }

        let done = |report: &&Progress| matches!(report, Progress::Done { .. });
        // The list of accounts, three lists of charges and two lists of people.
        assert_eq!(
            reports.iter().filter(done).count(),
            1 + 3 + 2,
            "{reports:#?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_synced_is_refused_with_a_reason() {
    let stripe = FakeStripe::start().await.unwrap();
    let database = djstripe_tests::TestDatabase::sqlite();
    let app = app(&database, &stripe).await;

    let check = async |object: &str, expected: &str| {
        let error = app.sync(&only(&[object]), |_| {}).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    };

    check("basket", "`basket` is not a Stripe object").await;
    check("balance", "`balance` can't be listed: it has no id").await;

    let embedded =
        "`subscription_item` can't be listed: such objects are embedded in others; sync those";
    check("subscription_item", embedded).await;

    let mut options = only(&["charge"]);
    options.livemode = Some(true);
    let error = app.sync(&options, |_| {}).await.unwrap_err();
    assert!(matches!(error, SyncError::Client(_)), "{error:?}");
}
