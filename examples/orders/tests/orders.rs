//! A paid session becomes one order, however often its event is delivered.
#![expect(missing_docs, reason = "`table!` generates items without docs")]

use std::process::Command;

use diesel::prelude::*;
use djstripe_tests::process::{Server, output};

diesel::table! {
    orders (session) {
        session -> Text,
        customer -> Nullable<Text>,
        amount -> BigInt,
    }
}

#[test]
fn a_session_delivered_twice_is_one_order() {
    let program = env!("CARGO_BIN_EXE_orders");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.db");
    let url = format!("sqlite:{}", file.display());
    let server = Server::start_program(program.as_ref(), &url, "whsec_orders");

    let event = folder.path().join("event.json");
    let body = r#"{"id":"evt_1","type":"checkout.session.completed","data":{"object":
        {"id":"cs_1","object":"checkout.session","amount_total":1999,"customer":{"id":"cus_1","object":"customer"}}}}"#;
    std::fs::write(&event, body).unwrap();

    for _ in 0..2 {
        let mut trigger = Command::new(program);
        trigger
            .args([
                "trigger",
                "checkout.session.completed",
                "--url",
                server.url(),
                "--file",
            ])
            .arg(&event);
        assert!(
            output(trigger.env("STRIPE_WEBHOOK_SECRET", "whsec_orders")).starts_with("200 evt_1")
        );
    }
    server.wait_until_processed();

    let receipts = server.list(&["effects", "--name", "orders::receipt", "--json"]);
    assert_eq!(receipts.len(), 1);

    let sessions = server.list(&["objects", "checkout.session", "--json"]);
    assert_eq!(sessions[0]["customer"], "cus_1");
    assert!(server.terminate().success());

    let mut connection = diesel::SqliteConnection::establish(&file.display().to_string()).unwrap();
    let orders: Vec<(String, Option<String>, i64)> = orders::table.load(&mut connection).unwrap();
    assert_eq!(
        orders,
        [("cs_1".to_owned(), Some("cus_1".to_owned()), 1999)]
    );
}
