//! The server that `cargo xtask load` measures: the command line's `serve`, or with `LOAD_WORKERS=off` the endpoint
//! alone. `LOAD_RECEIVERS` is how many receivers there are beside the mirror; one of them listens to what is delivered.

use std::net::SocketAddr;
use std::process::ExitCode;

use djstripe_core::client::RateLimits;
use djstripe_core::endpoint::WEBHOOK_PATH;
use djstripe_core::receiver::ReceiverInfo;
use djstripe_core::{Djstripe, Event, EventName, Registry, http, stripe_receiver};

/// The one that listens to what is delivered.
#[stripe_receiver("customer.updated", id = "load::listens")]
fn listens(event: &Event) {
    std::hint::black_box(event.id());
}

/// Pattern of those that listen to something else.
#[stripe_receiver("invoice.paid", id = "load::other")]
fn other(event: &Event) {
    std::hint::black_box(event.id());
}

fn main() -> ExitCode {
    let receivers = std::env::var("LOAD_RECEIVERS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(0);
    let builder = Djstripe::builder()
        .receivers(registered(receivers))
        .client_options(|options| {
            options.test = RateLimits {
                per_second: 1e6,
                per_resource: 1e6,
                in_flight: 256,
            };
        });
    if std::env::var("LOAD_WORKERS").is_ok_and(|workers| workers == "off") {
        return match receive_only(builder) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        };
    }
    djstripe_core::cli::main(builder)
}

/// The built-in receivers and `count` more: the one that listens, then others.
fn registered(count: usize) -> Vec<&'static ReceiverInfo> {
    let all = Registry::collect().expect("no two receivers have one id");
    let pattern = all
        .receivers()
        .iter()
        .find(|receiver| receiver.id == "load::other")
        .expect("it is above");
    let names: Vec<&'static str> = EventName::known()
        .filter(|name| *name != *"customer.updated")
        .map(|name| &*name.to_string().leak())
        .collect();
    let is_wanted = |receiver: &&ReceiverInfo| match receiver.id {
        "load::listens" => count > 0,
        id => id != "load::other",
    };
    let mut receivers: Vec<&'static ReceiverInfo> =
        all.receivers().iter().copied().filter(is_wanted).collect();
    for number in 1..count {
        let events: &'static [&'static str] = vec![names[number % names.len()]].leak();
        receivers.push(Box::leak(Box::new(ReceiverInfo {
            id: format!("load::other::{number}").leak(),
            rank: pattern.rank,
            events,
            call: pattern.call,
            check: pattern.check,
            uses_database: pattern.uses_database,
            location: pattern.location,
            options: pattern.options,
        })));
    }
    receivers
}

#[tokio::main]
async fn receive_only(builder: djstripe_core::Builder) -> Result<(), Box<dyn std::error::Error>> {
    let builder = builder
        .database_url(std::env::var("DATABASE_URL")?)
        .secret(std::env::var("STRIPE_WEBHOOK_SECRET")?);
    let app = builder.build().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    eprintln!(
        "listening on http://{}{}",
        listener.local_addr()?,
        WEBHOOK_PATH
    );
    axum::serve(
        listener,
        http::router(app).into_make_service_with_connect_info::<SocketAddr>(),
    )
    .await?;
    Ok(())
}
