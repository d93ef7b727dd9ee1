//! The mirror as an application sees it: rows of what events carry, columns that nothing breaks,
//! queries. On both backends.

use std::process::Command;
use std::time::SystemTime;

use axum::http::HeaderMap;
use djstripe_core::__internals::{ObjectRow, upsert_objects};
use djstripe_core::models::{DESCRIPTORS, descriptor};
use djstripe_core::signature::sign;
use djstripe_core::store::diesel::sql_query;
use djstripe_core::store::diesel_async::RunQueryDsl as AsyncRunQueryDsl;
use djstripe_core::store::{EventState, ObjectFilter, TableName, Timestamp};
use djstripe_core::{Delivery, Djstripe, receivers, with_db};
use djstripe_tests::process::{Server, output, quickstart};
use djstripe_tests::{TestDatabase, on_both_backends};
use serde_json::{Value, json};

const SECRET: &str = "whsec_mirror";

async fn app(database: &TestDatabase) -> Djstripe {
    Djstripe::builder()
        .secret(SECRET)
        .database_url(database.url())
        .receivers(receivers::built_in())
        .build()
        .await
        .unwrap()
}

/// Delivers an event about `object` and processes it. Returns the event's state.
async fn deliver(app: &Djstripe, id: &str, name: &str, created: i64, object: &str) -> EventState {
    let body = format!(
        r#"{{"id":"{id}","type":"{name}","created":{created},"data":{{"object":{object}}}}}"#
    );
    let mut headers = HeaderMap::new();
    headers.insert(
        "stripe-signature",
        sign(body.as_bytes(), SECRET, SystemTime::now())
            .parse()
            .unwrap(),
    );
    app.receive(Delivery::new(headers, body)).await.unwrap();
    app.work_until_idle().await.unwrap();
    app.store().event(id).await.unwrap().unwrap().0.state
}

async fn rows(app: &Djstripe, object: &str, deleted: bool) -> Vec<Value> {
    let table = TableName::new(descriptor(object).unwrap().table.unwrap());

    let rows = app
        .store()
        .objects(
            table,
            &ObjectFilter {
                deleted,
                ..ObjectFilter::default()
            },
        )
        .await
        .unwrap();
    rows.iter()
        .map(|row| serde_json::from_str(&row.json).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_events_carry_is_mirrored_whatever_the_order() {
    on_both_backends(async |database| {
        let app = app(&database).await;
        let customer =
            |email: &str| format!(r#"{{"id":"cus_1","object":"customer","email":"{email}"}}"#);

        deliver(
            &app,
            "evt_2",
            "customer.updated",
            20,
            &customer("new@example.com"),
        )
        .await;
        deliver(
            &app,
            "evt_1",
            "customer.created",
            10,
            &customer("old@example.com"),
        )
        .await;

        assert_eq!(
            rows(&app, "customer", false).await[0]["email"],
            "new@example.com"
        );

        deliver(
            &app,
            "evt_4",
            "customer.deleted",
            40,
            &customer("new@example.com"),
        )
        .await;
        deliver(
            &app,
            "evt_3",
            "customer.updated",
            30,
            &customer("late@example.com"),
        )
        .await;

        assert!(rows(&app, "customer", false).await.is_empty());
        assert!(rows(&app, "customer", true).await[0]["deleted_at"].is_number());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canceled_subscription_stays() {
    on_both_backends(async |database| {
        let app = app(&database).await;
        let subscription = json!({
            "id": "sub_1",
            "object": "subscription",
            "status": "canceled",
            "customer": { "id": "cus_1" },
        });
        let object = subscription.to_string();
        deliver(&app, "evt_1", "customer.subscription.deleted", 10, &object).await;

        let row = &rows(&app, "subscription", false).await[0];
        assert_eq!(
            (&row["status"], &row["customer"]),
            (&json!("canceled"), &json!("cus_1"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_every_group_are_mirrored() {
    on_both_backends(async |database| {
        let app = app(&database).await;
        assert_eq!(descriptor("issuing.card").unwrap().feature, Some("issuing"));
        deliver(
            &app,
            "evt_1",
            "issuing_card.created",
            10,
            r#"{"id":"ic_1","object":"issuing.card"}"#,
        )
        .await;
        assert_eq!(rows(&app, "issuing.card", false).await[0]["id"], "ic_1");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_row_is_passed_over() {
    on_both_backends(async |database| {
        let app = app(&database).await;
        let check = async |id: &str, name: &str, object: &str| {
            assert_eq!(
                deliver(&app, id, name, 10, object).await,
                EventState::Processed,
                "{name}"
            );
        };

        check("evt_1", "balance.available", r#"{"object":"balance"}"#).await;
        check("evt_2", "invoice.upcoming", r#"{"object":"invoice"}"#).await;
        check(
            "evt_3",
            "customer.levitated",
            r#"{"id":"x_1","object":"newer"}"#,
        )
        .await;
        check("evt_4", "customer.updated", "null").await;
        check("evt_5", "customer.updated", "7").await;

        assert!(rows(&app, "invoice", true).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_cannot_hold_fails_the_mirror_with_a_reason() {
    on_both_backends(async |database| {
        let app = app(&database).await;
        let deep = format!(
            r#"{{"id":"cus_1","object":"customer","x":{}{}}}"#,
            "[".repeat(2_000),
            "]".repeat(2_000)
        );
        let objects = [
            r#"{"id":"cus_1","object":"customer","name":"\u0000"}"#,
            &deep,
        ];

        for (number, object) in objects.iter().enumerate() {
            let id = format!("evt_{number}");
            assert_eq!(
                deliver(&app, &id, "customer.updated", 10, object).await,
                EventState::Retrying,
                "{object}"
            );

            let (event, payload) = app.store().event(&id).await.unwrap().unwrap();
            assert!(
                event
                    .last_error
                    .unwrap()
                    .starts_with("djstripe::handle_customer_event: ")
            );
            assert!(payload.contains(object));
        }

        assert!(rows(&app, "customer", true).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_a_field_makes_a_write_fail() {
    let values = [
        json!(null),
        json!(true),
        json!("text"),
        json!("x".repeat(20_000)),
        json!("é".repeat(3_000)),
        json!(7),
        json!(-1.5),
        json!(1e300),
        json!([]),
        json!({}),
        json!({ "id": "inner_1" }),
        json!({ "id": "y".repeat(20_000) }),
        json!({ "id": 7 }),
    ];

    let mut texts: Vec<String> = values.iter().map(Value::to_string).collect();
    texts.extend(
        [
            "123456789012345678901234567890",
            "9223372036854775807",
            "9223372036854775808",
            "1.0",
            "-0",
        ]
        .map(String::from),
    );

    on_both_backends(async |database| {
        let app = app(&database).await;
        for descriptor in DESCRIPTORS.iter() {
            let Some(table) = descriptor.table else {
                continue;
            };
            let objects = texts.iter().enumerate().map(|(number, text)| {
                let fields: String = descriptor
                    .columns
                    .iter()
                    .map(|column| format!(r#","{}":{text}"#, column.name))
                    .collect();
                (
                    format!("id_{number}"),
                    format!(r#"{{"id":"id_{number}"{fields}}}"#),
                )
            });
            let objects: Vec<(String, String)> = objects.collect();

            let observed_at = Timestamp::from_seconds(1);
            let rows: Vec<ObjectRow<'_>> = objects
                .iter()
                .map(|(id, json)| ObjectRow {
                    account: "",
                    livemode: false,
                    id,
                    stripe_data: json,
                    api_version: None,
                    observed_at,
                    deleted: false,
                    ..ObjectRow::default()
                })
                .collect();

            let outcomes = upsert_objects(app.store(), TableName::new(table), &rows)
                .await
                .unwrap();
            assert!(outcomes.iter().all(Result::is_ok), "{table}: {outcomes:?}");
        }

        let disputes = rows(&app, "dispute", false).await;
        let of = |number: usize| {
            disputes
                .iter()
                .find(|row| row["id"] == format!("id_{number}"))
                .unwrap()
        };
        assert_eq!(
            (&of(2)["status"], &of(2)["charge"], &of(2)["amount"]),
            (&json!("text"), &json!("text"), &json!(null))
        );
        assert_eq!(
            (&of(5)["status"], &of(5)["charge"], &of(5)["amount"]),
            (&json!(null), &json!(null), &json!(7))
        );
        assert_eq!(
            (&of(10)["status"], &of(10)["charge"]),
            (&json!(null), &json!("inner_1"))
        );
        assert_eq!(of(3)["status"], json!(null));
        assert_eq!(of(13)["amount"], json!(null));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_query_runs() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../djstripe-core/docs/queries");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "sql"))
        .collect();

    assert_eq!(files.len(), 10);
    on_both_backends(async |database| {
        let app = app(&database).await;
        let mut session = app.store().session().await.unwrap();
        let mut db = session.db().unwrap();

        for file in &files {
            let query = sql_query(
                std::fs::read_to_string(file)
                    .unwrap()
                    .trim_end()
                    .trim_end_matches(';'),
            );
            let result =
                with_db!(db, connection => AsyncRunQueryDsl::execute(query, connection).await);
            assert!(result.is_ok(), "{}: {result:?}", file.display());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_find_what_was_mirrored() {
    on_both_backends(async |database| {
        let app = app(&database).await;
        let invoices = [("open", 500), ("open", 700), ("paid", 0)];
        for (number, (status, remaining)) in invoices.into_iter().enumerate() {
            let invoice = json!({
                "id": format!("in_{number}"),
                "object": "invoice",
                "status": status,
                "customer": "cus_1",
                "currency": "usd",
                "amount_remaining": remaining,
            });
            let id = format!("evt_{number}");
            deliver(&app, &id, "invoice.updated", 10, &invoice.to_string()).await;
        }

        use diesel::prelude::*;
        djstripe_core::models::stripe_table!(stripe_invoice);
        let query = stripe_invoice::table
            .filter(stripe_invoice::status.eq("open"))
            .order(stripe_invoice::id)
            .select((stripe_invoice::id, stripe_invoice::amount_remaining));

        let mut session = app.store().session().await.unwrap();
        let mut db = session.db().unwrap();
        let open: Vec<(String, Option<i64>)> =
            with_db!(db, connection => AsyncRunQueryDsl::load(query, connection).await).unwrap();
        assert_eq!(
            open,
            [
                ("in_0".to_owned(), Some(500)),
                ("in_1".to_owned(), Some(700))
            ]
        );
    })
    .await;
}

#[test]
fn an_object_of_a_group_that_is_off_is_listed() {
    // The quickstart is built with the default groups, which leave out issuing.
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(
        &format!("sqlite:{}", folder.path().join("events.db").display()),
        SECRET,
    );

    let mut trigger = Command::new(quickstart());
    trigger.args([
        "trigger",
        "issuing_card.created",
        "--url",
        server.url(),
        "--data",
        r#"{"id":"ic_1","status":"active"}"#,
    ]);
    output(trigger.env("STRIPE_WEBHOOK_SECRET", SECRET));

    server.wait_until_processed();
    let cards = server.list(&["objects", "issuing.card", "--json"]);
    assert_eq!(
        (&cards[0]["id"], &cards[0]["status"]),
        (&json!("ic_1"), &json!("active"))
    );
    assert_eq!(cards[0]["stripe_data"]["object"], "issuing.card");
}
