//! `objects history`: what an object was before, what changed, and which event brought it.

use djstripe_core::{Djstripe, receivers};
use djstripe_tests::{TestDatabase, delivery, on_both_backends};
use serde_json::json;

use crate::operate::Operator;

const SECRET: &str = "whsec_history";

async fn app(database: &TestDatabase, types: &[&str]) -> Djstripe {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database.url())
        .receivers(receivers::built_in())
        .keep_versions_of(types.iter().copied())
        .build()
        .await
        .unwrap()
}

/// Delivers an event about `object` and processes it.
async fn deliver(app: &Djstripe, id: &str, name: &str, created: i64, object: &str) {
    let body = format!(
        r#"{{"id":"{id}","type":"{name}","created":{created},"livemode":true,"data":{{"object":{object}}}}}"#
    );
    app.receive(delivery::signed(body, SECRET)).await.unwrap();
    app.work_until_idle().await.unwrap();
}

/// Three events about a customer, the second one late.
async fn deliver_three(app: &Djstripe) {
    let created =
        r#"{"id":"cus_1","object":"customer","balance":0,"email":"a@example.com","metadata":{}}"#;
    let updated = "{\"id\":\"cus_1\",\"object\":\"customer\",\"balance\":-123456789012345678901234567890,\
         \"email\":\"\u{202e}b@example.com\",\"metadata\":{\"a.b\":\"1\"}}";
    let deleted =
        r#"{"id":"cus_1","object":"customer","balance":0,"email":"c@example.com","metadata":{}}"#;
    deliver(app, "evt_1", "customer.created", 1_700_000_000, created).await;
    deliver(app, "evt_3", "customer.deleted", 1_700_000_200, deleted).await;
    deliver(app, "evt_2", "customer.updated", 1_700_000_100, updated).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_version_says_when_what_changed_and_by_which_event() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        deliver_three(&app(&database, &["customer"]).await).await;

        let history = ["objects", "history", "customer", "cus_1"];
        let kept = [&history[..], &["--keep-versions-of", "customer"]].concat();
        let text = operator.run(&kept).await;
        assert_eq!((text.code, &*text.err), (0, ""), "{}", text.out);
        let lines: Vec<&str> = text.out.lines().collect();
        assert_eq!(
            lines[1..4],
            [
                "  balance  -123456789012345678901234567890 -> 0",
                "  email  \"\\u202eb@example.com\" -> \"c@example.com\"",
                "  metadata[\"a.b\"]  removed \"1\"",
            ],
            "{}",
            text.out
        );
        assert!(
            lines[0].starts_with("2023-11-14T22:16:40") && lines[0].ends_with("  evt_3  deleted"),
            "{}",
            lines[0]
        );
        assert!(
            lines[4].starts_with("2023-11-14T22:15:00") && lines[4].ends_with("  evt_2"),
            "{}",
            lines[4]
        );
        assert_eq!(lines[7], "  metadata[\"a.b\"]  added \"1\"");
        assert!(lines[8].ends_with("  evt_1  first version"), "{}", lines[8]);
        assert_eq!(lines.len(), 9);

        let json = operator.run(&[&kept[..], &["--json"]].concat()).await;
        assert!(
            json.out.contains("\"new\":-123456789012345678901234567890"),
            "{}",
            json.out
        );
        let lines = json.json();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0]["event"], "evt_3");
        assert_eq!(lines[0]["deleted"], true);
        assert_eq!(lines[0]["previous_at"], lines[1]["observed_at"]);
        assert_eq!(
            lines[0]["changes"][2],
            json!({ "path": "metadata[\"a.b\"]", "change": "removed", "old": "1", "new": null })
        );
        assert_eq!(lines[2]["changes"], json!([]));
        assert_eq!(lines[2]["previous_at"], json!(null));
        assert_eq!(lines[2]["content"]["email"], "a@example.com");
        for (field, value) in [("object", "customer"), ("id", "cus_1"), ("account", "")] {
            assert_eq!(lines[1][field], value);
        }
        assert_eq!(lines[1]["livemode"], true);

        // A page at a time.
        let first = operator
            .run(&[&kept[..], &["--json", "--limit", "2"]].concat())
            .await;
        assert_eq!(first.json(), lines[..2]);
        let (_, after) = first.err.split_once("add `--after ").unwrap();
        let after = after.split_once('`').unwrap().0;
        let rest = operator
            .run(&[&kept[..], &["--json", "--after", after]].concat())
            .await;
        assert_eq!(rest.json(), lines[2..]);
        let wrong = operator
            .run(&[&kept[..], &["--after", "evt_1"]].concat())
            .await;
        assert_eq!(wrong.code, 2, "{}", wrong.err);

        // Versions are shown to a process that keeps none, with a note.
        let text = operator.run(&history).await;
        assert_eq!(text.code, 0);
        assert!(
            text.err
                .contains("no further versions of `customer` are kept"),
            "{}",
            text.err
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_without_versions_says_how_they_are_kept() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        deliver_three(&app(&database, &["invoice"]).await).await;

        let history = ["objects", "history", "customer", "cus_1"];
        let off = operator.run(&history).await;
        assert_eq!((off.code, &*off.out), (1, ""));
        for part in [
            "versions of `customer` are not kept",
            "DJSTRIPE_VERSIONS=customer",
        ] {
            assert!(off.err.contains(part), "{}", off.err);
        }
        let none = operator
            .run(&[&history[..], &["--keep-versions-of", "charge,customer"]].concat())
            .await;
        assert_eq!(none.code, 1);
        assert!(
            none.err.contains("no version of the customer cus_1"),
            "{}",
            none.err
        );

        let wrong = operator
            .run(&["objects", "customer", "--keep-versions-of", "custmer"])
            .await;
        assert_eq!(wrong.code, 1);
        assert!(
            wrong.err.contains("did you mean `customer`?"),
            "{}",
            wrong.err
        );
        let unknown = operator
            .run(&["objects", "history", "custmer", "cus_1"])
            .await;
        assert_eq!(unknown.code, 1);
        assert_eq!(
            operator.run(&["objects", "history", "customer"]).await.code,
            2
        );
        assert_eq!(operator.run(&["objects"]).await.code, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_one_id_are_told_apart() {
    let database = TestDatabase::sqlite();
    let operator = Operator::new(&database).await;
    let app = app(&database, &["coupon"]).await;
    for (id, livemode, account) in [
        ("evt_1", true, ""),
        ("evt_2", false, ""),
        ("evt_3", true, "acct_1"),
    ] {
        let account = match account {
            "" => String::new(),
            account => format!(r#""account":"{account}","#),
        };
        let body = format!(
            r#"{{"id":"{id}","type":"coupon.created",{account}"created":1700000000,"livemode":{livemode},
                "data":{{"object":{{"id":"SALE","object":"coupon"}}}}}}"#
        );
        app.receive(delivery::signed(body, SECRET)).await.unwrap();
    }
    app.work_until_idle().await.unwrap();

    let history = async |arguments: &[&str]| {
        let start = [
            "objects",
            "history",
            "coupon",
            "--keep-versions-of",
            "coupon",
            "--json",
        ];
        operator.run(&[&start[..], arguments].concat()).await
    };
    let ambiguous = history(&["SALE"]).await;
    assert_eq!(ambiguous.code, 2);
    assert!(
        ambiguous.err.contains("write test/SALE"),
        "{}",
        ambiguous.err
    );
    for (arguments, event) in [
        (&["live/SALE"][..], "evt_1"),
        (&["test/SALE"], "evt_2"),
        (&["live/acct_1/SALE"], "evt_3"),
        (&["SALE", "--account", "acct_1"], "evt_3"),
    ] {
        let one = history(arguments).await;
        assert_eq!(one.json()[0]["event"], event, "{arguments:?} {}", one.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn children_have_a_history_of_their_own() {
    on_both_backends(async |database| {
        let operator = Operator::new(&database).await;
        let app = app(&database, &["subscription_item"]).await;
        let subscription = |items: &[(&str, u32)]| {
            let items = items.iter().map(|(id, quantity)| {
                json!({ "id": id, "object": "subscription_item", "subscription": "sub_1", "quantity": quantity })
            });
            let data: Vec<_> = items.collect();
            json!({
                "id": "sub_1",
                "object": "subscription",
                "items": {
                    "object": "list",
                    "data": data,
                    "has_more": false,
                    "url": "/v1/subscription_items?subscription=sub_1",
                },
            })
            .to_string()
        };
        let name = "customer.subscription.updated";
        let both = subscription(&[("si_1", 1), ("si_2", 1)]);
        deliver(&app, "evt_1", name, 1_700_000_000, &both).await;
        deliver(&app, "evt_4", name, 1_700_000_300, &subscription(&[("si_1", 4)])).await;
        // It comes late, and the item was still there.
        let late = subscription(&[("si_1", 1), ("si_2", 2)]);
        deliver(&app, "evt_2", name, 1_700_000_100, &late).await;

        let history = async |id: &str| {
            let start = ["objects", "history", "subscription_item", id];
            let kept = ["--keep-versions-of", "subscription_item", "--json"];
            let lines = operator.run(&[start, [kept[0], kept[1], kept[2], "--limit=9"]].concat()).await.json();
            lines
                .into_iter()
                .map(|it| (it["event"].clone(), it["content"]["quantity"].clone(), it["deleted"].clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            history("si_1").await,
            [
                (json!("evt_4"), json!(4), json!(false)),
                (json!("evt_1"), json!(1), json!(false)),
            ]
        );
        assert_eq!(
            history("si_2").await,
            [
                (json!("evt_4"), json!(2), json!(true)),
                (json!("evt_2"), json!(2), json!(false)),
                (json!("evt_1"), json!(1), json!(false)),
            ]
        );
    })
    .await;
}
