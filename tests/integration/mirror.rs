//! The mirror as an application sees it: rows of what events carry, queries. On both backends.

use std::process::Command;

use djstripe_core::models::descriptor;
use djstripe_core::store::diesel::sql_types::Text;
use djstripe_core::store::diesel::{self, QueryableByName, sql_query};
use djstripe_core::store::diesel_async::{
    AsyncConnection, AsyncPgConnection, RunQueryDsl as AsyncRunQueryDsl, SimpleAsyncConnection,
};
use djstripe_core::store::{EventState, ObjectFilter, RunOutcome, TableName};
use djstripe_core::{Djstripe, receivers, with_db};
use djstripe_tests::process::{Server, output, quickstart};
use djstripe_tests::{TestDatabase, delivery, on_both_backends};
use serde_json::{Value, json};

const SECRET: &str = "whsec_mirror";

async fn app(database: &TestDatabase) -> Djstripe {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database.url())
        .receivers(receivers::built_in())
        .build()
        .await
        .unwrap()
}

/// Delivers an event about `object` and processes it. Returns the event's state.
async fn deliver(app: &Djstripe, id: &str, name: &str, created: i64, object: &str) -> EventState {
    receive(app, id, name, created, object).await;
    app.work_until_idle().await.unwrap();
    state(app, id).await
}

/// Delivers an event about `object`.
async fn receive(app: &Djstripe, id: &str, name: &str, created: i64, object: &str) {
    let body = format!(
        r#"{{"id":"{id}","type":"{name}","created":{created},"data":{{"object":{object}}}}}"#
    );
    app.receive(delivery::signed(body, SECRET)).await.unwrap();
}

async fn state(app: &Djstripe, id: &str) -> EventState {
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
async fn what_the_database_cannot_hold_is_not_mirrored_and_waits_for_nothing() {
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
                EventState::Processed,
                "{object}"
            );

            let (_, payload) = app.store().event(&id).await.unwrap().unwrap();
            let runs = app.store().receiver_runs(&id).await.unwrap();
            assert!(
                matches!(&runs[..], [run] if matches!(run.outcome, RunOutcome::NotMirrored { .. })),
                "{runs:?}"
            );
            assert_eq!(runs[0].attempts, 1);
            assert!(payload.contains(object));

            let mut show = Command::new(quickstart());
            show.args(["events", "show", &id])
                .env("DATABASE_URL", database.url());
            let shown = output(&mut show);
            let what = "not mirrored at attempt 1  djstripe::handle_customer_event";
            assert!(
                shown.contains(what) && shown.contains("the database can't hold the object"),
                "{shown}"
            );
        }

        assert!(rows(&app, "customer", true).await.is_empty());
    })
    .await;
}

/// Locks the tables of the mirror as a migration does that rewrites them.
const LOCK_MIRROR: &str = "DO $$ BEGIN EXECUTE ( \
     SELECT 'LOCK TABLE ' || string_agg(quote_ident(tablename), ', ') || ' IN ACCESS EXCLUSIVE MODE' \
     FROM pg_tables WHERE tablename LIKE 'stripe\\_%'); END $$";

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_acknowledged_while_the_mirror_s_tables_are_rewritten() {
    // SQLite has one lock for all tables.
    let database = TestDatabase::postgres().await;
    let app = app(&database).await;
    let mut migration = AsyncPgConnection::establish(database.url()).await.unwrap();
    migration.batch_execute("BEGIN").await.unwrap();
    migration.batch_execute(LOCK_MIRROR).await.unwrap();

    let charge = r#"{"id":"ch_1","object":"charge"}"#;
    receive(&app, "evt_1", "charge.updated", 10, charge).await;
    assert_ne!(state(&app, "evt_1").await, EventState::Processed);

    migration.batch_execute("COMMIT").await.unwrap();
    app.work_until_idle().await.unwrap();
    assert_eq!(state(&app, "evt_1").await, EventState::Processed);
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

    assert_eq!(files.len(), 13);
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

#[tokio::test(flavor = "multi_thread")]
async fn documented_queries_join_by_columns() {
    // The same in today's shape and in that of before 2025-03-31.
    let today = json!({
        "id": "in_1", "object": "invoice", "status": "paid", "currency": "eur",
        "parent": { "subscription_details": { "subscription": "sub_1" } },
        "lines": { "object": "list", "has_more": false, "data": [{
            "id": "il_1", "object": "line_item", "invoice": "in_1", "amount": 700, "currency": "eur",
            "pricing": { "price_details": { "price": "price_1", "product": "prod_1" } },
        }] },
    });
    let before = json!({
        "id": "in_2", "object": "invoice", "status": "open", "currency": "eur",
        "amount_remaining": 300, "subscription": "sub_1",
        "lines": { "object": "list", "has_more": false, "data": [{
            "id": "il_2", "object": "line_item", "invoice": "in_2", "amount": 300, "currency": "eur",
            "price": { "id": "price_1", "object": "price", "product": "prod_1" },
        }] },
    });
    let subscription = json!({
        "id": "sub_1", "object": "subscription", "status": "past_due", "customer": "cus_1",
        "items": { "object": "list", "has_more": false, "data": [
            { "id": "si_1", "object": "subscription_item", "current_period_end": 50 },
        ] },
    });

    on_both_backends(async |database| {
        let app = app(&database).await;
        deliver(&app, "evt_1", "invoice.paid", 10, &today.to_string()).await;
        deliver(&app, "evt_2", "invoice.finalized", 10, &before.to_string()).await;
        let name = "customer.subscription.updated";
        deliver(&app, "evt_3", name, 10, &subscription.to_string()).await;

        let check = async |name: &str, text: &str, expected: &str| {
            assert_eq!(documented(&app, name, text).await, [expected], "{name}");
        };
        let text = "price || ' ' || product || ' ' || CAST(amount AS text)";
        check("paid_amount_by_price", text, "price_1 prod_1 700").await;
        let text = "id || ' ' || CAST(current_period_end AS text) || ' ' || CAST(owed AS text)";
        check("unpaid_subscriptions", text, "sub_1 50 300").await;
    })
    .await;
}

/// The rows of a documented query, each as this expression.
async fn documented(app: &Djstripe, name: &str, text: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        text: String,
    }

    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../djstripe-core/docs/queries");
    let query = std::fs::read_to_string(format!("{folder}/{name}.sql")).unwrap();
    let query = query.trim_end().trim_end_matches(';');
    let query = sql_query(format!("SELECT {text} AS text FROM ({query}) AS found"));

    let mut session = app.store().session().await.unwrap();
    let mut db = session.db().unwrap();
    let rows: Vec<Row> =
        with_db!(db, connection => AsyncRunQueryDsl::load(query, connection).await).unwrap();
    rows.into_iter().map(|row| row.text).collect()
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
