//! A redaction that fails or is killed on its way is finished by the next one.

use std::sync::Arc;

use djstripe_core::__internals::upsert_objects_in;
use djstripe_core::store::Backend;

use super::*;

/// A trigger that fails each change of a table.
fn trigger(backend: Backend, table: &str) -> Vec<String> {
    match backend {
        Backend::Postgres => vec![
            "CREATE OR REPLACE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'stopped'; END $$"
                .to_owned(),
            format!(
                "CREATE TRIGGER stop BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION stop()"
            ),
        ],
        _ => vec![format!(
            "CREATE TRIGGER stop BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'stopped'); END"
        )],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_ends_early_lets_nothing_in_and_the_next_one_finishes() {
    on_both_backends(async |database| {
        let shop = Shop::new(&database).await;
        let backend = shop.app.store().backend();
        for table in ["djstripe_event", "djstripe_delivery", "stripe_invoice", "stripe_customer"] {
            for statement in trigger(backend, table) {
                shop.sql(&statement).await;
            }
            let error = shop.app.redact(&RedactOptions::new(FORGOTTEN)).await.unwrap_err();
            assert!(matches!(error, RedactError::Store(_)), "{table}: {error}");
            assert!(shop.dump().await.has("stripe_customer", SECRETS[0]), "{table}: the rows come last");
            let drop = match backend {
                Backend::Postgres => format!("DROP TRIGGER stop ON {table}"),
                _ => "DROP TRIGGER stop".to_owned(),
            };
            shop.sql(&drop).await;

            // Nothing that arrives now is written as it is.
            let new = json!({ "object": "charge", "id": format!("ch_after_{table}"), "customer": "cus_1",
                "amount": 1, "receipt_email": "zq3secret@example.com" });
            shop.write(&new).await;
            let event = json!({ "id": format!("evt_after_{table}"), "object": "event", "type": "charge.updated",
                "created": 1_800_000_000, "livemode": false, "data": { "object": new } });
            let delivery = signed(event.to_string(), &shop.stripe.webhook_secret());
            shop.app.receive(delivery).await.unwrap();
            let dump = shop.dump().await;
            let (charge, event) = (format!("ch_after_{table}"), format!("evt_after_{table}"));
            assert!(dump.has("stripe_charge", &charge) && dump.has("djstripe_event", &event), "{table}");
            assert_eq!(dump.lines_with("zq3secret"), Vec::<String>::new(), "{table}");
        }

        shop.redact().await;
        assert_eq!(shop.dump().await.lines_with(SECRETS[0]), Vec::<String>::new());
        assert_eq!(shop.redact().await.fields, 0);
    })
    .await;
}

/// A writer that has not seen the marks commits before the rows are searched.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_written_at_the_same_time_is_blanked_too() {
    on_both_backends(async |database| {
        let shop = Arc::new(Shop::new(&database).await);
        let data = json!({ "object": "charge", "id": "ch_open", "customer": "cus_1", "amount": 9,
            "receipt_email": format!("{}-open@example.com", SECRETS[0]) })
        .to_string();
        let row = ObjectRow {
            id: "ch_open",
            stripe_data: &data,
            observed_at: Timestamp::now(),
            ..ObjectRow::default()
        };
        let mut transaction = begin(shop.app.store()).await.unwrap();
        let mut db = transaction.db().await.unwrap();
        let table = TableName::new("stripe_charge");
        upsert_objects_in(&mut db, table, &[row]).await.unwrap()[0]
            .as_ref()
            .unwrap();

        let redacting = tokio::spawn({
            let shop = Arc::clone(&shop);
            async move { shop.redact().await }
        });
        tokio::time::sleep(Duration::from_millis(1_700)).await;
        assert!(!redacting.is_finished(), "the marks wait for the writer");
        transaction.commit().await.unwrap();

        let report = redacting.await.unwrap();
        assert_eq!(report.rows["stripe_charge"], 2, "{report:?}");
        let dump = shop.dump().await;
        assert!(dump.has("stripe_charge", "ch_open"));
        assert_eq!(dump.lines_with(SECRETS[0]), Vec::<String>::new());
    })
    .await;
}
