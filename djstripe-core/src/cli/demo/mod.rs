//! `demo`: the application's receivers at work on some twenty deliveries of a fake Stripe, over HTTP,
//! in a temporary database.

mod story;
mod report;

use std::time::{Duration, SystemTime};

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::exit::{CommandError, ExitStatus};
use super::output::print;
use super::post::post_signed;
use super::serve::serve;
use crate::app::{Builder, Djstripe};
use crate::endpoint::WEBHOOK_PATH;
use crate::store::EventState;
use crate::testing::FakeStripe;
use crate::webhook::event::Event;
use story::Step;

/// How often the state of the events is polled, and how many times.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
const MAX_POLLS: u32 = 1_000;

pub(super) async fn run(builder: Builder) -> Result<ExitStatus, CommandError> {
    let directory = tempfile::Builder::new()
        .prefix("djstripe-demo-")
        .tempdir()?
        .keep();
    let url = format!("sqlite:{}", directory.join("demo.db").display());
    let stripe = FakeStripe::start().await?;
    let app = builder
        .database_url(&url)
        .secrets([stripe.webhook_secret()])
        .secret_keys([stripe.api_key()])
        .api_base(stripe.base_url())
        .build()
        .await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}{WEBHOOK_PATH}", listener.local_addr()?);
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(serve(app.clone(), listener, stopped));

    let played = play(&app, &stripe, &endpoint, &url).await;
    // The workers stop before the program does, whatever happened: they report a claim that breaks off.
    stop.send_replace(true);
    let served = server.await?;
    played?;
    served?;

    report::print_stored(&app).await?;
    report::print_requests(&stripe)?;
    report::print_mirrored(&app).await?;
    report::print_refused(&app).await?;
    print_next_steps(&url)?;
    Ok(ExitStatus::Success)
}

/// Sends the events and waits until each is processed.
async fn play(
    app: &Djstripe,
    stripe: &FakeStripe,
    endpoint: &str,
    url: &str,
) -> Result<(), CommandError> {
    print_receivers(app, url)?;
    print(format_args!(
        "\nA fake Stripe sends signed events to {endpoint}"
    ))?;
    send(endpoint, story::steps(stripe, app.registry())).await?;
    wait_until_processed(app).await
}

fn print_receivers(app: &Djstripe, url: &str) -> std::io::Result<()> {
    let receivers = app.registry().receivers();
    let built_in = receivers
        .iter()
        .filter(|receiver| receiver.is_built_in())
        .count();
    let own = receivers.len() - built_in;
    print(format_args!(
        "{own} receivers of yours, {built_in} built in; database {url}"
    ))
}

/// Posts each step's event and prints the answer; fails if it is not the expected one.
async fn send(endpoint: &str, steps: Vec<Step>) -> Result<(), CommandError> {
    let client = crate::client::http()?.build()?;
    for step in steps {
        let event = Event::from_json(&step.body);
        let (id, name) = event
            .as_ref()
            .map_or(("-", "-"), |event| (event.id(), event.name().as_str()));

        let now = SystemTime::now();
        let body = step.body.clone();
        let answer = post_signed(&client, endpoint, body, &step.secret, now).await?;
        let reason = match &*answer.body {
            "" => String::new(),
            body => format!(" ({body})"),
        };
        let (status, note) = (answer.status, step.note);
        let line = format!("  {status}  {id:<14}  {name:<32}  {note}{reason}");
        print(line.trim_end())?;

        let expected = step.expected;
        if status != expected {
            return Err(format!("the answer to {id} was {status}, expected {expected}").into());
        }
    }
    Ok(())
}

async fn wait_until_processed(app: &Djstripe) -> Result<(), CommandError> {
    for _ in 0..MAX_POLLS {
        let counts = app.store().state_counts().await?;
        let unfinished = counts.get(EventState::Pending) + counts.get(EventState::Processing);
        if unfinished == 0 {
            return Ok(());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }

    let waited = POLL_INTERVAL * MAX_POLLS;
    Err(format!("events are still unfinished after {waited:?}").into())
}

/// Commands that can be pasted, with the program's name as it was called.
fn print_next_steps(url: &str) -> std::io::Result<()> {
    let program = std::env::args().next();
    let program = program.as_deref().unwrap_or("djstripe");
    print(format_args!(
        "\nNext steps\n  {program} events --database-url {url}\n  \
         {program} objects customer --deleted --database-url {url}\n  {program} receivers\n  \
         STRIPE_SECRET_KEY=sk_test_… STRIPE_WEBHOOK_SECRET=whsec_… {program} serve --listen 127.0.0.1:4242"
    ))
}
