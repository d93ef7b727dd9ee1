//! Filling the mirror from the fake Stripe's lists. On both backends.

mod command;
mod faults;
mod kill;
mod receivers;
mod shared;
mod shape;

use std::collections::BTreeMap;
use std::time::Duration;

use djstripe_core::client::RateLimits;
use djstripe_core::models::descriptor;
use djstripe_core::store::{ObjectFilter, TableName};
use djstripe_core::sync::{Progress, Summary, SyncOptions};
use djstripe_core::testing::{FakeStripe, Fault, LoggedRequest};
use djstripe_core::{Djstripe, receivers as built_in};
use djstripe_tests::TestDatabase;
use serde_json::{Value, json};

/// A second long before now, so that nothing depends on the clock.
const LONG_AGO: i64 = 1_600_000_000;

async fn app(database: &TestDatabase, stripe: &FakeStripe) -> Djstripe {
    Djstripe::builder()
        .secret(stripe.webhook_secret())
        .secret_key(stripe.api_key())
        .api_base(stripe.base_url())
        .client_options(|options| {
            options.min_delay = Duration::from_millis(1);
            options.max_delay = Duration::from_millis(5);
            options.test = RateLimits {
                per_second: 1e5,
                per_resource: 1e5,
                in_flight: 64,
            };
        })
        .database_url(database.url())
        .receivers(built_in::built_in())
        .build()
        .await
        .unwrap()
}

/// Only these types of objects.
fn only(objects: &[&str]) -> SyncOptions {
    let mut options = SyncOptions::default();
    options.objects = objects.iter().map(|object| (*object).to_owned()).collect();
    options
}

/// Syncs, and returns what was told.
async fn sync(app: &Djstripe, options: &SyncOptions) -> (Summary, Vec<Progress>) {
    let mut told = Vec::new();
    let summary = app
        .sync(options, |progress| told.push(progress.clone()))
        .await
        .unwrap();
    (summary, told)
}

/// The mirrored objects of one type and account, by their ids.
async fn rows(app: &Djstripe, object: &str, account: &str) -> BTreeMap<String, Value> {
    let table = TableName::new(descriptor(object).unwrap().table.unwrap());
    let filter = ObjectFilter {
        account: Some(account.to_owned()),
        limit: Some(100_000),
        ..ObjectFilter::default()
    };
    let rows = app.store().objects(table, &filter).await.unwrap();
    let data = |json: &str| serde_json::from_str::<Value>(json).unwrap()["stripe_data"].take();
    rows.iter()
        .map(|row| (row.id.clone(), data(&row.json)))
        .collect()
}

/// What Stripe has of one type, by ids.
fn at_stripe(stripe: &FakeStripe, object: &str) -> BTreeMap<String, Value> {
    stripe
        .objects(object)
        .into_iter()
        .map(|value| (value["id"].as_str().unwrap().to_owned(), value))
        .collect()
}

/// Inserts so many objects, one each `every` seconds.
fn fill(stripe: &FakeStripe, object: &str, count: usize, every: i64) {
    for number in 0..count {
        let id = format!("{object}_{number:05}");
        let created = LONG_AGO + number as i64 * every;
        stripe.insert(json!({ "object": object, "id": id, "created": created, "description": format!("{number}") }));
    }
}

/// Makes Stripe slow, so that what is fetched is stored before the next page is there.
fn slow(stripe: &FakeStripe) {
    stripe.fail_next(Fault::slow(Duration::from_millis(40)).times(1_000_000));
}

/// How often each page was given.
fn pages(requests: &[LoggedRequest]) -> BTreeMap<String, usize> {
    let mut pages = BTreeMap::new();
    for request in requests
        .iter()
        .filter(|request| request.status == 200 && request.path != "/v1/account")
    {
        let account = request.account.as_deref().unwrap_or_default();
        *pages
            .entry(format!("{account} {}?{}", request.path, request.query))
            .or_default() += 1;
    }
    pages
}
