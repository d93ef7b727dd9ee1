//! `sync` fills the mirror from the fake Stripe's lists. On both backends.

mod apart;
mod children;
mod command;
mod faults;
mod kill;
mod receivers;
mod shared;
mod shape;

use std::collections::BTreeMap;
use std::time::Duration;

use djstripe_core::models::descriptor;
use djstripe_core::store::{ObjectFilter, TableName};
use djstripe_core::sync::{Progress, Summary, SyncOptions};
use djstripe_core::testing::{FakeStripe, Fault, LoggedRequest};
use djstripe_core::{Djstripe, receivers as built_in};
use djstripe_tests::{TestDatabase, client};
use serde_json::{Value, json};

/// A time long before the present, so that no test depends on the clock.
const LONG_AGO: i64 = 1_600_000_000;

async fn app(database: &TestDatabase, stripe: &FakeStripe) -> Djstripe {
    Djstripe::builder()
        .webhook_secret(stripe.webhook_secret())
        .secret_key(stripe.api_key())
        .api_base(stripe.base_url())
        .client_options(client::fast)
        .database_url(database.url())
        .receivers(built_in::built_in())
        .build()
        .await
        .unwrap()
}

/// Options that sync only these types of object.
fn only(objects: &[&str]) -> SyncOptions {
    let mut options = SyncOptions::default();
    options.objects = objects.iter().map(|object| (*object).to_owned()).collect();
    options
}

/// Syncs, and returns the summary and all progress reports.
async fn sync(app: &Djstripe, options: &SyncOptions) -> (Summary, Vec<Progress>) {
    let mut reports = Vec::new();
    let summary = app
        .sync(options, |progress| reports.push(progress.clone()))
        .await
        .unwrap();
    (summary, reports)
}

/// The mirrored objects of one type and account, by id.
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

/// Stripe's objects of one type, by id.
fn at_stripe(stripe: &FakeStripe, object: &str) -> BTreeMap<String, Value> {
    stripe
        .objects(object)
        .into_iter()
        .map(|value| (value["id"].as_str().unwrap().to_owned(), value))
        .collect()
}

/// Inserts `count` objects, each created `every` seconds after the one before.
fn fill(stripe: &FakeStripe, object: &str, count: usize, every: i64) {
    for number in 0..count {
        let id = format!("{object}_{number:05}");
        let created = LONG_AGO + number as i64 * every;
        let description = number.to_string();
        stripe.insert(json!({
            "object": object, "id": id, "created": created, "description": description,
        }));
    }
}

/// Makes Stripe slow, so that a page is stored before the next one arrives.
fn slow(stripe: &FakeStripe) {
    stripe.fail_next(Fault::slow(Duration::from_millis(40)).times(1_000_000));
}

/// How often each page was returned.
fn pages(requests: &[LoggedRequest]) -> BTreeMap<String, usize> {
    let mut pages = BTreeMap::new();
    for request in requests {
        if request.status == 200 && request.path != "/v1/account" {
            let account = request.account.as_deref().unwrap_or_default();
            let page = format!("{account} {}?{}", request.path, request.query);
            *pages.entry(page).or_default() += 1;
        }
    }

    pages
}
