//! The client of `cargo xtask load`. Prints JSON.
//!
//! - `fake`: serves the API with the objects.
//! - `sample`: prints an event and its object, for pgbench.
//! - `ack URLS CONNECTIONS EVENTS SECONDS`: sends deliveries.
//! - `full URLS CONNECTIONS EVENTS SECONDS DATABASE`: sends deliveries, and waits until all events
//!   are processed.

#![expect(clippy::print_stdout, reason = "a tool for developers")]

use std::net::TcpListener;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use djstripe_core::signature::sign;
use djstripe_core::store::diesel::sql_types::BigInt;
use djstripe_core::store::diesel::{QueryableByName, sql_query};
use djstripe_core::store::{Store, StoreOptions};
use djstripe_core::with_db;
use djstripe_tests::load::{OBJECTS, customer, customer_updated, post_all, serve_objects};
use serde_json::json;

/// Longest wait for the last event after the last delivery.
const DRAIN: Duration = Duration::from_secs(120);

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["fake"] => {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            eprintln!("listening on http://{}", listener.local_addr()?);
            Ok(serve_objects(&listener)?)
        }
        ["sample"] => {
            let customer = customer(0);
            let event = customer_updated("evt_sample", 1_700_000_000, &customer);
            println!(
                "{}",
                json!({"event": event, "object": serde_json::to_string_pretty(&customer)?})
            );
            Ok(())
        }
        ["ack", urls, connections, events, seconds] => load(
            urls,
            connections.parse()?,
            events.parse()?,
            seconds.parse()?,
            None,
        ),
        ["full", urls, connections, events, seconds, database] => load(
            urls,
            connections.parse()?,
            events.parse()?,
            seconds.parse()?,
            Some(database),
        ),
        _ => Err("expected `fake`, `sample`, `ack …` or `full …`".into()),
    }
}

fn load(
    urls: &str,
    connections: usize,
    events: usize,
    seconds: u64,
    database: Option<&str>,
) -> Result<(), Failure> {
    let targets: Vec<(String, String)> = urls
        .split(',')
        .map(split)
        .collect::<Option<_>>()
        .ok_or("not http://…/…")?;
    let path = targets
        .first()
        .map(|(_, path)| path.clone())
        .ok_or("no URL")?;
    let addresses: Vec<String> = targets.into_iter().map(|(address, _)| address).collect();

    let requests = requests(&path, events)?;
    let bytes: usize = requests.iter().map(Vec::len).sum();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let store = match database {
        Some(url) => Some(runtime.block_on(Store::connect(url, StoreOptions::default()))?),
        None => None,
    };

    let begun = Instant::now();
    let sent = post_all(
        &addresses,
        &requests,
        connections,
        Duration::from_secs(seconds),
    );
    if let Some(store) = &store {
        runtime.block_on(drained(store))?;
    }

    let took = begun.elapsed().as_secs_f64();
    let acknowledged = sent.accepted as f64 / sent.took.as_secs_f64();
    println!(
        "{}",
        json!({
            "events": sent.accepted, "refused": sent.refused, "request_bytes": bytes / requests.len().max(1),
            "acknowledged_per_second": acknowledged, "processed_per_second": sent.accepted as f64 / took,
            "p50_ms": sent.percentile(0.5), "p99_ms": sent.percentile(0.99),
        })
    );

    Ok(())
}

fn split(url: &str) -> Option<(String, String)> {
    let (address, path) = url.strip_prefix("http://")?.split_once('/')?;
    Some((address.to_owned(), format!("/{path}")))
}

/// Signed deliveries of distinct events.
fn requests(path: &str, events: usize) -> Result<Vec<Vec<u8>>, Failure> {
    let secret = std::env::var("STRIPE_WEBHOOK_SECRET")?;
    let now = SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH)?;
    let run = since.as_micros();

    let customers: Vec<_> = (0..OBJECTS).map(customer).collect();
    let request = |index: usize| {
        let id = format!("evt_{run}x{index:06}");
        let body = customer_updated(&id, since.as_secs(), &customers[index % OBJECTS]);
        let signature = sign(body.as_bytes(), &secret, now);
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n\
             accept: */*; q=0.5, application/xml\r\ncontent-type: application/json; charset=utf-8\r\n\
             stripe-signature: {signature}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );

        (head + &body).into_bytes()
    };

    Ok((0..events).map(request).collect())
}

/// 1 if any event is leased or due within an hour, otherwise 0. Those that are dead or retried later were
/// there before.
fn open() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.unwrap_or_default().as_micros() + 3_600_000_000;
    format!(
        "SELECT count(*) AS events FROM (SELECT 1 FROM djstripe_queue WHERE next_attempt_at < {micros} LIMIT 1) AS event"
    )
}

#[derive(QueryableByName)]
struct Open {
    #[diesel(sql_type = BigInt)]
    events: i64,
}

/// Waits until no event is open.
async fn drained(store: &Store) -> Result<(), Failure> {
    // Imported only here, because it adds a method `first` to every type.

    let start = Instant::now();
    let open = open();
    let mut session = store.session().await?;
    while start.elapsed() < DRAIN {
        let count = sql_query(&open);
        let mut db = session.db()?;
        let found: Vec<Open> = with_db!(db, connection => count.load(connection).await)?;
        if found.iter().all(|open| open.events == 0) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    Err(format!("events are still open after {DRAIN:?}").into())
}
