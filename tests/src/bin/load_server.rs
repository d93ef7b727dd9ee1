//! The server that `cargo xtask load` measures: `serve` of the command line, or with
//! `LOAD_WORKERS=off` only the endpoint. `LOAD_RECEIVERS` is the number of receivers besides the
//! mirror's; one of them receives the delivered events.

use std::net::SocketAddr;
use std::process::ExitCode;

use djstripe_core::endpoint::WEBHOOK_PATH;
use djstripe_core::receiver::ReceiverInfo;
use djstripe_core::{Djstripe, Event, EventName, http, stripe_receiver};
use djstripe_tests::client::unlimited;
use djstripe_tests::registry;

/// Receives the delivered events.
#[stripe_receiver("customer.updated", id = "load::listens")]
fn listens(event: &Event) {
    std::hint::black_box(event.id());
}

/// Template of the receivers that receive other events.
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
            options.test = unlimited(256);
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

/// The built-in receivers and `count` more: `listens`, and copies of `other`.
fn registered(count: usize) -> Vec<&'static ReceiverInfo> {
    let template = registry::receivers(|id| id == "load::other");
    let template = template.first().expect("`other` is registered");
    let names: Vec<&'static str> = EventName::known()
        .filter(|name| *name != *"customer.updated")
        .map(|name| &*name.to_string().leak())
        .collect();

    let mut receivers = registry::receivers(|id| match id {
        "load::listens" => count > 0,
        id => id != "load::other",
    });

    for number in 1..count {
        let events: &'static [&'static str] = vec![names[number % names.len()]].leak();
        receivers.push(Box::leak(Box::new(ReceiverInfo {
            id: format!("load::other::{number}").leak(),
            rank: template.rank,
            events,
            call: template.call,
            check: template.check,
            uses_database: template.uses_database,
            reads_object: template.reads_object,
            takes_snapshot: template.takes_snapshot,
            reads_changes: template.reads_changes,
            reads_data: template.reads_data,
            replies: template.replies,
            location: template.location,
            options: template.options,
        })));
    }

    receivers
}

#[tokio::main]
async fn receive_only(builder: djstripe_core::Builder) -> Result<(), Box<dyn std::error::Error>> {
    let builder = builder
        .database_url(std::env::var("DATABASE_URL")?)
        .webhook_secret(std::env::var("STRIPE_WEBHOOK_SECRET")?);
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
