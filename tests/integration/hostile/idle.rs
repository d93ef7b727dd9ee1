//! What a worker without work costs the database.

use std::sync::{Arc, Mutex};

use djstripe_core::store::EffectState;
use djstripe_core::{BoxError, Djstripe};
use djstripe_tests::delivery::{event_json, signed};
use djstripe_tests::postgres_proxy::PostgresProxy;
use djstripe_tests::wait::until;
use djstripe_tests::{TestDatabase, registry};

use super::SECRET;

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_worker_only_reads_the_outbox() {
    let database = TestDatabase::postgres().await;
    let (_, address) = database.url().split_once('@').unwrap();
    let server = address.split_once('/').unwrap().0.to_owned();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let passes = {
        let seen = Arc::clone(&seen);
        Arc::new(move |sql: &str| {
            seen.lock().unwrap().push(sql.to_owned());
            true
        })
    };
    let count = |start: &str| {
        let seen = seen.lock().unwrap();
        seen.iter().filter(|sql| sql.starts_with(start)).count()
    };
    let looks = || count("SELECT next_attempt_at FROM djstripe_outbox");
    let claims = || count("UPDATE djstripe_outbox SET attempts");

    let proxy = PostgresProxy::start(server.clone(), passes).await.unwrap();
    let app = Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database.url().replace(&server, proxy.address()))
        .receivers(registry::receivers(|id| id == "nul::writes"))
        .effect("note", async |_| Ok::<(), BoxError>(()))
        .build()
        .await
        .unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = tokio::spawn({
        let app = app.clone();
        async move { app.work(stopped).await }
    });
    until(async || looks() > 0).await;
    assert_eq!(claims(), 0);

    // An effect of this process doesn't wait for the next look.
    let body = event_json("evt_1", "product.updated", "prod_1");
    app.receive(signed(body, SECRET)).await.unwrap();
    let is_done = async || {
        let effects = app.store().effects("evt_1").await.unwrap();
        matches!(&effects[..], [effect] if effect.state == EffectState::Done)
    };
    until(is_done).await;
    assert_eq!(claims(), 1);
    stop.send_replace(true);
    worker.await.unwrap();
}
