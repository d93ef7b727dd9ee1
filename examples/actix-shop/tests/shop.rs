//! Each paid invoice is booked once, wherever the process is killed.

use std::path::Path;
use std::time::SystemTime;

use djstripe_core::DEFAULT_BODY_LIMIT;
use djstripe_core::signature::sign;
use djstripe_core::testing::http_client;
use djstripe_tests::TestDatabase;
use djstripe_tests::kills::kill_between_any_two_statements;
use djstripe_tests::process::Server;
use serde_json::json;
use tokio_postgres::NoTls;

const SECRET: &str = "whsec_actix";

/// The statements of the receiver's transaction, by their beginnings.
const TRANSACTION: [&str; 5] = [
    "START TRANSACTION",
    "INSERT INTO payments",
    "INSERT INTO balances",
    "INSERT INTO djstripe_receiver_run",
    "COMMIT",
];

fn program() -> &'static Path {
    env!("CARGO_BIN_EXE_actix-shop").as_ref()
}

fn paid(number: usize) -> String {
    let invoice = json!({
        "id": format!("in_{number}"),
        "object": "invoice",
        "customer": "cus_1",
        "amount_paid": 100,
    });
    json!({
        "id": format!("evt_{number}"),
        "type": "invoice.paid",
        "data": { "object": invoice },
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handler_answers_what_djstripe_says() {
    let database = TestDatabase::postgres().await;
    let shop = Server::start_own_main(program(), database.url(), SECRET);
    let check = async |secret: &str, body: String, status: u16, text: &str| {
        let signature = sign(body.as_bytes(), secret, SystemTime::now());
        let delivery = http_client().post(shop.url()).body(body);
        let delivery = delivery.header("stripe-signature", signature);
        let answer = delivery.send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.text().await.unwrap(), text);
    };

    check(SECRET, paid(0), 200, "").await;
    check(SECRET, paid(0), 200, "").await;
    check("whsec_other", paid(1), 400, "signature not accepted").await;
    check(SECRET, "no event".to_owned(), 400, "not an event").await;

    // Longer than what actix reads unless it is told otherwise, and as long as djstripe takes.
    let padding = " ".repeat(DEFAULT_BODY_LIMIT - paid(2).len());
    check(SECRET, paid(2) + &padding, 200, "").await;
    assert!(shop.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_booked_once_wherever_the_process_is_killed() {
    let survived = kill_between_any_two_statements(program(), paid).await;

    let url = survived.database.url();
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let query = async |sql: &str| -> Vec<(String, i64)> {
        let rows = client.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    let payments = query("SELECT invoice, count(*) FROM payments GROUP BY invoice").await;
    let payments = payments.into_iter().collect();
    assert_eq!(survived.each_once("in_"), payments);

    let balance = 100 * i64::try_from(survived.events).unwrap();
    let balances = query("SELECT customer, amount FROM balances").await;
    assert_eq!(balances, [("cus_1".to_owned(), balance)]);

    survived.assert_killed_within(&TRANSACTION);
    assert!(survived.exit.success(), "{}", survived.exit);
}
