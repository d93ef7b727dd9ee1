//! Generates load, for `cargo xtask load`: `load send SECONDS CONNECTIONS URL…` posts signed events and prints what came of
//! it as JSON; `load stripe ADDRESS` is the Stripe that they are fetched from; `load wait URL COUNT` waits until so many
//! events are processed.

#![expect(clippy::print_stdout, reason = "a tool for developers")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use djstripe_core::Djstripe;
use djstripe_core::signature::sign;
use djstripe_core::store::EventState;
use djstripe_core::testing::FakeStripe;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Secret of all endpoints.
const SECRET: &str = "whsec_load";

/// Customers that events are about.
const CUSTOMERS: u64 = 2_000;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match &*arguments {
        ["send", seconds, connections, urls @ ..] => send(seconds.parse()?, connections.parse()?, urls).await,
        ["stripe", address] => stripe(address.parse()?).await,
        ["wait", url, count] => wait(url, count.parse()?).await,
        _ => Err("expected `send`, `stripe` or `wait`".into()),
    }
}

/// A customer of about the size of real ones.
fn customer(number: u64) -> Value {
    let metadata: serde_json::Map<String, Value> = (0..30)
        .map(|key| (format!("key_{key}"), "a value of some length, as people write them into metadata".into()))
        .collect();
    json!({
        "id": format!("cus_{number}"), "object": "customer", "email": format!("customer.{number}@example.com"),
        "created": 1_700_000_000, "livemode": false, "name": "Ann Example", "currency": "usd", "balance": 0,
        "invoice_prefix": "ABCDEF", "address": { "city": "Berlin", "country": "DE", "line1": "Street 1" },
        "metadata": metadata,
    })
}

async fn stripe(address: std::net::SocketAddr) -> Result<(), Error> {
    let stripe = FakeStripe::listen(address).await?;
    for number in 0..CUSTOMERS {
        stripe.insert(customer(number));
    }
    println!("{}", stripe.base_url());
    loop {
        // A log of every request would only grow.
        tokio::time::sleep(Duration::from_secs(1)).await;
        stripe.clear_requests();
    }
}

async fn wait(url: &str, count: i64) -> Result<(), Error> {
    let app = Djstripe::builder().secret(SECRET).database_url(url).receivers([]).build().await?;
    let start = Instant::now();
    loop {
        if app.store().state_counts().await?.get(EventState::Processed) >= count {
            return Ok(());
        }
        if start.elapsed() > Duration::from_secs(300) {
            return Err("not processed after 5 minutes".into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn send(seconds: f64, connections: usize, urls: &[&str]) -> Result<(), Error> {
    let run = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
    let counter = Arc::new(AtomicU64::new(0));
    let objects: Arc<Vec<String>> = Arc::new((0..CUSTOMERS).map(|number| customer(number).to_string()).collect());
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(seconds);
    let tasks = (0..connections).map(|number| {
        let url = urls[number % urls.len()].to_owned();
        let (counter, objects) = (Arc::clone(&counter), Arc::clone(&objects));
        tokio::spawn(async move { one_connection(&url, run, &counter, &objects, end).await })
    });
    let mut latencies: Vec<u32> = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        latencies.extend(task.await??);
    }
    let elapsed = start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |part: f64| {
        latencies.get((latencies.len() as f64 * part) as usize).map_or(0.0, |micros| f64::from(*micros) / 1e3)
    };
    println!(
        "{}",
        json!({ "acknowledged": latencies.len(), "seconds": elapsed, "per_second": latencies.len() as f64 / elapsed,
            "p50_ms": at(0.5), "p99_ms": at(0.99) })
    );
    Ok(())
}

/// Posts events over one kept-alive connection; returns how long each took to be acknowledged, in microseconds.
async fn one_connection(
    url: &str,
    run: u128,
    counter: &AtomicU64,
    objects: &[String],
    end: Instant,
) -> Result<Vec<u32>, Error> {
    let (host, path) = url.trim_start_matches("http://").split_once('/').ok_or("a URL without a path")?;
    let stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut latencies = Vec::new();
    while Instant::now() < end {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        let object = &objects[(number % CUSTOMERS) as usize];
        let now = SystemTime::now();
        let created = now.duration_since(UNIX_EPOCH)?.as_secs();
        let body = format!(
            r#"{{"id":"evt_{run}_{number}","object":"event","api_version":"{}","created":{created},"data":{{"object":{object}}},"livemode":false,"pending_webhooks":1,"request":{{"id":null,"idempotency_key":null}},"type":"customer.updated"}}"#,
            djstripe_core::API_VERSION
        );
        let signature = sign(body.as_bytes(), SECRET, now);
        let request = format!(
            "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\nstripe-signature: {signature}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let start = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        let status = read_answer(&mut stream).await?;
        if status == 200 {
            latencies.push(u32::try_from(start.elapsed().as_micros()).unwrap_or(u32::MAX));
        } else if status != 503 {
            return Err(format!("answered with {status}").into());
        }
    }
    Ok(latencies)
}

async fn read_answer(stream: &mut BufReader<TcpStream>) -> Result<u16, Error> {
    let mut line = String::new();
    let (mut status, mut length) = (0, 0);
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err("the server closed the connection".into());
        }
        let text = line.trim_end();
        if status == 0 {
            status = text.split(' ').nth(1).unwrap_or_default().parse()?;
        } else if let Some(value) = text.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        } else if text.is_empty() {
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            return Ok(status);
        }
    }
}
