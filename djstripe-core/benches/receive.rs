//! Verification and decoding beside their limit (a bare HMAC and an envelope over `RawValue` of the same bytes), and
//! dispatch with 1, 100 and 10,000 receivers. `cargo bench -p djstripe-core --bench receive`.

use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use divan::Bencher;
use djstripe_core::__internals::dispatch;
use djstripe_core::receiver::{Location, Rank, ReceiverInfo, ReceiverOptions};
use djstripe_core::signature::{DEFAULT_TOLERANCE, SigningSecrets, sign, verify};
use djstripe_core::{Event, EventName, Registry};
use ring::hmac;
use serde_json::value::RawValue;

const SECRET: &str = "whsec_bench";
const NOW: u64 = 1_700_000_000;
const BODIES: [(&str, &str); 2] = [
    (
        "customer 3.6 kB",
        include_str!("fixtures/customer.updated.json"),
    ),
    (
        "invoice 11.3 kB",
        include_str!("fixtures/invoice.paid.json"),
    ),
];

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

fn body(title: &str) -> &'static str {
    BODIES
        .iter()
        .find(|(name, _)| *name == title)
        .map_or("", |(_, body)| body)
}

fn titles() -> impl Iterator<Item = &'static str> {
    BODIES.iter().map(|(title, _)| *title)
}

/// What a receiver that stores first needs from an event.
#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "the bench measures the reading, not the use")]
struct Limit<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    name: &'a str,
    created: i64,
    livemode: bool,
    #[serde(borrow)]
    data: LimitData<'a>,
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "the bench measures the reading, not the use")]
struct LimitData<'a> {
    #[serde(borrow)]
    object: &'a RawValue,
}

#[divan::bench(args = titles())]
fn limit_hmac_and_envelope(bencher: Bencher<'_, '_>, title: &str) {
    let body = body(title);
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let prefix = format!("{NOW}.");
    bencher.bench(|| {
        let mut context = hmac::Context::with_key(&key);
        context.update(prefix.as_bytes());
        context.update(body.as_bytes());
        black_box(context.sign());
        black_box(serde_json::from_slice::<Limit<'_>>(body.as_bytes()).is_ok())
    });
}

#[divan::bench(args = titles())]
fn verify_and_decode(bencher: Bencher<'_, '_>, title: &str) {
    let now = UNIX_EPOCH + Duration::from_secs(NOW);
    let bytes = Bytes::from_static(body(title).as_bytes());
    let header = sign(&bytes, SECRET, now);
    let secrets = SigningSecrets::new([SECRET]).expect("a secret");
    let receive = |now: SystemTime| {
        let verified = verify(
            bytes.clone(),
            Some(header.as_bytes()),
            &secrets,
            DEFAULT_TOLERANCE,
            now,
        );
        Event::decode(verified.expect("the header fits")).expect("the body is an event")
    };
    bencher.bench(|| receive(black_box(now)));
}

/// Ten receivers listen to `customer.updated` at most; the others are spread over the rest of the catalogue.
fn registry(count: usize) -> Registry {
    let others: Vec<&'static str> = EventName::known()
        .filter(|name| *name != "customer.updated")
        .map(|name| &*Box::leak(name.as_str().to_owned().into_boxed_str()))
        .collect();
    let receivers = (0..count).map(|number| {
        let name = if number < 10 {
            "customer.updated"
        } else {
            others[number % others.len()]
        };
        &*Box::leak(Box::new(ReceiverInfo {
            id: Box::leak(format!("bench::{number}").into_boxed_str()),
            rank: Rank::Application,
            events: Box::leak(Box::new([name])),
            call: |_| Box::pin(async { Ok(None) }),
            check: |_| Ok(()),
            uses_database: false,
            reads_object: false,
            takes_snapshot: false,
            reads_changes: false,
            reads_data: false,
            replies: false,
            location: Location {
                file: "bench.rs",
                line: number as u32,
                column: 1,
            },
            options: ReceiverOptions::DEFAULT,
        }))
    });
    Registry::new(receivers).expect("ids differ")
}

#[divan::bench(args = [1, 100, 10_000])]
fn dispatch_known_event(bencher: Bencher<'_, '_>, count: usize) {
    let registry = registry(count);
    let event = Event::from_json(body("customer 3.6 kB")).expect("the fixture is an event");
    bencher.bench(|| {
        dispatch(black_box(&registry), black_box(&event))
            .map(|receiver| receiver.id.len())
            .sum::<usize>()
    });
}

#[divan::bench(args = [1, 100, 10_000])]
fn build_registry(bencher: Bencher<'_, '_>, count: usize) {
    let receivers = registry(count).receivers().to_vec();
    bencher.bench(|| Registry::new(black_box(&receivers).iter().copied()).expect("ids differ"));
}
