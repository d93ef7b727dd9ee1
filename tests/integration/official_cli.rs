//! Stripe's official command line against the fake Stripe: each of its triggers succeeds, and ends
//! in receivers that read typed fields.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use djstripe_core::models::{Charge, CheckoutSession, Invoice, PaymentIntent, Subscription};
use djstripe_core::store::EventState;
use djstripe_core::testing::FakeStripe;
use djstripe_core::{Djstripe, Object, State, receivers, stripe_receiver};
use djstripe_tests::process::output;
use djstripe_tests::{TestDatabase, packages, registry};
use futures_util::StreamExt;
use serde_json::Value;

use crate::fixtures::decode;

const PACKAGE: &str = "@stripe/cli-linux-x64@1.52.0";
const TARGET: &str = env!("CARGO_TARGET_TMPDIR");
/// Triggers at a time.
const CONCURRENCY: usize = 4;
/// Their fixtures send requests to another host.
const ELSEWHERE: &str = "v1.billing.meter.";

/// What the receivers read, by the event's name.
type Read = Arc<Mutex<BTreeSet<String>>>;

/// A field that a receiver can't do without.
fn need<T>(value: Option<T>, field: &'static str) -> Result<T, String> {
    value.ok_or_else(|| format!("no {field}"))
}

#[stripe_receiver(
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.updated",
    id = "official_cli::subscription"
)]
async fn subscription(object: Object<Subscription>, read: State<Read>) -> Result<(), String> {
    need(object.status.as_ref(), "status")?;
    need(object.customer.as_ref(), "customer")?;
    let item = need(object.items.data.first(), "item")?;
    let price = need(item.price.as_ref(), "price")?;
    need(price.unit_amount, "amount")?;
    need(price.product.as_ref(), "product")?;
    need(item.current_period_end, "period")?;
    read.lock().unwrap().insert("subscription".to_owned());
    Ok(())
}

#[stripe_receiver(
    "invoice.paid",
    "invoice.finalized",
    "invoice.payment_failed",
    id = "official_cli::invoice"
)]
async fn invoice(object: Object<Invoice>, read: State<Read>) -> Result<(), String> {
    need(object.amount_due, "amount")?;
    need(object.customer.as_ref(), "customer")?;
    need(object.number.as_ref(), "number")?;
    let line = need(object.lines.data.first(), "line")?;
    need(line.amount, "line's amount")?;
    read.lock().unwrap().insert("invoice".to_owned());
    Ok(())
}

#[stripe_receiver(
    "charge.succeeded",
    "charge.failed",
    "charge.refunded",
    id = "official_cli::charge"
)]
async fn charge(object: Object<Charge>, read: State<Read>) -> Result<(), String> {
    need(object.amount, "amount")?;
    need(object.payment_intent.as_ref(), "intent")?;
    need(object.payment_method_details.as_ref(), "details")?;
    read.lock().unwrap().insert("charge".to_owned());
    Ok(())
}

#[stripe_receiver("payment_intent.succeeded", id = "official_cli::intent")]
async fn intent(object: Object<PaymentIntent>, read: State<Read>) -> Result<(), String> {
    need(object.amount_received, "amount")?;
    need(object.latest_charge.as_ref(), "charge")?;
    need(object.payment_method.as_ref(), "method")?;
    read.lock().unwrap().insert("intent".to_owned());
    Ok(())
}

#[stripe_receiver("checkout.session.completed", id = "official_cli::checkout")]
async fn checkout(object: Object<CheckoutSession>, read: State<Read>) -> Result<(), String> {
    need(object.amount_total, "total")?;
    need(object.payment_intent.as_ref(), "intent")?;
    need(object.customer_details.as_ref(), "details")?;
    read.lock().unwrap().insert("checkout".to_owned());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_trigger_of_the_official_cli_ends_in_receivers() {
    let stripe = FakeStripe::start().await.unwrap();
    let program = install();
    let names = names(&program);
    assert!(names.len() >= 121, "{names:?}");

    let mut triggers = futures_util::stream::iter(names.clone())
        .map(|name| trigger(&program, &stripe, name))
        .buffer_unordered(CONCURRENCY);
    let mut failed = Vec::new();
    while let Some(result) = triggers.next().await {
        failed.extend(result.err());
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));

    let mut events = stripe.objects("event");
    events.reverse();
    check_events(&names, &events);
    process(&stripe, &events).await;
}

/// Every trigger has led to its event, and every event's object is read as its model.
fn check_events(names: &[String], events: &[Value]) {
    let sent: BTreeSet<&str> = events.iter().filter_map(|it| it["type"].as_str()).collect();
    for name in names {
        // Some names say where a card is issued, or what becomes of a subscription.
        let name = name.trim_end_matches(".eu").trim_end_matches(".gb");
        let name = match name.strip_prefix("subscription.") {
            Some(rest) => format!("invoice.{rest}"),
            None => name.to_owned(),
        };
        assert!(sent.contains(&*name), "{name}");
    }

    for event in events {
        let object = &event["data"]["object"];
        let name = object["object"].as_str().unwrap();
        match decode(name, object) {
            Some(Ok(())) => {}
            Some(Err(error)) => panic!("{}: {error}: {object}", event["type"]),
            None => panic!("{name} has no model"),
        }
    }
}

/// An application processes the events, and no receiver fails.
async fn process(stripe: &FakeStripe, events: &[Value]) {
    let database = TestDatabase::sqlite();
    let read = Read::default();
    let own = registry::receivers(|id| id.starts_with("official_cli::"));
    let app = Djstripe::builder()
        .database_url(database.url())
        .webhook_secret(stripe.webhook_secret())
        .secret_key(stripe.api_key())
        .api_base(stripe.base_url())
        .receivers(receivers::built_in().chain(own))
        .state(Arc::clone(&read))
        .build()
        .await
        .unwrap();
    stripe.deliver_to(&app, events).await.unwrap();

    let mut unfinished = Vec::new();
    for event in events {
        let id = event["id"].as_str().unwrap();
        let (stored, _) = app.store().event(id).await.unwrap().unwrap();
        if stored.state != EventState::Processed {
            unfinished.push(format!("{}: {stored:?}", event["type"]));
        }
    }
    assert!(unfinished.is_empty(), "{}", unfinished.join("\n"));
    let read: Vec<String> = read.lock().unwrap().iter().cloned().collect();
    assert_eq!(
        read,
        ["charge", "checkout", "intent", "invoice", "subscription"]
    );
}

/// Installs the package into a folder of the build, and returns the path of its program.
fn install() -> String {
    let project = format!("{TARGET}/npm-{}", PACKAGE.replace('/', "-"));
    std::fs::create_dir_all(&project).unwrap();
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-audit", "--ignore-scripts"]);
    npm.args(["--prefix", &project, PACKAGE]);
    packages::install(PACKAGE, "stripe-cli", Path::new(&project), [&mut npm]);
    format!("{project}/node_modules/@stripe/cli-linux-x64/bin/stripe")
}

/// The names of the triggers that ask this machine alone.
fn names(program: &str) -> Vec<String> {
    let help = output(Command::new(program).args(["trigger", "--help"]));
    let (_, supported) = help.split_once("Supported events:").unwrap();
    let (supported, _) = supported.split_once("Usage:").unwrap();
    let names = supported.split_whitespace();
    names
        .filter(|name| !name.starts_with(ELSEWHERE))
        .map(str::to_owned)
        .collect()
}

/// Runs one trigger. The error says what it printed.
async fn trigger(program: &str, stripe: &FakeStripe, name: String) -> Result<(), String> {
    let home = tempfile::tempdir().unwrap();
    let closed = "http://127.0.0.1:9";
    let ran = tokio::process::Command::new(program)
        .args(["trigger", &name, "--api-base", stripe.base_url()])
        .args(["--api-key", "sk_test_fakefakefakefake"])
        .env("HOME", home.path())
        // It looks for newer versions, and counts how it is used: nothing of that leaves the
        // machine.
        .envs([("HTTP_PROXY", closed), ("HTTPS_PROXY", closed)])
        .envs([
            ("NO_PROXY", "127.0.0.1"),
            ("STRIPE_CLI_TELEMETRY_OPTOUT", "1"),
        ])
        .output()
        .await
        .unwrap();

    let printed = String::from_utf8_lossy(&ran.stdout).into_owned();
    let errors = String::from_utf8_lossy(&ran.stderr);
    if ran.status.success() && printed.contains("Trigger succeeded") {
        Ok(())
    } else {
        Err(format!("{name}: {printed}{errors}"))
    }
}
