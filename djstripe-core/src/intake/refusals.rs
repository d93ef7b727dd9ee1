//! What the log says of refused deliveries, and how many of them are recorded.
//!
//! In: refusals, as many as anybody sends. Out: some lines and records, and the number of the others.
//!
//! Invariant: no sender fills the log or the database. Neither does one sender keep the refusals of
//! another from being recorded.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use tokio::time::Instant;
use uuid::Uuid;

use super::error::WebhookError;
use super::shortened::shortened;
use crate::error::describe;
use crate::telemetry::repeats::{Bucket, Line, LineLimit};

/// Lines about refused deliveries in each [`WINDOW`].
const LINES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(10);

/// Records of one source at once, and further ones per second.
const SOURCE_BURST: u32 = 20;
const SOURCE_RATE: f64 = 1.0 / 60.0;

/// Records of all sources at once, and further ones per second.
const TOTAL_BURST: u32 = 100;
const TOTAL_RATE: f64 = 1.0;

/// Sources in memory. Those that have their whole burst again are forgotten first.
const MOST_SOURCES: usize = 1_000;

/// A delivery, as the log names it.
#[derive(Default)]
pub(super) struct Arrival {
    /// The endpoint of the database whose address it names; `None` for the one without a row.
    pub(super) endpoint: Option<Uuid>,
    /// The sender; `None` for the message of a trusted transport.
    pub(super) remote: Option<IpAddr>,
    /// The id of its event, once it is known. It may be forged.
    pub(super) event: Option<String>,
    /// The id of its record.
    pub(super) record: Option<i64>,
}

/// Limits the lines and records of refused deliveries.
pub(crate) struct Refusals {
    lines: Arc<LineLimit>,
    /// The same for those that the database can't take, so that they don't hide the others.
    unstored: Arc<LineLimit>,
    records: Mutex<Records>,
}

struct Records {
    /// Deliveries that look like Stripe's have a share of their own.
    totals: [Bucket; 2],
    sources: HashMap<Source, Bucket>,
}

/// What shares room for records.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Source {
    /// The network of the sender: one sender may have many addresses of it.
    network: IpNet,
    endpoint: Option<Uuid>,
    /// One of [`REASONS`](crate::telemetry::metrics::REASONS).
    reason: &'static str,
    looks_like_stripe: bool,
}

impl Default for Refusals {
    fn default() -> Self {
        let now = Instant::now();
        let total = || Bucket::new(TOTAL_BURST, TOTAL_RATE, now);
        Self {
            lines: Arc::new(LineLimit::new(LINES, WINDOW)),
            unstored: Arc::new(LineLimit::new(LINES, WINDOW)),
            records: Mutex::new(Records {
                totals: [total(), total()],
                sources: HashMap::new(),
            }),
        }
    }
}

impl Refusals {
    /// Logs a delivery that was refused, or counts it for the line that ends the window.
    pub(super) fn log<T>(
        &self,
        arrival: &Arrival,
        received: Result<T, WebhookError>,
    ) -> Result<T, WebhookError> {
        received.inspect_err(|error| self.log_error(arrival, error))
    }

    fn log_error(&self, arrival: &Arrival, error: &WebhookError) {
        let is_unstored = matches!(error, WebhookError::Store(_) | WebhookError::Overloaded);
        let lines = if is_unstored {
            &self.unstored
        } else {
            &self.lines
        };
        match lines.line(Instant::now()) {
            Line::Written => {}
            Line::Suppressed => return,
            Line::FirstSuppressed { until } => {
                let lines = Arc::clone(lines);
                tokio::spawn(async move {
                    tokio::time::sleep_until(until).await;
                    tracing::warn!(
                        "{} more deliveries were refused within {} s",
                        lines.suppressed(),
                        WINDOW.as_secs()
                    );
                });
                return;
            }
        }

        let reason = shortened(&describe(error));
        let endpoint = match (arrival.endpoint, arrival.remote) {
            (Some(id), _) => id.to_string(),
            (None, Some(_)) => "default".to_owned(),
            (None, None) => "none, a trusted message".to_owned(),
        };
        let remote_address = arrival.remote_address();
        let event = arrival.event.as_deref().map(shortened);
        let (event, delivery) = (event.as_deref(), arrival.record);
        let status = error.status().as_u16();
        let text = match is_unstored {
            true => "delivery refused: its event could not be stored",
            false => "delivery refused",
        };
        tracing::warn!(
            reason,
            status,
            remote_address,
            endpoint,
            event,
            delivery,
            "{text}"
        );
    }

    /// Whether there is room for one more record of this source. It is taken if there is.
    pub(super) fn may_record(&self, source: Source, now: Instant) -> bool {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let Records { totals, sources } = &mut *records;
        if sources.len() >= MOST_SOURCES {
            sources.retain(|_, bucket| !bucket.is_full(now));
        }
        let total = &mut totals[usize::from(source.looks_like_stripe)];
        match sources.get_mut(&source) {
            // The source first: what it may not record must not count in the total.
            Some(bucket) => bucket.take(now) && total.take(now),
            None if total.take(now) => {
                let mut bucket = Bucket::new(SOURCE_BURST, SOURCE_RATE, now);
                bucket.take(now);
                sources.insert(source, bucket);
                true
            }
            None => false,
        }
    }
}

impl Arrival {
    pub(super) fn remote_address(&self) -> Option<String> {
        self.remote.map(|remote| remote.to_string())
    }
}

impl Source {
    pub(super) fn new(arrival: &Arrival, reason: &'static str, looks_like_stripe: bool) -> Self {
        let remote = arrival.remote.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        let bits = if remote.is_ipv4() { 24 } else { 64 };
        let network = IpNet::new(remote, bits);
        let network = network.map_or_else(|_| remote.into(), |network| network.trunc());
        Self {
            network,
            endpoint: arrival.endpoint,
            reason,
            looks_like_stripe,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(address: &str, looks_like_stripe: bool) -> Source {
        let arrival = Arrival {
            remote: Some(address.parse().unwrap()),
            ..Arrival::default()
        };
        Source::new(&arrival, "signature", looks_like_stripe)
    }

    #[test]
    fn a_source_fills_its_own_room_only() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        let recorded = |address: &str, deliveries: usize, at: Instant| {
            let may = (0..deliveries).filter(|_| refusals.may_record(source(address, false), at));
            may.count()
        };
        assert_eq!(recorded("203.0.113.9", 2_000, now), 20);
        assert_eq!(recorded("203.0.113.200", 2_000, now), 0, "its network");
        assert_eq!(recorded("3.18.12.63", 5, now), 5);
        assert_eq!(recorded("2001:db8::1", 2_000, now), 20);
        assert_eq!(recorded("2001:db8::ffff:1", 1, now), 0, "its network");

        let later = now + Duration::from_secs(180);
        assert_eq!(recorded("203.0.113.9", 2_000, later), 3);
    }

    #[test]
    fn many_sources_leave_room_for_what_looks_like_stripe() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        let may = |address: String, looks_like_stripe| {
            refusals.may_record(source(&address, looks_like_stripe), now)
        };
        let garbage = (0..50_000).map(|n| format!("10.{}.{}.1", n / 256, n % 256));
        assert_eq!(garbage.filter(|it| may(it.clone(), false)).count(), 100);
        assert!(may("3.18.12.63".to_owned(), true));
        let sources = refusals.records.lock().unwrap().sources.len();
        assert_eq!(sources, 101, "what is not recorded takes no memory");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(&"ä".repeat(301)), format!("{}…", "ä".repeat(300)));
    }
}
