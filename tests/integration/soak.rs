//! A long history, delivered in any order and twice, by a Stripe that fails now and then, ends in exactly its state.

use std::time::Duration;

use djstripe_core::client::RateLimits;
use djstripe_core::endpoint::WEBHOOK_PATH;
use djstripe_core::store::EventState;
use djstripe_core::testing::{DeliveryPlan, FakeStripe};
use djstripe_core::{Djstripe, http, receivers};
use djstripe_tests::TestDatabase;
use djstripe_tests::history::{History, differences};
use serde_json::Value;
use tokio::sync::watch;

const EVENTS: usize = 10_000;
const ROUNDS: usize = 5;
const SEED: u64 = 20_261_124;

async fn wait_until_processed(app: &Djstripe) {
    for _ in 0..2_400 {
        let counts = app.store().state_counts().await.unwrap();
        let left = [
            EventState::Pending,
            EventState::Processing,
            EventState::Retrying,
        ]
        .map(|state| counts.get(state));
        if left.iter().sum::<i64>() == 0 {
            assert_eq!(counts.get(EventState::Dead), 0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("events are still waiting after 4 minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_events_in_any_order_end_in_stripes_state() {
    let database = TestDatabase::postgres().await;
    let stripe = FakeStripe::start().await.unwrap();
    stripe.fault_rate(0.05, SEED);
    let app = Djstripe::builder()
        .secret(stripe.webhook_secret())
        .secret_key(stripe.api_key())
        .api_base(stripe.base_url())
        .database_url(database.url())
        .receivers(receivers::built_in())
        .retry_schedule([Duration::from_millis(20); 20])
        .client_options(|options| {
            options.min_delay = Duration::from_millis(1);
            options.max_delay = Duration::from_millis(10);
            options.test = RateLimits {
                per_second: 1e6,
                per_resource: 1e6,
                in_flight: 64,
            };
        })
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
        // The next changes happen while the last ones are still being told of.
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
        let delivered = delivery.await.unwrap();
        assert_eq!(delivered.failed, 0, "{delivered:?}");
    }
    wait_until_processed(&app).await;
    stop.send_replace(true);
    worker.await.unwrap();
    server.abort();

    assert!(stripe.objects("customer").len() > 100);
    assert_eq!(differences(&app, &stripe).await.unwrap(), [""; 0]);
}
