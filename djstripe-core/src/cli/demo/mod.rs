//! `demo`: the application's receivers at work on some twenty deliveries of a fake Stripe, in a temporary database, over
//! real HTTP.

mod story;

use std::time::{Duration, SystemTime};

use djstripe_models::DESCRIPTORS;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{CommandError, list, serve, trigger};
use crate::app::{Builder, Djstripe};
use crate::endpoint::WEBHOOK_PATH;
use crate::store::{EventFilter, EventState, ObjectFilter, TableName};
use crate::testing::FakeStripe;
use story::Step;

/// Refused deliveries that are shown at most.
const REFUSED: u32 = 10;

pub(super) async fn run(builder: Builder) -> Result<(), CommandError> {
    let directory = tempfile::Builder::new()
        .prefix("djstripe-demo-")
        .tempdir()?
        .keep();
    let url = format!("sqlite:{}", directory.join("demo.db").display());
    let stripe = FakeStripe::start().await?;
    let builder = builder
        .database_url(&url)
        .secrets([stripe.webhook_secret()]);
    let app = builder
        .secret_keys([stripe.api_key()])
        .api_base(stripe.base_url())
        .build()
        .await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}{WEBHOOK_PATH}", listener.local_addr()?);
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(serve::serve(app.clone(), listener, stopped));

    let receivers = app.registry().receivers();
    let own = receivers
        .iter()
        .filter(|receiver| !receiver.is_built_in())
        .count();
    let built_in = receivers.len() - own;
    list::print(format_args!(
        "{own} receivers of yours, {built_in} built in; database {url}"
    ))?;
    list::print(format_args!(
        "\nA fake Stripe sends signed events to {endpoint}"
    ))?;
    send(&endpoint, story::steps(&stripe, app.registry())).await?;
    wait_until_processed(&app).await?;
    stop.send_replace(true);
    server.await??;

    print_stored(&app).await?;
    print_requests(&stripe)?;
    print_mirrored(&app).await?;
    print_refused(&app).await?;
    let program = program_name();
    list::print(format_args!(
        "\nGo on\n  {program} events --database-url {url}\n  \
         {program} objects customer --deleted --database-url {url}\n  {program} receivers\n  \
         STRIPE_SECRET_KEY=sk_test_… STRIPE_WEBHOOK_SECRET=whsec_… {program} serve --listen 127.0.0.1:4242"
    ))?;
    Ok(())
}

/// The program as it was called, so that the last lines can be pasted.
fn program_name() -> String {
    std::env::args()
        .next()
        .unwrap_or_else(|| "djstripe".to_owned())
}

async fn send(endpoint: &str, steps: Vec<Step>) -> Result<(), CommandError> {
    let client = crate::client::http()?.build()?;
    for Step {
        note,
        body,
        secret,
        expected,
    } in steps
    {
        let event = crate::webhook::event::Event::from_json(&body);
        let (id, name) = event
            .as_ref()
            .map_or(("-", "-"), |event| (event.id(), event.name().as_str()));
        let title = format!("{id:<14}  {name:<32}");
        let answer =
            trigger::post(&client, endpoint, body.clone(), &secret, SystemTime::now()).await?;
        let told = if answer.text.is_empty() {
            String::new()
        } else {
            format!(" ({})", answer.text)
        };
        let line = format!("  {}  {title}  {note}{told}", answer.status);
        list::print(format_args!("{}", line.trim_end()))?;
        if answer.status != expected {
            return Err(format!(
                "{id} was answered with {}, expected {expected}",
                answer.status
            )
            .into());
        }
    }
    Ok(())
}

async fn wait_until_processed(app: &Djstripe) -> Result<(), CommandError> {
    for _ in 0..1_000 {
        let counts = app.store().state_counts().await?;
        let left = counts.get(EventState::Pending) + counts.get(EventState::Processing);
        if left == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err("events are still waiting after 20 s".into())
}

async fn print_stored(app: &Djstripe) -> Result<(), CommandError> {
    let mut events = app.store().events(&EventFilter::default()).await?;
    events.sort_by(|left, right| left.id.cmp(&right.id));
    list::print(format_args!("\nStored {} events, each once", events.len()))?;
    for event in events {
        let runs = app.store().receiver_runs(&event.id).await?;
        let ran: Vec<&str> = runs.iter().map(|run| run.receiver.as_str()).collect();
        let ran = if ran.is_empty() {
            "no receiver listens".to_owned()
        } else {
            format!("ran {}", ran.join(", "))
        };
        list::print(format_args!(
            "  {:<14}  {:<32}  {:<9}  {ran}",
            event.id, event.name, event.state
        ))?;
    }
    Ok(())
}

fn print_requests(stripe: &FakeStripe) -> Result<(), CommandError> {
    let requests = stripe.requests();
    list::print(format_args!("\nAsked Stripe {} times", requests.len()))?;
    for request in requests {
        list::print(format_args!(
            "  {}  {} {}",
            request.status, request.method, request.path
        ))?;
    }
    Ok(())
}

async fn print_mirrored(app: &Djstripe) -> Result<(), CommandError> {
    list::print(format_args!("\nMirrored"))?;
    for descriptor in DESCRIPTORS {
        let Some(table) = descriptor.table else {
            continue;
        };
        let filter = ObjectFilter {
            deleted: true,
            ..ObjectFilter::default()
        };
        for row in app.store().objects(TableName::new(table), &filter).await? {
            let columns: Value = serde_json::from_str(&row.json)?;
            let shown = ["email", "status"]
                .iter()
                .filter_map(|name| columns[*name].as_str());
            let state = match (
                columns["date_purged"].is_number(),
                columns["deleted_at"].is_number(),
            ) {
                (true, _) => Some("purged"),
                (false, true) => Some("deleted"),
                (false, false) => None,
            };
            let words: Vec<&str> = shown.chain(state).collect();
            let line = format!(
                "  {:<24}  {:<14}  {}",
                descriptor.object,
                row.id,
                words.join("  ")
            );
            list::print(format_args!("{}", line.trim_end()))?;
        }
    }
    Ok(())
}

async fn print_refused(app: &Djstripe) -> Result<(), CommandError> {
    let refused = app.store().deliveries(None, REFUSED).await?;
    list::print(format_args!(
        "\nRefused {} deliveries, kept for the operator",
        refused.len()
    ))?;
    for delivery in refused {
        let reason = delivery.reason.unwrap_or_default();
        let from = delivery.remote_address.unwrap_or_default();
        list::print(format_args!("  from {from}  {reason}"))?;
    }
    Ok(())
}
