//! What strangers send, and a database that fails: what is answered, logged and recorded.

mod database_away;
mod idle;
mod nul;
mod recorded;
mod retrieval;

use std::net::SocketAddr;

use axum::http::HeaderMap;
use djstripe_core::__internals::begin;
use djstripe_core::store::{DeliveryRecord, Store};
use djstripe_core::{Builder, Delivery, Djstripe};
use djstripe_tests::TestDatabase;

const SECRET: &str = "whsec_hostile";

/// An address of a stranger.
const STRANGER: &str = "203.0.113.9:1234";

/// One of the addresses that Stripe sends from.
const STRIPE: &str = "3.18.12.63:443";

fn builder(database: &TestDatabase) -> Builder {
    Djstripe::builder()
        .webhook_secret(SECRET)
        .database_url(database.url())
        .receivers([])
}

/// A delivery with these headers from this address.
fn delivery(headers: &[(&str, &str)], body: impl Into<Vec<u8>>, peer: &str) -> Delivery {
    let headers = headers.iter().map(|(name, value)| {
        let name: axum::http::HeaderName = name.parse().unwrap();
        (name, value.parse().unwrap())
    });
    let headers: HeaderMap = headers.collect();
    let peer: SocketAddr = peer.parse().unwrap();
    Delivery::new(headers, body.into()).from_peer(peer)
}

async fn status(app: &Djstripe, delivery: Delivery) -> u16 {
    let received = app.receive(delivery).await;
    received.map_or_else(|error| error.status().as_u16(), |_| 200)
}

/// Runs statements and commits them.
async fn execute(store: &Store, sql: &str) {
    let mut transaction = begin(store).await.unwrap();
    let mut db = transaction.db().await.unwrap();
    db.batch_execute(sql).await.unwrap();
    transaction.commit().await.unwrap();
}

/// The records of refused deliveries.
async fn refused(store: &Store) -> Vec<DeliveryRecord> {
    let mut records = store.deliveries(None, 10_000).await.unwrap();
    records.retain(|record| record.event_id.is_none());
    records
}
