//! `demo`: the application's receivers at work on a dozen deliveries, in a temporary database, over real HTTP.

use std::time::{Duration, SystemTime};

use djstripe_models::DESCRIPTORS;
use ring::rand::SecureRandom;
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{CommandError, list, serve, trigger};
use crate::app::{Builder, Djstripe};
use crate::event_name::EventName;
use crate::http::WEBHOOK_PATH;
use crate::registry::Registry;
use crate::sample;
use crate::store::{EventFilter, EventState, ObjectFilter, TableName};

/// Deliveries that the demo sends.
const DELIVERIES: usize = 12;

/// Names that fill the demo up beside those that the receivers listen to.
const COMMON_NAMES: [&str; 9] = [
    "customer.created",
    "product.created",
    "price.created",
    "checkout.session.completed",
    "customer.subscription.created",
    "invoice.paid",
    "charge.refunded",
    "customer.updated",
    "customer.subscription.deleted",
];

/// One delivery, and the answer that it must get.
struct Step {
    note: &'static str,
    body: String,
    secret: String,
    expected: u16,
}

pub(super) async fn run(builder: Builder) -> Result<(), CommandError> {
    let directory = tempfile::Builder::new().prefix("djstripe-demo-").tempdir()?.keep();
    let url = format!("sqlite:{}", directory.join("demo.db").display());
    let secret = random_secret()?;
    // Stripe knows nothing of what the demo sends, so nothing is fetched from there.
    let app = builder.database_url(&url).secrets([&secret]).secret_keys([""; 0]).build().await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}{WEBHOOK_PATH}", listener.local_addr()?);
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(serve::serve(app.clone(), listener, stopped));

    let program = program_name();
    list::print(format_args!("{} receivers, database {url}", app.registry().receivers().len()))?;
    list::print(format_args!("\nSending signed events to {endpoint}"))?;
    send(&endpoint, steps(app.registry(), &secret, SystemTime::now())).await?;
    wait_until_processed(&app).await?;
    stop.send_replace(true);
    server.await??;

    print_stored(&app).await?;
    print_mirrored(&app).await?;
    print_refused(&app).await?;
    list::print(format_args!(
        "\nGo on\n  {program} events --database-url {url}\n  \
         {program} objects customer --deleted --database-url {url}\n  {program} receivers\n  \
         STRIPE_WEBHOOK_SECRET=whsec_… {program} serve --listen 127.0.0.1:4242"
    ))?;
    Ok(())
}

/// The program as it was called, so that the last lines can be pasted.
fn program_name() -> String {
    std::env::args().next().unwrap_or_else(|| "djstripe".to_owned())
}

fn random_secret() -> Result<String, CommandError> {
    let mut bytes = [0; 16];
    ring::rand::SystemRandom::new().fill(&mut bytes).map_err(|_| "the system gives no random numbers")?;
    Ok(bytes.iter().fold("whsec_".to_owned(), |text, byte| format!("{text}{byte:02x}")))
}

/// Genuine events of the names that the receivers listen to first, then one of each kind of trouble.
fn steps(registry: &Registry, secret: &str, now: SystemTime) -> Vec<Step> {
    let listened = registry.receivers().iter().flat_map(|receiver| receiver.events.iter().copied());
    let mut names: Vec<EventName> = Vec::new();
    for name in listened.chain(COMMON_NAMES).map(EventName::new).filter(EventName::is_known) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(DELIVERIES - 4);
    let body = |number: usize, name: &EventName| {
        sample::event(&format!("evt_demo{number:02}"), name, sample_fields(), now).to_string()
    };
    let mut steps: Vec<Step> = (1..)
        .zip(&names)
        .map(|(number, name)| Step { note: "", body: body(number, name), secret: secret.to_owned(), expected: 200 })
        .collect();
    let genuine = |note, body| Step { note, body, secret: secret.to_owned(), expected: 200 };
    steps.push(genuine("delivered a second time", body(1, &names[0])));
    steps.push(genuine("a name that nobody knows yet", body(90, &EventName::new("customer.levitated"))));
    let forged = body(91, &names[0]);
    steps.push(Step { note: "forged", body: forged, secret: "whsec_of_somebody_else".to_owned(), expected: 400 });
    steps.push(Step { note: "signed, but no event", body: "[]".to_owned(), secret: secret.to_owned(), expected: 400 });
    steps
}

/// Fields that make a sample worth looking at, whatever its type.
fn sample_fields() -> Map<String, Value> {
    let fields = serde_json::json!({ "email": "ann@example.com", "currency": "usd", "amount_paid": 1999 });
    fields.as_object().cloned().unwrap_or_default()
}

async fn send(endpoint: &str, steps: Vec<Step>) -> Result<(), CommandError> {
    let client = crate::client::http()?.build()?;
    for Step { note, body, secret, expected } in steps {
        let event = crate::Event::from_json(&body);
        let (id, name) = event.as_ref().map_or(("-", "-"), |event| (event.id(), event.name().as_str()));
        let title = format!("{id:<11}  {name:<32}");
        let answer = trigger::post(&client, endpoint, body.clone(), &secret, SystemTime::now()).await?;
        let told = if answer.text.is_empty() { String::new() } else { format!(" ({})", answer.text) };
        let line = format!("  {}  {title}  {note}{told}", answer.status);
        list::print(format_args!("{}", line.trim_end()))?;
        if answer.status != expected {
            return Err(format!("{id} was answered with {}, expected {expected}", answer.status).into());
        }
    }
    Ok(())
}

async fn wait_until_processed(app: &Djstripe) -> Result<(), CommandError> {
    for _ in 0..500 {
        let counts = app.store().state_counts().await?;
        let left = counts.get(EventState::Pending) + counts.get(EventState::Processing);
        if left == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err("events are still waiting after 10 s".into())
}

async fn print_stored(app: &Djstripe) -> Result<(), CommandError> {
    let mut events = app.store().events(&EventFilter::default()).await?;
    events.sort_by(|left, right| left.id.cmp(&right.id));
    list::print(format_args!("\nStored {} events, each once", events.len()))?;
    for event in events {
        let runs = app.store().receiver_runs(&event.id).await?;
        let ran: Vec<&str> = runs.iter().map(|run| run.receiver.as_str()).collect();
        let ran = if ran.is_empty() { "no receiver listens".to_owned() } else { format!("ran {}", ran.join(", ")) };
        list::print(format_args!("  {:<11}  {:<32}  {:<9}  {ran}", event.id, event.name, event.state))?;
    }
    Ok(())
}

async fn print_mirrored(app: &Djstripe) -> Result<(), CommandError> {
    list::print(format_args!("\nMirrored"))?;
    for descriptor in DESCRIPTORS {
        let Some(table) = descriptor.table else { continue };
        let filter = ObjectFilter { deleted: true, ..ObjectFilter::default() };
        for row in app.store().objects(TableName::new(table), &filter).await? {
            let columns: Value = serde_json::from_str(&row.json)?;
            let gone = if columns["deleted_at"].is_null() { "" } else { "  deleted" };
            list::print(format_args!("  {:<24}  {}{gone}", descriptor.object, row.id))?;
        }
    }
    Ok(())
}

async fn print_refused(app: &Djstripe) -> Result<(), CommandError> {
    let refused = app.store().deliveries(None, DELIVERIES as u32).await?;
    list::print(format_args!("\nRefused {} deliveries, kept for the operator", refused.len()))?;
    for delivery in refused {
        let reason = delivery.reason.unwrap_or_default();
        let from = delivery.remote_address.unwrap_or_default();
        list::print(format_args!("  from {from}  {reason}"))?;
    }
    Ok(())
}
