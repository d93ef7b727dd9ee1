//! Secrets of endpoints: never shown, never stored as plaintext, and reported when they are lost.

use std::time::Duration;

use axum::http::StatusCode;
use djstripe_core::EndpointError;
use djstripe_core::endpoint::SecretsError;
use djstripe_core::store::Store;
use djstripe_core::store::diesel::{self, sql_query};
use djstripe_core::{WebhookError, with_db};
use djstripe_tests::on_both_backends;

use super::{OLD_SECRET, SECRET, UNKNOWN_FOR, builder, delivery, endpoint};

/// The text columns of the tables of endpoints and deliveries that could contain a secret.
async fn everything_stored(store: &Store) -> String {
    #[derive(diesel::QueryableByName)]
    struct Stored {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }

    let mut session = store.session().await.unwrap();
    let mut db = session.db().unwrap();
    let select = sql_query(
        "SELECT secrets || coalesce(url, '') || coalesce(stripe_id, '') AS text FROM djstripe_webhook_endpoint \
         UNION ALL SELECT coalesce(headers, '') || coalesce(reason, '') AS text FROM djstripe_delivery",
    );
    let rows: Vec<Stored> = with_db!(db, connection => select.load(connection).await).unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_takes_no_secret_in_clear() {
    on_both_backends(async |database| {
        let store = database.store().await;
        endpoint(&store, |_| {}).await;
        let check = async |secrets: &str, fits: bool| {
            let mut session = store.session().await.unwrap();
            let sql = format!("UPDATE djstripe_webhook_endpoint SET secrets = '{secrets}'");
            assert_eq!(
                session.db().unwrap().batch_execute(&sql).await.is_ok(),
                fits,
                "{secrets}"
            );
        };

        check(r#"[{"secret":"env:SHOP_WHSEC_1"}]"#, true).await;
        check(r#"[{"secret":"whsec_1"}]"#, false).await;
        check(r#"["whsec_1"]"#, false).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_lost_its_secret_asks_for_another_delivery() {
    on_both_backends(async |database| {
        let app = builder(database.url())
            .webhook_secret(SECRET)
            .build()
            .await
            .unwrap();
        let lost = endpoint(app.store(), |endpoint| {
            endpoint.secrets.clear();
            endpoint.add_secret("env:NOBODY_SETS_THIS".parse().unwrap(), None);
        })
        .await;
        tokio::time::sleep(UNKNOWN_FOR).await;
        let event = r#"{"id":"evt_1","type":"customer.updated"}"#;
        let error = app
            .receive_at(lost.id, delivery(event, SECRET, Duration::ZERO))
            .await
            .unwrap_err();

        assert!(
            matches!(
                &error,
                WebhookError::Endpoint(EndpointError::Secrets(SecretsError::Unreadable { .. }))
            ),
            "{error:?}"
        );
        assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_shown_or_stored_in_clear() {
    on_both_backends(async |database| {
        let app = builder(database.url())
            .webhook_secret(OLD_SECRET)
            .build()
            .await
            .unwrap();
        let endpoint = endpoint(app.store(), |_| {}).await;
        tokio::time::sleep(UNKNOWN_FOR).await;
        let error = app
            .receive_at(endpoint.id, delivery("{}", "whsec_other", Duration::ZERO))
            .await
            .unwrap_err();
        let stored = everything_stored(app.store()).await;

        assert!(
            stored.contains("sealed:1:") && stored.contains("stripe-signature"),
            "{stored}"
        );

        for shown in [
            format!(
                "{endpoint:?} {app:?} {error:?} {error} {:?}",
                builder("").webhook_secret(SECRET)
            ),
            stored,
        ] {
            for secret in [SECRET, OLD_SECRET, &"5e".repeat(32)] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
    })
    .await;
}
