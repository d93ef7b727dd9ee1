//! Sends prepared requests and records statuses and latencies.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The result of [`post_all`].
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// Responses with status 200.
    pub accepted: usize,
    /// Responses with another status, and requests without a response.
    pub refused: usize,
    /// Time from the first byte written to the response read, of each request.
    pub latencies: Vec<Duration>,
    /// Time from the first request to the last response.
    pub took: Duration,
}

impl Sent {
    /// A percentile of the latencies in milliseconds, for instance the 0.99 one.
    pub fn percentile(&self, part: f64) -> f64 {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let index = (sorted.len().saturating_sub(1) as f64 * part) as usize;
        sorted
            .get(index)
            .map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// Sends the requests until all have a response or the time limit is reached. The connections are
/// spread over the addresses.
pub fn post_all(
    addresses: &[String],
    requests: &[Vec<u8>],
    connections: usize,
    limit: Duration,
) -> Sent {
    let next = AtomicUsize::new(0);
    let start = Instant::now();

    let work = |address: &str| -> Sent {
        let mut sent = Sent::default();
        let mut stream = None;
        while start.elapsed() < limit {
            let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };

            let begun = Instant::now();
            match post(&mut stream, address, request) {
                Ok(200) => sent.accepted += 1,
                Ok(_) => sent.refused += 1,
                Err(_) => {
                    sent.refused += 1;
                    stream = None;
                }
            }
            sent.latencies.push(begun.elapsed());
        }

        sent
    };

    let work = &work;

    let mut total = Sent::default();
    std::thread::scope(|scope| {
        let each = (0..connections).map(|index| {
            let address = &addresses[index % addresses.len()];
            scope.spawn(move || work(address))
        });

        for handle in each.collect::<Vec<_>>() {
            let sent = handle.join().unwrap_or_default();
            total.accepted += sent.accepted;
            total.refused += sent.refused;
            total.latencies.extend(sent.latencies);
        }
    });

    total.took = start.elapsed();
    total
}

/// Sends a request on a connection that is kept open. Returns the status of the response.
fn post(stream: &mut Option<TcpStream>, address: &str, request: &[u8]) -> Result<u16> {
    let stream = match stream {
        Some(stream) => stream,
        None => {
            let fresh = TcpStream::connect(address)?;
            fresh.set_nodelay(true)?;
            fresh.set_read_timeout(Some(Duration::from_secs(60)))?;
            stream.insert(fresh)
        }
    };

    stream.write_all(request)?;
    let mut response = [0; 4096];
    let mut filled = 0;

    loop {
        let read = stream.read(&mut response[filled..])?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        filled += read;

        let received = String::from_utf8_lossy(&response[..filled]);
        let Some((head, body)) = received.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")?
                .trim()
                .parse()
                .ok()
        });
        if body.len() >= length.unwrap_or(0usize) {
            let status = head.get(9..12).and_then(|status| status.parse().ok());
            return status.ok_or_else(|| Error::from(ErrorKind::InvalidData));
        }
    }
}
