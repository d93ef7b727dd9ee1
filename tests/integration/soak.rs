//! A long history at a Stripe that fails from time to time, delivered in any order and partly
//! twice: in the end the mirror is equal to Stripe.

use std::time::Duration;

use djstripe_core::endpoint::WEBHOOK_PATH;
use djstripe_core::store::EventState;
use djstripe_core::testing::{DeliveryPlan, FakeStripe};
use djstripe_core::{Djstripe, http, receivers};
use djstripe_tests::history::{History, differences};
use djstripe_tests::{TestDatabase, client, wait};
use serde_json::Value;
use tokio::sync::watch;

const EVENTS: usize = 10_000;
const ROUNDS: usize = 5;
const SEED: u64 = 20_261_124;

/// Longest time until all events are processed.
const SETTLE: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_events_in_any_order_end_in_stripes_state() {
    let database = TestDatabase::postgres().await;
    let stripe = FakeStripe::start().await.unwrap();
    stripe.fault_rate(0.05, SEED);
    let app = Djstripe::builder()
        .webhook_secret(stripe.webhook_secret())
        .secret_key(stripe.api_key())
        .api_base(stripe.base_url())
        .database_url(database.url())
        .receivers(receivers::built_in())
        .retry_schedule([Duration::from_millis(20); 20])
        .client_options(client::fast)
        .build()
        .await
        .unwrap();

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{}", listener.local_addr().unwrap(), WEBHOOK_PATH);
    let server = tokio::spawn(axum::serve(listener, http::router(app.clone())).into_future());
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn({
        let app = app.clone();
        async move { app.work(stopped).await }
    });

    let mut history = History::new(SEED, EVENTS / 21);
    let mut deliveries = Vec::new();
    for round in 0..ROUNDS {
        // The changes of a round happen while the events of earlier rounds are still delivered.
        let events: Vec<Value> = (0..EVENTS / ROUNDS)
            .map(|_| history.change(&stripe))
            .collect();
        let (stripe, url) = (stripe.clone(), url.clone());
        deliveries.push(tokio::spawn(async move {
            let plan = DeliveryPlan {
                seed: SEED + round as u64,
                shuffle: true,
                duplicates: 0.2,
                concurrency: 16,
                ..DeliveryPlan::default()
            };
            stripe.deliver(&url, &events, &plan).await
        }));
    }

    for delivery in deliveries {
        let report = delivery.await.unwrap();
        assert_eq!(report.failed, 0, "{report:?}");
    }

    wait::until_processed(&app, SETTLE).await.unwrap();
    let counts = app.store().state_counts().await.unwrap();
    assert_eq!(counts.get(EventState::Dead), 0);

    stop.send_replace(true);
    worker.await.unwrap();
    server.abort();

    assert!(stripe.objects("customer").len() > 100);
    assert_eq!(differences(&app, &stripe).await.unwrap(), [""; 0]);
}
