//! `demo`: the application's receivers at work on some twenty deliveries of a fake Stripe, over HTTP,
//! in a temporary database.

mod place;
mod story;
mod report;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use axum::Router;
use clap::Args;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::exit::{CommandError, ExitStatus};
use super::output::{self, print, print_lines};
use super::post::post_signed;
use super::settings::secret;
use crate::app::{Builder, Djstripe, Interrupt};
use crate::endpoint::WEBHOOK_PATH;
use crate::error::describe;
use crate::http::serve_until;
use crate::store::{EffectState, EventState, StoredEffect, Timestamp};
use crate::testing::FakeStripe;
use crate::webhook::event::Event;
use place::Place;
use story::Step;

/// How often the state of the events is polled, and how many times.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
const MAX_POLLS: u32 = 1_000;

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Set the database beside which the demo makes its own; for SQLite it is a temporary file
    /// [default: the application's, else SQLite]
    #[arg(
        id = "database-url",
        long = "database-url",
        env = "DATABASE_URL",
        hide_env_values = true,
        value_parser = secret,
        value_name = "URL"
    )]
    _url: Option<SecretString>,
    /// Read the URL of that database from this file
    #[arg(
        id = "database-url-file",
        long = "database-url-file",
        env = "DATABASE_URL_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    _url_file: Option<PathBuf>,
}

pub(super) async fn run(builder: Builder, _: Demo) -> Result<ExitStatus, CommandError> {
    let place = Place::make(&builder).await?;

    // A database that does not stay is dropped in any case.
    let interrupt = Interrupt::install()?;
    let shown = tokio::select! {
        shown = show(builder, &place) => shown,
        interrupted = interrupt.wait() => Err(interrupted.map_or_else(
            CommandError::from,
            |()| "the demo was interrupted".into(),
        )),
    };
    match (shown, place.clean_up().await) {
        (shown, Ok(())) => shown,
        (Ok(_), Err(error)) => Err(error),
        (Err(first), Err(error)) => {
            output::report("error", describe(error.as_ref()));
            Err(first)
        }
    }
}

/// Sends the events, and prints what became of them.
async fn show(builder: Builder, place: &Place) -> Result<ExitStatus, CommandError> {
    let stripe = FakeStripe::start().await?;
    let app = builder
        .database_url(place.url())
        .migrate(true)
        .webhook_secrets([stripe.webhook_secret()])
        .secret_keys([stripe.api_key()])
        .api_base(stripe.base_url())
        .build()
        .await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}{WEBHOOK_PATH}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve_until(app.clone(), Router::new(), listener, async {
        // An error means that the sender is gone, which is a reason to stop too.
        let _ = stopped.await;
        Ok(())
    }));

    let played = play(&app, &stripe, &endpoint, place).await;
    // The workers stop before the program does, whatever happened: they report a claim that breaks off.
    drop(stop);
    let served = server.await?;
    played?;
    served?;

    let failed = report::print_stored(&app).await? + report::print_effects(&app).await?;
    report::print_requests(&stripe)?;
    report::print_mirrored(&app).await?;
    report::print_refused(&app).await?;
    print_next_steps(place)?;
    Ok(ExitStatus::problems_found(failed > 0))
}

/// Sends the events and waits until each is processed.
async fn play(
    app: &Djstripe,
    stripe: &FakeStripe,
    endpoint: &str,
    place: &Place,
) -> Result<(), CommandError> {
    print_receivers(app, &place.name())?;
    print_lines(format_args!(
        "\nA fake Stripe sends signed events to {endpoint}"
    ))?;
    send(endpoint, story::steps(stripe, app.registry())).await?;
    wait_until_processed(app).await
}

fn print_receivers(app: &Djstripe, database: &str) -> std::io::Result<()> {
    let receivers = app.registry().receivers();
    let built_in = receivers
        .iter()
        .filter(|receiver| receiver.is_built_in())
        .count();
    let own = receivers.len() - built_in;
    print(format_args!(
        "{own} receivers of yours, {built_in} built in; database {database}"
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
        if unfinished == 0 && !report::effects(app).await?.iter().any(is_to_run_now) {
            return Ok(());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }

    let waited = POLL_INTERVAL * MAX_POLLS;
    Err(format!("events are still unfinished after {waited:?}").into())
}

/// Whether a worker has not tried an effect yet, though it is due.
fn is_to_run_now(effect: &StoredEffect) -> bool {
    match effect.state {
        EffectState::Running => true,
        EffectState::Pending => effect
            .next_attempt_at
            .is_some_and(|due| due <= Timestamp::now()),
        _ => false,
    }
}

/// Commands that can be pasted, with the program's name as it was called. The last leaves the page up.
fn print_next_steps(place: &Place) -> std::io::Result<()> {
    let program = std::env::args().next();
    let program = program.as_deref().unwrap_or("djstripe");
    print_lines("\nNext steps")?;
    if place.stays() {
        let url = place.url();
        print(format_args!("  {program} events --database-url {url}"))?;
        print(format_args!(
            "  {program} objects customer --deleted --database-url {url}"
        ))?;
    }
    print(format_args!("  {program} receivers"))?;
    print(format_args!(
        "  STRIPE_SECRET_KEY=sk_test_… STRIPE_WEBHOOK_SECRET=whsec_… {program} serve --listen 127.0.0.1:4242"
    ))?;
    #[cfg(feature = "page")]
    if place.stays() {
        print_page(program, &place.url())?;
    }
    Ok(())
}

/// How to serve the page of what the demo stored, to this machine only.
#[cfg(feature = "page")]
fn print_page(program: &str, url: &str) -> std::io::Result<()> {
    let password = uuid::Uuid::new_v4().simple();
    print_lines(format_args!(
        "\nTo see the operator's page, run this and open http://127.0.0.1:4242/djstripe/, with any name and \
         the password {password}"
    ))?;
    print(format_args!(
        "  DJSTRIPE_PAGE_PASSWORD={password} STRIPE_WEBHOOK_SECRET=whsec_demo {program} serve --page \
         --listen 127.0.0.1:4242 --database-url {url}"
    ))
}
