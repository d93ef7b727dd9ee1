//! Events with U+0000 in what the database searches by are stored, run and settled as others are.

use std::time::Duration;

use djstripe_core::store::EventState;
use djstripe_core::store::diesel::sql_query;
use djstripe_core::{BoxError, Db, Djstripe, stripe_receiver, with_db};
use djstripe_tests::delivery::signed;
use djstripe_tests::{on_both_backends, registry};

use super::SECRET;

/// Fails at its first run.
#[stripe_receiver("product.created", id = "nul::fails")]
fn fails() -> Result<(), BoxError> {
    Err("not yet".into())
}

#[stripe_receiver("product.updated", id = "nul::writes")]
async fn writes(mut db: Db<'_>) -> Result<(), BoxError> {
    db.after_commit("note", &"text").await?;
    with_db!(db, connection => sql_query("SELECT 1").execute(connection).await)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_with_u0000_settles() {
    on_both_backends(async |database| {
        let built_in = |id: &str| id.starts_with("djstripe::") || id.starts_with("nul::");
        let app = Djstripe::builder()
            .webhook_secret(SECRET)
            .database_url(database.url())
            .receivers(registry::receivers(built_in))
            .effect("note", async |_| Ok::<(), BoxError>(()))
            .retry_schedule([Duration::ZERO, Duration::ZERO])
            .build()
            .await
            .unwrap();
        let check = async |id: &str, name: &str, expected: EventState| {
            let body = format!(
                r#"{{"id":"{id}\u0000","object":"event","type":"{name}","account":"acct_\u0000","created":1700000000,
                    "api_version":"2026\u0000","request":{{"id":"req_\u0000","idempotency_key":"\u0000"}},
                    "data":{{"object":{{"id":"prod_\u0000","object":"product","name":"a"}}}}}}"#
            );
            for _ in 0..2 {
                app.receive(signed(body.clone(), SECRET)).await.unwrap();
            }
            // At most three runs: it would be claimed for ever otherwise.
            let limit = Duration::from_secs(20);
            let settled = tokio::time::timeout(limit, app.work_until_idle()).await;
            assert!(settled.unwrap().unwrap() <= 3, "{id}");

            let id = format!("{id}\u{fffd}");
            let (event, payload) = app.store().event(&id).await.unwrap().unwrap();
            assert_eq!(event.state, expected, "{:?}", event.last_error);
            assert!(payload.contains("\\u0000"));
            assert_eq!(app.store().deliveries(Some(&id), 10).await.unwrap().len(), 2);
        };

        check("evt_fails", "product.created", EventState::Dead).await;
        check("evt_writes", "product.updated", EventState::Processed).await;
        check("evt_unknown", "product.levitated\\u0000", EventState::Processed).await;

        let again = app.store().event("evt_fails\0").await.unwrap();
        assert!(again.is_some(), "a query by the id in the payload finds it");
    })
    .await;
}
