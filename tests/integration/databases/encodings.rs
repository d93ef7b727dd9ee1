//! Databases that can't hold every name.

use djstripe_core::store::StoreError;
use djstripe_core::{BuildError, Receipt};
use djstripe_tests::{TestDatabase, delivery, process};

use super::{SECRET, builder, execute, faults, has, owner, program};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_loses_names_is_refused() {
    let server = TestDatabase::postgres().await;
    let owner = owner(&server).await;
    let (address, _) = server.url().rsplit_once('/').unwrap();
    let name = format!("encoded_{}", std::process::id());
    let url = format!("{address}/{name}");

    for encoding in ["LATIN1", "EUC_JP", "SQL_ASCII"] {
        let create =
            format!("CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0");
        execute(&owner, &create).await;
        if encoding == "SQL_ASCII" {
            names_are_kept(&url).await;
            has(
                &faults(&url).await,
                "warning",
                "database",
                "its encoding is SQL_ASCII",
            );
        } else {
            let refused = builder(&url).build().await.unwrap_err();
            let BuildError::Store(StoreError::Encoding { encoding: named }) = &refused else {
                panic!("{refused:?}");
            };
            assert_eq!(named, encoding);
            let (code, _, err) = process::run(program(&url, &["migrate"])).await;
            assert!(code == 1 && err.contains("ENCODING 'UTF8'"), "{err}");
            let said = format!("the database's encoding is {encoding}");
            has(&faults(&url).await, "error", "database", &said);
        }
        execute(&owner, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
}

async fn names_are_kept(url: &str) {
    let app = builder(url).build().await.unwrap();
    let event = r#"{"id":"evt_1","object":"event","type":"customer.created","created":1700000000,
        "livemode":false,"data":{"object":{"id":"cus_1","object":"customer",
        "name":"株式会社 😀 \u00e9"}}}"#;
    let received = app.receive(delivery::signed(event, SECRET)).await;
    assert_eq!(received.unwrap(), Receipt::Stored);
    assert_eq!(app.work_until_idle().await.unwrap(), 1);
    let name = "SELECT stripe_data ->> 'name' AS line FROM stripe_customer";
    assert_eq!(super::line(app.store(), name).await, "株式会社 😀 é");
}
