//! Each paid session is shipped once, wherever the process is killed.

use std::path::Path;
use std::time::SystemTime;

use djstripe_core::signature::sign;
use djstripe_core::testing::http_client;
use djstripe_tests::TestDatabase;
use djstripe_tests::kills::kill_between_any_two_statements;
use djstripe_tests::process::Server;
use djstripe_tests::wait::until;
use serde_json::json;
use sqlx::{Connection, PgConnection};

const SECRET: &str = "whsec_sqlx";

/// The statements of the receiver's transaction, by their beginnings.
const TRANSACTION: [&str; 5] = [
    "BEGIN",
    "INSERT INTO shipments",
    "UPDATE stock",
    "INSERT INTO djstripe_receiver_run",
    "COMMIT",
];

fn program() -> &'static Path {
    env!("CARGO_BIN_EXE_sqlx-shop").as_ref()
}

fn completed(number: usize) -> String {
    let session = json!({
        "id": format!("cs_{number}"),
        "object": "checkout.session",
        "customer_details": { "email": "ann@example.com" },
    });
    json!({
        "id": format!("evt_{number}"),
        "type": "checkout.session.completed",
        "data": { "object": session },
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_what_is_left() {
    let database = TestDatabase::postgres().await;
    let shop = Server::start_own_main(program(), database.url(), SECRET);
    let page = shop.url().replace("/stripe/webhook", "/stock");
    let stock = async || {
        let answer = http_client().get(&page).send().await.unwrap();
        answer.text().await.unwrap()
    };
    assert_eq!(stock().await, "1000 boxes of tea");

    for _ in 0..2 {
        let body = completed(0);
        let signature = sign(body.as_bytes(), SECRET, SystemTime::now());
        let delivery = http_client().post(shop.url()).body(body);
        let delivery = delivery.header("stripe-signature", signature);
        assert_eq!(delivery.send().await.unwrap().status(), 200);
        until(async || stock().await == "999 boxes of tea").await;
    }
    assert!(shop.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_shipped_once_wherever_the_process_is_killed() {
    let survived = kill_between_any_two_statements(program(), completed).await;

    let url = survived.database.url();
    let mut connection = PgConnection::connect(url).await.unwrap();
    let mut query = async |sql: &'static str| -> Vec<(String, i64)> {
        let rows = sqlx::query_as(sql).fetch_all(&mut connection).await;
        rows.unwrap()
    };
    let shipments = query("SELECT session, count(*) FROM shipments GROUP BY session").await;
    let shipments = shipments.into_iter().collect();
    assert_eq!(survived.each_once("cs_"), shipments);

    let left = 1_000 - i64::try_from(survived.events).unwrap();
    let stock = query("SELECT product, boxes FROM stock").await;
    assert_eq!(stock, [("tea".to_owned(), left)]);

    survived.assert_killed_within(&TRANSACTION);
    assert!(survived.exit.success(), "{}", survived.exit);
}
